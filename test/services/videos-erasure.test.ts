/** The receipt of a deletion in the audit log. */
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { setAuditSink, type AuditEntry, type AuditSink } from "../../config/audit-sink.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ListVideosResult, VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the erasure of a video", () => {
  let store: ReturnType<typeof memoryStore>;
  let broker: ServiceBroker;
  let receipts: { entry: AuditEntry; objects: string[] }[];
  let isAway: boolean;
  let forgotten: number;

  beforeEach(async () => {
    store = memoryStore();
    [receipts, isAway, forgotten] = [[], false, 0];
    broker = quietBroker();
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({ name: "source", actions: { forget: () => void forgotten++ } });
    setAuditSink(broker, {
      append(entry) {
        receipts.push({ entry, objects: [...store.objects.keys()] });
        return { seq: 0, durable: isAway ? Promise.reject(new Error("the store is away")) : Promise.resolve() };
      },
    } as AuditSink);
    broker.createService(videosService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace() }));
    await broker.start();
  });
  afterEach(() => broker.stop());

  const submit = (): Promise<VideoView> => broker.call("videos.submit", { source: sourceAt("https://media.example/a.mp4") });

  it("is said in the log when nothing of it is there any more", async () => {
    const { id } = await submit();
    await broker.call("videos.remove", { id });
    expect(receipts.map(({ entry }) => entry)).to.deep.equal([{ type: "erasure", who: { subject: "node" }, target: { video: id, objects: 1, versions: 0 }, result: "ok" }]);
    expect(receipts[0]?.objects.filter((key) => key.startsWith("videos/"))).to.deep.equal([]);
  });

  it("is said to be incomplete while a lock keeps something, all else being done, and to be over when that is gone", async () => {
    const { erase } = store;
    let locked = 2;
    store.erase = async (what) => ({ ...(await erase(what)), older: 3, locked: what.startsWith("videos/") ? locked : 0 });
    const { id } = await submit();
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await rejection(broker.call("videos.remove", { id }), "a lock");
      expect(error).to.include({ type: "erasure_incomplete", code: 503 });
      expect(String(error)).to.include("2 versions");
    }
    expect((await broker.call<VideoView, object>("videos.get", { id })).status).to.equal("deleted");
    expect((await broker.call<ListVideosResult, object>("videos.list", {})).videos).to.deep.equal([]);
    const incomplete = { type: "erasure", who: { subject: "node" }, target: { video: id, objects: 1, versions: 3, locked: 2 }, result: "erasure_incomplete" };
    expect(receipts[0]?.entry).to.deep.equal(incomplete);
    locked = 0;
    await broker.call("videos.bury", { id });
    expect(receipts.at(-1)?.entry).to.deep.equal({ ...incomplete, target: { video: id, objects: 0, versions: 3 }, result: "ok" });
  });

  it("that changes nothing any more is not said again", async () => {
    const { id } = await submit();
    await broker.call("videos.remove", { id });
    for (let again = 0; again < 3; again++) await broker.call("videos.bury", { id });
    expect(receipts).to.have.length(1);
  });

  it("has no receipt when the store may not say what it keeps, and leaves nothing outside of it all the same", async () => {
    const { erase } = store;
    store.erase = async (what) => {
      if (what.startsWith("videos/")) throw fail("erasure_incomplete", "staged");
      return await erase(what);
    };
    const { id } = await submit();
    expect(await rejection(broker.call("videos.remove", { id }), "a right is missing")).to.include({ type: "erasure_incomplete" });
    expect([receipts, forgotten]).to.deep.equal([[], 1]);
    expect([...store.objects.keys()], "its source can be posted anew, and a reconciler finds it").to.include(`open/${id}.deleted`).and.not.include(`open/${id}`);
    expect([...store.objects.keys()].filter((key) => key.startsWith("claims/"))).to.deep.equal([]);
    store.erase = erase;
    await broker.call("videos.bury", { id });
    expect(receipts.map(({ entry }) => entry.result)).to.deep.equal(["ok"]);
  });

  it("does not hang on its receipt", async () => {
    isAway = true;
    const { id } = await submit();
    await broker.call("videos.remove", { id });
    expect((await broker.call<VideoView, object>("videos.get", { id })).status).to.equal("deleted");
  });
});
