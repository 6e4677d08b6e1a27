/** What another video of the same bytes has is not made again. */
import { expect } from "chai";
import type { Context, ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { mediaName } from "../../media/media-names.ts";
import { segmentCount } from "../../media/plan-video.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import type { CheckParams, CheckResult } from "../../services/quality/quality.contract.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ChunkParams, ChunkResult, MakeParams } from "../../services/transcoder/transcoder.contract.ts";
import { transcoderService } from "../../services/transcoder/transcoder.service.ts";
import type { VideoState } from "../../services/videos/videos.contract.ts";
import { addBufferSource, sourceAt, type BufferSource } from "../support/buffer-source.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { makeAvi, makeLecture } from "../support/lectures.ts";
import { memoryStore } from "../support/memory-store.ts";
import { planFile, REMUX_SETTINGS, type PlannedFile } from "../support/plan-file.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted } from "../support/staged-plan.ts";

const [A, B] = ["a", "b"].map((letter) => `01arz3ndektsv4rrffq69g5fa${letter}`) as [string, string];
const RENDITIONS = ["source", "audio", "240p"];
const PROFILE = { version: 1, profile: "slides", reasons: [] };

describe("transcoder and a video that has a twin", function () {
  this.timeout(60_000);
  let folder: Folder;
  let lecture: PlannedFile;
  let film: PlannedFile;
  let broker: ServiceBroker;
  let store: ReturnType<typeof memoryStore>;
  let source: BufferSource;
  let states: Map<string, VideoState>;
  let events: History<SeenEvent>;

  before(async () => {
    folder = await openFolder();
    lecture = await planFile(await makeLecture(folder.path("lecture.mp4"), { seconds: 6 }));
    film = await planFile(await makeAvi(folder.path("film.avi"), { seconds: 4, size: "320x180" }), 0);
  });
  after(() => folder.remove());

  beforeEach(async () => {
    broker = quietBroker({ requestTimeout: 60_000 });
    store = memoryStore();
    source = addBufferSource(broker);
    states = new Map();
    stage(lecture);
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({ name: "videos", actions: { state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null, noteQuality: () => null } });
    broker.createService({ name: "quality", actions: { check: ({ params: { first, segments } }: Context<CheckParams>): CheckResult => ({ reports: segments.map((_, n) => ({ segment: first + n, findings: [], frames: 1 })) }) } });
    events = watchEvents(broker, "segment.*");
    broker.createService(transcoderService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace(), slots: 2, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxRunning: 100 }, ...REMUX_SETTINGS }));
    await broker.start();
  });
  afterEach(() => broker.stop());

  /** Two videos of the file. The second one's source cannot be read, so that nothing is made of it. */
  function stage({ bytes, facts, plan }: PlannedFile): void {
    source.files.set(A, bytes);
    for (const [id, twin] of [[A, { key: "k" }], [B, { key: "k", of: A }]] as const) {
      const record = { id, createdAt: "2026-01-01T00:00:00.000Z", source: sourceAt(id), policy: "eager" as const, priority: "normal" as const, labels: {}, identity: id, claim: "c", request: "r" };
      states.set(id, { record, verdict: accepted(facts), plan, twin, deleted: false });
    }
  }
  const change = (id: string, changes: Partial<VideoState>): void => { states.set(id, { ...(states.get(id) as VideoState), ...changes }); };
  const make = async (videoId: string, rendition: string, segment: MakeParams["segment"]): Promise<Buffer> => await readReply(await broker.call("transcoder.make", { videoId, rendition, segment }));
  const chunk = (videoId: string, params: Partial<ChunkParams> = {}): Promise<ChunkResult> =>
    broker.call("transcoder.chunk", { videoId, renditions: ["240p"], first: 0, last: segmentCount(lecture.plan) - 1, lane: "normal", ...params });
  const keyOf = (id: string, rendition: string, segment: number | "init"): string => objectKeys.media(id, rendition, mediaName(segment));
  /** All of the first video, as if it had been made; the number of segments. */
  function storeFirst(): number {
    const count = segmentCount(lecture.plan);
    store.objects.set(objectKeys.profile(A), Buffer.from(JSON.stringify(PROFILE)));
    for (const rendition of RENDITIONS) for (const segment of ["init", ...Array.from({ length: count }, (_, n) => n)] as const) store.objects.set(keyOf(A, rendition, segment), Buffer.from(`${rendition}/${segment}`));
    return count;
  }
  const below = (prefix: string): string[] => [...store.objects.keys()].filter((key) => key.startsWith(prefix));
  const text = async (reply: Promise<unknown>): Promise<string> => (await readReply(await reply)).toString();
  const told = (): unknown[] => events.all.filter(({ name, payload }) => name === "segment.stored" && payload["videoId"] === B).map(({ payload }) => `${String(payload["rendition"])}/${String(payload["segment"])}`);

  it("takes a chunk's segments, with their init segment, and tells of them as if it had made them", async () => {
    const count = storeFirst();
    for (const rendition of RENDITIONS) {
      expect(await chunk(B, { renditions: [rendition] }), rendition).to.deep.equal({ stored: count, skipped: 0 });
      expect(await chunk(B, { renditions: [rendition] })).to.deep.equal({ stored: 0, skipped: count });
    }
    for (const key of below(objectKeys.video(A))) expect(store.objects.get(key.replace(A, B)), key).to.deep.equal(store.objects.get(key));
    expect(told()).to.have.members(RENDITIONS.flatMap((rendition) => Array.from({ length: count }, (_, n) => `${rendition}/${n}`)));
  });

  it("gives it to a viewer who waits", async () => {
    storeFirst();
    for (const [rendition, segment] of [["240p", 1], ["240p", "init"], ["source", 0], ["audio", "init"]] as const) expect((await make(B, rendition, segment)).toString()).to.equal(`${rendition}/${segment}`);
    expect(told()).to.have.members(["240p/1", "source/0"]);
  });

  it("takes images, clips and captions", async () => {
    stage({ ...film, plan: { ...film.plan, subtitles: [{ name: "sub", track: 0 }, { name: "sub-1", track: 1 }] } });
    const objects = { still: objectKeys.still(A, 7, 64, "jpg"), sheet: objectKeys.sheet(A, 0), clip: objectKeys.clip(A, 10, 20), captions: objectKeys.captions(A, "sub"), others: objectKeys.captions(A, "sub-1") };
    for (const [name, key] of Object.entries(objects)) store.objects.set(key, Buffer.from(name));
    expect(await text(broker.call("transcoder.still", { videoId: B, at: 7, width: 64, height: 36, format: "jpg" }))).to.equal("still");
    expect(await text(broker.call("transcoder.sheet", { videoId: B, sheet: 0 }))).to.equal("sheet");
    expect(await broker.call("transcoder.clip", { videoId: B, start: 10, end: 20 })).to.deep.equal({ key: objectKeys.clip(B, 10, 20), size: 4 });
    expect(await text(broker.call("transcoder.captions", { videoId: B, name: "sub-1" }))).to.equal("others");
    store.objects.delete(objectKeys.sheet(B, 0));
    expect(await chunk(B, { renditions: [STORYBOARD], last: 0 })).to.deep.equal({ stored: 1, skipped: 0 });
    await broker.emit("video.compared", { videoId: B });
    expect(below(objectKeys.video(B))).to.have.members(Object.values(objects).map((key) => key.replace(A, B)));
  });

  it("makes what the other has not: also what was refused there", async () => {
    const count = storeFirst();
    store.objects.delete(keyOf(A, "240p", 1));
    store.objects.set(objectKeys.refusal(A, "240p", "1"), Buffer.from("[]"));
    source.files.set(B, lecture.bytes);
    expect(await chunk(B)).to.deep.equal({ stored: count, skipped: 0 });
    expect(store.objects.get(keyOf(B, "240p", 1))?.length).to.be.above(100);
    expect(source.reads).to.be.above(0);
  });

  it("takes nothing of a rendition whose init segments differ", async () => {
    const count = storeFirst();
    store.objects.set(keyOf(B, "240p", "init"), Buffer.from("of another FFmpeg"));
    source.files.set(B, lecture.bytes);
    expect(await chunk(B)).to.deep.equal({ stored: count, skipped: 0 });
    for (let n = 0; n < count; n++) expect(store.objects.get(keyOf(B, "240p", n))?.length, `240p/${n}`).to.be.above(100);
    expect(store.objects.get(keyOf(B, "240p", "init"))?.toString()).to.equal("of another FFmpeg");
    expect((await chunk(B, { renditions: ["audio"] })).stored).to.equal(count);
  });

  it("goes on by itself when the other is deleted meanwhile, and keeps what it has", async () => {
    const count = storeFirst();
    const { copy } = store;
    let copies = 0;
    store.copy = async (from, to) => {
      if (++copies > 2) await store.removePrefix(objectKeys.video(A)); // after the init segment and one other
      return await copy(from, to);
    };
    source.files.set(B, lecture.bytes);
    expect(await chunk(B)).to.deep.equal({ stored: count, skipped: 0 });
    expect(below(objectKeys.video(A))).to.deep.equal([]);
    expect(store.objects.get(keyOf(B, "240p", 0))?.toString()).to.equal("240p/0");
    for (let n = 1; n < count; n++) expect(store.objects.get(keyOf(B, "240p", n))?.length, `240p/${n}`).to.be.above(100);
  });

  it("makes all by itself while the store does not copy", async () => {
    const count = storeFirst();
    store.copy = async () => { throw fail("storage_unavailable", "staged"); };
    source.files.set(B, lecture.bytes);
    expect(await chunk(B)).to.deep.equal({ stored: count, skipped: 0 });
  });

  it("takes back what came after its own deletion", async () => {
    storeFirst();
    const { copy } = store;
    store.copy = async (from, to) => {
      const result = await copy(from, to);
      store.objects.set(objectKeys.tombstone(B), Buffer.from("{}"));
      change(B, { deleted: true });
      return result;
    };
    await chunk(B);
    expect(below(objectKeys.video(B))).to.deep.equal([]);
    expect(told()).to.deep.equal([]);
  });

  it("learns of a twin that was found after it began", async () => {
    storeFirst();
    const twin = states.get(B)?.twin;
    states.set(B, { record: (states.get(B) as VideoState).record, verdict: accepted(lecture.facts), plan: lecture.plan, deleted: false });
    source.files.set(B, lecture.bytes);
    await make(B, "source", 0);
    source.files.delete(B);
    if (twin !== undefined) change(B, { twin });
    await broker.broadcast("video.twinned", { videoId: B, of: A });
    expect((await make(B, "240p", 1)).toString()).to.equal("240p/1");
  });
});
