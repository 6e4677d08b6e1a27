import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { Context, ServiceBroker } from "moleculer";
import { findErrorCode } from "../../config/errors.ts";
import { readFragment } from "../../media/cmaf/fragment.ts";
import { qualityService } from "../../services/quality/quality.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { transcoderService } from "../../services/transcoder/transcoder.service.ts";
import type { VideoState } from "../../services/videos/videos.contract.ts";
import { addBufferSource, sourceAt, type BufferSource } from "../support/buffer-source.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { memoryStore } from "../support/memory-store.ts";
import { planFile, REMUX_SETTINGS, type PlannedFile } from "../support/plan-file.ts";
import { TEST_GUEST } from "../support/guest.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted } from "../support/staged-plan.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const SUB = `videos/${ID}/subs/sub.vtt`;

describe("captions and key frames of the transcoder", function () {
  this.timeout(60_000);
  let folder: Folder;
  let shifted: PlannedFile;
  let bomb: PlannedFile;
  let broker: ServiceBroker;
  let store: ReturnType<typeof memoryStore>;
  let source: BufferSource;
  let state: VideoState;

  before(async () => {
    folder = await openFolder();
    const lecture = await makeLecture(folder.path("lecture.mp4"), { seconds: 6 });
    shifted = await planFile(await addCaptions(lecture, "shifted.mkv", "srt", "1\n00:00:01,000 --> 00:00:02,000\nfirst\n", ["-output_ts_offset", "100"]));
    const events = Array.from({ length: 400 }, (_, n) => `Dialogue: 0,0:00:00.00,9:59:59.00,Default,,0,0,0,,{\\blur1000\\t(0,3600000,\\frz360)}X${n % 200}`);
    bomb = await planFile(await addCaptions(lecture, "bomb.mkv", "ass", `[Script Info]\nScriptType: v4.00+\n[V4+ Styles]\nFormat: Name\nStyle: Default\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n${events.join("\n")}\n`));
  });
  after(() => folder.remove());

  async function addCaptions(lecture: string, name: string, format: string, text: string, options: string[] = []): Promise<string> {
    const captions = folder.path(`${name}.${format}`);
    await writeFile(captions, text);
    await run("ffmpeg", ["-y", "-i", lecture, "-i", captions, "-map", "0", "-map", "1", "-c", "copy", ...options, folder.path(name)]);
    return folder.path(name);
  }

  async function start({ bytes, facts, plan }: PlannedFile): Promise<void> {
    broker = quietBroker({ requestTimeout: 30_000 });
    store = memoryStore();
    source = addBufferSource(broker);
    source.files.set(ID, bytes);
    const record = { id: ID, createdAt: "2026-01-01T00:00:00.000Z", source: sourceAt(ID), policy: "hybrid" as const, priority: "normal" as const, labels: {}, identity: ID, claim: "c", request: "r" };
    state = { record, verdict: accepted(facts), plan, deleted: false };
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({ name: "videos", actions: { state: (ctx: Context<{ id: string }>) => (ctx.params.id === ID ? state : null), noteQuality: () => null } });
    broker.createService(qualityService({ slots: 2, guest: TEST_GUEST }));
    broker.createService(transcoderService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace(), slots: 2, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxRunning: 100 }, ...REMUX_SETTINGS }));
    await broker.start();
  }
  afterEach(async () => {
    await broker.stop();
    expect(findFfmpeg()).to.deep.equal([]);
  });

  const captions = (name: string): Promise<Buffer> => broker.call("transcoder.captions", { videoId: ID, name });
  const keyFrame = (rendition: string, segment: number): Promise<Buffer> => broker.call("transcoder.keyFrame", { videoId: ID, rendition, segment });

  it("moves the cues of a source that starts late to the timeline, and stores what it made", async () => {
    await start(shifted);
    expect(shifted.facts.originTicks / shifted.facts.video.timescale).to.be.closeTo(100, 0.2);
    const [first, second] = await Promise.all([captions("sub"), captions("sub")]);
    expect(first.toString()).to.equal("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nfirst\n");
    expect(second).to.equal(first); // one run for both
    expect(store.objects.get(SUB)?.toString()).to.equal(first.toString());
    expect(await rejection(captions("sub-1"), "no such track")).to.include({ type: "segment_not_found" });
  });

  it("has captions before anyone asks, unless nothing is made that nobody watches", async () => {
    await start(shifted);
    state.record.policy = "lazy";
    await broker.emit("video.compared", { videoId: ID });
    expect(store.objects.has(SUB)).to.equal(false);
    state.record.policy = "hybrid";
    await broker.emit("video.compared", { videoId: ID });
    expect(store.objects.has(SUB)).to.equal(true);
  });

  it("shows of hundreds of captions at once a few, and none of their effects", async () => {
    await start(bomb);
    const text = (await captions("sub")).toString();
    expect(text.match(/00:00:00\.000 --> 00:00:06\.000\nX\d+\n/g)).to.have.length(8);
    expect(text).to.not.contain("blur");
  });

  it("keeps nothing of a video that was deleted meanwhile", async () => {
    await start(shifted);
    store.objects.set(`deleted/${ID}.json`, Buffer.from("{}"));
    await captions("sub");
    expect(store.objects.has(SUB)).to.equal(false);
  });

  it("reads a key frame by itself", async () => {
    await start(shifted);
    const { boundaries } = shifted.plan;
    const { baseDecodeTime, samples } = readFragment(await keyFrame("source", 1));
    expect({ baseDecodeTime, duration: samples[0]?.duration, key: samples[0]?.isKey }).to.deep.equal({ baseDecodeTime: boundaries[1], duration: (boundaries[2] ?? 0) - (boundaries[1] ?? 0), key: true });
    for (const [rendition, segment] of [["audio", 0], ["240p", 0], ["source", 99]] as const) expect(findErrorCode(await rejection(keyFrame(rendition, segment), rendition))).to.equal("segment_not_found");
  });
});
