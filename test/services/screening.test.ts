/** What becomes of a screening when what it needs fails, hangs, or is not there yet; and who does it when several could. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode, type ErrorCode } from "../../config/errors.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { screeningService } from "../../services/screening/screening.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { StillParams } from "../../services/transcoder/transcoder.contract.ts";
import type { ScreenedParams, Screening, VideoState } from "../../services/videos/videos.contract.ts";
import { addBufferSource, sourceAt, type BufferSource } from "../support/buffer-source.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { openHistory, type History } from "../support/history.ts";
import { makeAvi, makeLecture, makeWebm } from "../support/lectures.ts";
import { memoryStore } from "../support/memory-store.ts";
import { planFile, REMUX_SETTINGS, type PlannedFile } from "../support/plan-file.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { makeRecord } from "../support/sample-record.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const moduleOf = (name: string): string => fileURLToPath(new URL(`../support/classifiers/${name}.ts`, import.meta.url));

describe("the screening service", function () {
  this.timeout(60_000);
  let folder: Folder;
  let broker: ServiceBroker;
  let source: BufferSource;
  let states: Map<string, VideoState>;
  let screened: History<ScreenedParams>;
  let stills: StillParams[];
  let store: ReturnType<typeof memoryStore>;
  let redis: Redis;
  let namespace: string;
  let serial = 0;
  let lecture: PlannedFile;

  before(async () => {
    folder = await openFolder();
    lecture = await planFile(await makeLecture(folder.path("lecture.mp4"), { seconds: 20, size: "320x180" }));
    redis = new Redis((await sharedRedis()).url);
  });
  after(async () => {
    redis.disconnect();
    await folder.remove();
  });
  beforeEach(async () => await start(""));
  afterEach(() => broker.stop());

  async function start(policy: string): Promise<void> {
    await broker?.stop();
    broker = quietBroker({ requestTimeout: 60_000 });
    source = addBufferSource(broker);
    states = new Map();
    screened = openHistory();
    stills = [];
    store = memoryStore();
    namespace = freshNamespace();
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({
      name: "videos",
      actions: {
        state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null,
        screened(ctx: Context<ScreenedParams>) {
          const { id, screening } = ctx.params;
          const state = states.get(id);
          if (state !== undefined) states.set(id, { ...state, screening });
          screened.add(ctx.params);
        },
      },
    });
    broker.createService({ name: "transcoder", actions: { still: (ctx: Context<StillParams>) => { stills.push(ctx.params); return Buffer.from("a picture"); } } });
    await writeFile(folder.path("policy.yaml"), policy);
    broker.createService(screeningService({ redisUrl: (await sharedRedis()).url, namespace, policyPath: folder.path("policy.yaml"), ...REMUX_SETTINGS }, 0));
    await broker.start();
  }

  const screen = (id: string): Promise<void> => broker.call("screening.screen", { id });
  function waiting({ bytes, facts, plan }: PlannedFile, changes: Partial<VideoState> = {}): string {
    const id = String(serial++).padStart(26, "0");
    const url = `https://media.example/${id}.mp4`;
    source.files.set(url, bytes);
    states.set(id, { record: makeRecord({ id, source: sourceAt(url), screening: "publish-first" }), verdict: { accepted: true, at: "", facts, sourceVersion: "v1" }, plan, deleted: false, ...changes });
    return id;
  }
  async function verdictOf(id: string): Promise<Screening> {
    await screen(id);
    const said = screened.all.filter((params) => params.id === id);
    expect(said).to.have.lengthOf(1);
    return said[0]?.screening ?? expect.fail();
  }
  const codes = ({ findings }: Screening): string[] => findings.map(({ code }) => code);

  it("looks at sources of every kind, and says what it took", async () => {
    const files = [lecture, await planFile(await makeWebm(folder.path("a.webm"), { seconds: 4, size: "320x180" })), await planFile(await makeAvi(folder.path("a.avi"), { seconds: 4, size: "320x180" })), await planFile(await makeAvi(folder.path("b.avi"), { seconds: 4, size: "320x180" }), 0)];
    expect(files.map(({ facts }) => facts.reader)).to.deep.equal(["index", "index", "remux", "probe"]);
    for (const file of files) {
      const screening = await verdictOf(waiting(file));
      expect(screening, JSON.stringify(screening.findings)).to.include({ verdict: "pass" });
      expect(screening.hashes.length, file.facts.reader).to.be.above(3);
      expect(screening.cost.frames).to.be.above(50);
      expect(screening.cost.bytes).to.be.above(10_000);
      expect(screening.print).to.match(/^[0-9a-f]{64}$/);
    }
    expect([...store.objects.keys()].filter((key) => key.startsWith("reviews/"))).to.deep.equal([]);
  });

  it("has a person look, marked before it is said and with pictures kept, where nothing moves and nothing is heard", async () => {
    const path = folder.path("empty.mp4");
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "color=gray:size=320x180:rate=25", "-t", "6", "-c:v", "libx264", "-pix_fmt", "yuv420p", path]);
    const id = waiting(await planFile(path));
    expect(codes(await verdictOf(id))).to.have.members(["frozen", "empty"]);
    expect(store.objects.has(`reviews/default/${id}`)).to.equal(true);
    expect(stills.length).to.be.above(0);
  });

  it("listens: sound at full scale is for a person", async () => {
    const path = folder.path("loud.mp4");
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "aevalsrc='clip(5*sin(2*PI*400*t),-1,1)':s=48000", "-t", "6", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k", path]);
    expect(codes(await verdictOf(waiting(await planFile(path))))).to.deep.equal(["loud"]);
  });

  for (const [name, message] of [["hanging", /did not end within 2 s/], ["hungry", /took more than 256 MiB/], ["crashing", /ended early/]] as const) {
    it(`never lets pass what a classifier that is ${name} did not see`, async () => {
      await start(`default: { classify: true }\nclassifier: { name: ${moduleOf(name)}, memoryMb: 256, timeoutSec: ${name === "hanging" ? 2 : 20} }\n`);
      const screening = await verdictOf(waiting(lecture));
      expect(screening).to.include({ verdict: "review" });
      expect(codes(screening)).to.deep.equal(["unscreened"]);
      expect(screening.findings[0]?.message).to.match(message);
    });
  }

  it("asks the classifier of the policy, and weighs its scores by the tenant's thresholds", async () => {
    const classifier = `classifier: { name: ${moduleOf("calm")}, memoryMb: 512 }\n`;
    await start(`${classifier}default: { classify: true, scores: { Porn: { review: 0.01 } } }\n`);
    const screening = await verdictOf(waiting(lecture));
    expect(screening).to.deep.include({ verdict: "review", classifier: { name: "calm", version: "1" } });
    expect(codes(screening)).to.deep.equal(["classified"]);
    await start(`${classifier}default: { classify: true, scores: { Porn: { review: 1 } } }\n`);
    expect(await verdictOf(waiting(lecture))).to.include({ verdict: "pass" });
  });

  it("asks nsfwjs itself: a lecture passes, and what its tenant wants to see is for a person, with pictures", async () => {
    const classifier = "classifier: { name: nsfwjs }\n";
    await start(`${classifier}default: { classify: true }\n`);
    const passed = await verdictOf(waiting(lecture));
    expect(passed, JSON.stringify(passed)).to.deep.include({ verdict: "pass", findings: [] });
    expect(passed.classifier?.name).to.equal("nsfwjs MobileNetV2");
    const { Drawing = 0, Neutral = 0 } = passed.scores ?? {};
    expect(Drawing + Neutral).to.be.above(0.5);
    const likeliest = Drawing > Neutral ? "Drawing" : "Neutral";
    await start(`${classifier}default: { classify: true, scores: { ${likeliest}: { review: 0.2 } } }\n`);
    const id = waiting(lecture);
    const seen = await verdictOf(id);
    expect(codes(seen)).to.deep.equal(["classified"]);
    expect(seen).to.deep.include({ verdict: "review", classifier: passed.classifier, scores: passed.scores });
    expect(store.objects.has(`reviews/default/${id}`)).to.equal(true);
    expect(stills.map(({ at }) => at)).to.deep.equal(seen.findings[0]?.frames);
  });

  it("never lets pass what cannot be decoded or has changed", async () => {
    const broken = { ...lecture, bytes: Buffer.from(lecture.bytes) };
    const at = broken.bytes.indexOf("mdat", 0, "latin1") + 4;
    broken.bytes.fill(0xff, at);
    const screening = await verdictOf(waiting(broken));
    expect(screening.verdict).to.equal("review");
    expect(codes(screening)).to.include("unscreened");
    source.failure = fail("source_changed", "The source has changed.");
    expect(codes(await verdictOf(waiting(lecture)))).to.deep.equal(["unscreened"]);
  });

  for (const code of ["storage_unavailable", "overloaded", "source_unreachable"] satisfies ErrorCode[]) {
    it(`says nothing of a video while ${code}, and does it when that is over`, async () => {
      const id = waiting(lecture);
      const state = states.get(id);
      if (state !== undefined) states.set(id, { ...state, record: { ...state.record, createdAt: new Date().toISOString() } });
      source.failure = fail(code, "staged");
      expect(findErrorCode(await rejection(screen(id), "no verdict"))).to.equal(code);
      expect(screened.all).to.deep.equal([]);
      source.failure = undefined;
      expect(await verdictOf(id)).to.include({ verdict: "pass" });
    });
  }

  it("waits for all of an upload", async () => {
    const id = waiting(lecture);
    source.arrived = lecture.bytes.length - 1;
    expect(findErrorCode(await rejection(screen(id), "no verdict"))).to.equal("source_pending");
    source.arrived = undefined;
    expect(await verdictOf(id)).to.include({ verdict: "pass" });
  });

  it("leaves a video to the node that is at it, and takes it over when that has died", async () => {
    const id = waiting(lecture);
    const key = redisKeys(namespace).screening(id);
    await redis.set(key, "a node that is killed", "PX", 10_000);
    await screen(id);
    expect(screened.all).to.deep.equal([]);
    expect(await redis.pttl(key), "the lock of a dead node ends").to.be.within(1, 10_000);
    await redis.del(key);
    expect(await verdictOf(id)).to.include({ verdict: "pass" });
    expect(await redis.exists(key)).to.equal(0);
  });

  it("begins by itself when a video was compared, and never with one that wants none, has one, or is gone", async () => {
    const [wanted, off, done, gone] = [waiting(lecture), waiting(lecture, { record: makeRecord() }), waiting(lecture), waiting(lecture, { deleted: true })];
    const said: Screening = { verdict: "pass", at: "", findings: [], hashes: [], cost: { seconds: 0, frames: 0, bytes: 0 } };
    const state = states.get(done);
    if (state !== undefined) states.set(done, { ...state, screening: said });
    for (const id of [off, done, gone]) await screen(id);
    await broker.emit("video.compared", { videoId: wanted });
    await screened.until(({ id }) => id === wanted);
    expect(screened.all.map(({ id }) => id)).to.deep.equal([wanted]);
  });

  it("finds what a file of hashes lists, and has a person look where that cannot be read", async () => {
    await start("");
    const known = await verdictOf(waiting(lecture));
    await writeFile(folder.path("list.txt"), `print:${known.print} known\n`);
    await start(`lists: [${folder.path("list.txt")}]`);
    expect(await verdictOf(waiting(lecture))).to.include({ verdict: "block" });
    await writeFile(folder.path("list.txt"), `${known.hashes.map(({ hash }) => `frame:${hash}`).join("\n")}\n`);
    expect(codes(await verdictOf(waiting(lecture)))).to.deep.equal(["listed_frames"]);
    await writeFile(folder.path("list.txt"), "nonsense");
    expect(await verdictOf(waiting(lecture))).to.include({ verdict: "review" });
  });
});
