/** Who posted what, and who sent what, is filed before it is there, and no longer than it is. */
import { Readable } from "node:stream";
import { expect } from "chai";
import type { CallingOptions, ServiceBroker } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import type { Caller } from "../../config/access/permissions.ts";
import { accessGuard } from "../../config/middlewares/access-guard.ts";
import { loadConfig } from "../../config/config.ts";
import type { Upload } from "../../services/source/source.contract.ts";
import { sourceService } from "../../services/source/source.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { DropUploadResult, SubmitParams, VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { memoryStore } from "../support/memory-store.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const papers = passports("the secret of this mesh, for a test", "test");
const ADA = `p:${"a".repeat(32)}`;
const BOB = `p:${"b".repeat(32)}`;

describe("marks of persons", () => {
  let store: ReturnType<typeof memoryStore>;
  let broker: ServiceBroker;
  let dir: string;
  let written: string[];

  beforeEach(async () => {
    [store, dir, written] = [memoryStore(), await makeTempDir("marks"), []];
    const { put } = store;
    store.put = async (key, ...rest) => {
      const result = await put(key, ...rest);
      written.push(key);
      return result;
    };
    broker = quietBroker({ middlewares: [accessGuard(papers)] });
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService(sourceService({ ...loadConfig({ LECTERN_DATA: dir }), redisUrl: undefined }));
    broker.createService(videosService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace() }));
    await broker.start();
  });
  afterEach(async () => {
    await broker.stop();
    await removeDir(dir);
  });

  const as = (subject: string, more: Partial<Caller> = {}): CallingOptions => ({ meta: { passport: papers.issue({ subject, roles: ["submitter"], ...more }) } });
  const post = (subject: string, params: Partial<SubmitParams> = {}, more: Partial<Caller> = {}): Promise<VideoView> => broker.call("videos.submit", { source: sourceAt("https://media.example/a.mp4"), ...params }, as(subject, more));
  const send = (subject: string): Promise<Upload> => broker.call("source.receive", { bytes: 4 }, { ...as(subject), stream: Readable.from([Buffer.from("data")]) });
  const marks = (): string[] => [...store.objects.keys()].filter((key) => /^(persons|posters)\//.test(key)).toSorted();
  const of = (person: string, id: string, tenant = "default"): string[] => [`persons/${person}/videos/${tenant}/${id}`, `posters/${id}/${person}`];

  it("are there before the video is, under its tenant", async () => {
    const { id } = await post(ADA, { tenant: "physics" }, { tenant: "physics" });
    expect(marks()).to.deep.equal(of(ADA, id, "physics"));
    for (const mark of marks()) expect(written.indexOf(mark)).to.be.lessThan(written.indexOf(`videos/${id}/record.json`));
  });

  it("are of everybody who posts the same, and of no more than the one video", async () => {
    const { id } = await post(ADA);
    expect((await post(BOB)).id).to.equal(id);
    expect((await post(BOB)).id).to.equal(id);
    await new Promise(setImmediate);
    expect(marks()).to.deep.equal([...of(ADA, id), ...of(BOB, id)].toSorted());
  });

  it("are of persons: the admin key, a node, anybody have none", async () => {
    for (const subject of ["admin", "anybody", "login:ada"]) await post(subject, { source: sourceAt(`https://media.example/${subject.length}.mp4`) });
    await broker.call("videos.submit", { source: sourceAt("https://media.example/node.mp4") });
    expect(marks()).to.deep.equal([]);
    const { id } = await post(`key:${"0".repeat(20)}`);
    expect(marks()).to.deep.equal(of(`key:${"0".repeat(20)}`, id));
  });

  it("are not made of somebody else's video by an Idempotency-Key that was used", async () => {
    const { id } = await post(ADA, { idempotencyKey: "once" });
    await rejection(post(BOB, { idempotencyKey: "once", title: "another" }), "it");
    expect(marks()).to.deep.equal(of(ADA, id));
  });

  it("let no video be made that nobody is known of", async () => {
    const { put } = store;
    store.put = async (key, ...rest) => {
      if (key.startsWith("persons/")) throw new Error("the store is away");
      return await put(key, ...rest);
    };
    await rejection(post(ADA), "it");
    expect([...store.objects.keys()].filter((key) => key.endsWith("record.json"))).to.deep.equal([]);
  });

  it("go with the video", async () => {
    const { id } = await post(ADA);
    await post(BOB);
    await broker.call("videos.remove", { id });
    expect(marks()).to.deep.equal([]);
  });

  it("are of uploads, too, which are removed unless a video is made of them", async () => {
    const { uploadId } = await send(ADA);
    expect(marks()).to.deep.equal([`persons/${ADA}/uploads/default/${uploadId}`]);
    const drop = async (): Promise<boolean> => (await broker.call<DropUploadResult, object>("videos.dropUpload", { uploadId })).removed;
    const { id } = await post(ADA, { source: { kind: "upload", uploadId } });
    expect(await drop()).to.equal(false);
    await broker.call("videos.remove", { id });
    expect([await drop(), await drop()]).to.deep.equal([true, true]);
    expect([...store.objects.keys()].filter((key) => key.startsWith("uploads/"))).to.deep.equal([]);
    const other = "01h0000000000000000000000a";
    await broker.call("source.begin", { uploadId: other, size: 4 }, as(BOB, { tenant: "physics" }));
    expect(marks()).to.include(`persons/${BOB}/uploads/physics/${other}`);
  });
});
