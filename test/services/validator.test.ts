import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode, type ErrorCode } from "../../config/errors.ts";
import type { ReasonClass, Verdict, VerdictParams, VideoState } from "../../services/videos/videos.contract.ts";
import { validatorService } from "../../services/validator/validator.service.ts";
import { addBufferSource, sourceAt, type BufferSource } from "../support/buffer-source.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { openHistory, type History } from "../support/history.ts";
import { findSharedMedia, makeAvi, makeLecture, makeWebm } from "../support/lectures.ts";
import { REMUX_SETTINGS } from "../support/plan-file.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { accepted, stagedFacts } from "../support/staged-plan.ts";

const URL = "https://media.example/a";
const MAX_SEC = 24 * 3600;

interface Bench { broker: ServiceBroker; source: BufferSource; states: Map<string, VideoState>; settled: History<VerdictParams> }

async function startValidator(): Promise<Bench> {
  const broker = quietBroker();
  const source = addBufferSource(broker);
  const states = new Map<string, VideoState>();
  const settled = openHistory<VerdictParams>();
  broker.createService({
    name: "videos",
    actions: {
      state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null,
      settle: (ctx: Context<VerdictParams>) => settled.add(ctx.params),
    },
  });
  broker.createService(validatorService({ maxDurationSec: MAX_SEC, maxRemuxBytes: 2 ** 28, ...REMUX_SETTINGS }));
  await broker.start();
  return { broker, source, states, settled };
}

function submitted(id: string, changes: Partial<VideoState> = {}): VideoState {
  const record = { id, createdAt: "2026-01-01T00:00:00.000Z", source: sourceAt(URL), policy: "hybrid" as const, priority: "normal" as const, labels: {}, identity: URL, claim: "c", request: "r" };
  return { record, deleted: false, ...changes };
}

describe("validator", () => {
  let bench: Bench;
  let folder: Folder;
  let serial = 0;

  before(async () => {
    folder = await openFolder();
    bench = await startValidator();
  });
  after(async () => {
    await bench.broker.stop();
    await folder.remove();
    expect(findFfmpeg()).to.deep.equal([]);
  });
  beforeEach(() => { bench.source.failure = undefined; });

  const validate = (id: string): Promise<void> => bench.broker.call("validator.validate", { id });
  /** The verdict on a new video whose source has these bytes. */
  async function judge(bytes: Uint8Array): Promise<Verdict> {
    const url = `${URL}/${serial}`;
    const id = `video-${serial++}`;
    bench.source.files.set(url, Buffer.from(bytes));
    const state = submitted(id);
    bench.states.set(id, { ...state, record: { ...state.record, source: sourceAt(url) } });
    await validate(id);
    const verdicts = bench.settled.all.filter((params) => params.id === id);
    expect(verdicts).to.have.lengthOf(1);
    return verdicts[0]?.verdict ?? accepted(stagedFacts(1));
  }
  const classOf = (verdict: Verdict): string => (verdict.accepted ? "accepted" : verdict.reasons.map((reason) => reason.class).join());
  const made = async (name: string, args: readonly string[]): Promise<Buffer> => {
    await run("ffmpeg", ["-y", "-v", "error", ...args, folder.path(name)]);
    return await readFile(folder.path(name));
  };

  describe("accepts", () => {
    it("H.264 and AAC in MP4 by its index alone", async () => {
      const file = await readFile(await makeLecture(folder.path("good.mp4"), { seconds: 3 }));
      const reads = bench.source.reads;
      const verdict = await judge(file);
      if (!verdict.accepted) throw new Error(classOf(verdict));
      expect(verdict.sourceVersion).to.equal("v1");
      expect(verdict.facts).to.deep.include({ container: "mp4", reader: "index", size: file.byteLength });
      expect(verdict.facts.video).to.deep.include({ codec: "h264", width: 640, height: 360, frameRate: { num: 25, den: 1 } });
      expect(verdict.facts.audio[0]).to.include({ codec: "aac", sampleRate: 48_000 });
      expect(bench.source.reads - reads).to.be.below(6);
    });
    it("VP8 in WebM by its index, and AVI, which has none that is read, by that of a copy and what ffprobe says", async () => {
      const webm = await judge(await readFile(await makeWebm(folder.path("good.webm"), { seconds: 2, size: "320x180" })));
      const avi = await judge(await readFile(await makeAvi(folder.path("good.avi"), { seconds: 2, size: "320x180" })));
      if (!webm.accepted || !avi.accepted) throw new Error(`${classOf(webm)} ${classOf(avi)}`);
      expect(webm.facts).to.include({ reader: "index" });
      expect(webm.facts.video).to.include({ codec: "vp8", width: 320 });
      expect(avi.facts).to.include({ container: "avi", reader: "remux" });
      expect(avi.facts.video).to.deep.include({ codec: "mpeg4", frameRate: { num: 25, den: 1 } });
      expect(avi.facts.audio[0]).to.include({ codec: "ac3" });
    });
  });

  describe("rejects, with a class and a message that a person can act on:", () => {
    const still = (size: string, codec: string): string[] => ["-f", "lavfi", "-i", `color=size=${size}:rate=1:duration=1`, "-c:v", codec, "-threads", "1"];
    const cases: [name: string, expected: ReasonClass, bytes: () => Promise<Uint8Array> | Uint8Array][] = [
      ["no bytes", "empty", () => Buffer.alloc(0)],
      ["zeros", "not_media", () => Buffer.alloc(65_536)],
      ["a web page", "not_media", () => Buffer.from("<!doctype html><html><body><video src=a.mp4></video></body></html>")],
      ["text", "unsupported_container", () => Buffer.from("Notes of the lecture\n".repeat(50))],
      ["a playlist", "forbidden_reference", () => Buffer.from("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n")],
      ["an image", "unsupported_container", () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Buffer.alloc(500)])],
      ["an MP4 that ends before its index", "truncated", async () => {
        const whole = await made("end.mp4", ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2", "-c:v", "libx264", "-preset", "ultrafast"]);
        return whole.subarray(0, whole.byteLength / 2);
      }],
      ["an MP4 whose boxes are damaged", "corrupt", async () => Buffer.concat([(await made("boxes.mp4", still("320x180", "libx264"))).subarray(0, 32), Buffer.alloc(10_000, 0x07)])],
      ["sound alone", "no_video_stream", () => made("sound.m4a", ["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"])],
      ["a codec that is not decoded here", "unsupported_codec", () => made("magic.avi", [...still("320x180", "magicyuv"), "-pix_fmt", "yuv420p"])],
      ["a picture that is too large", "limit_dimensions", () => made("large.mkv", still("8192x4200", "mjpeg"))],
      ["a video that is too long", "limit_duration", () => made("long.mp4", ["-f", "lavfi", "-i", `color=size=160x90:rate=1/3600:duration=${MAX_SEC + 3600}`, "-c:v", "libx264", "-preset", "ultrafast"])],
      ["an encrypted video", "encrypted", () => made("cenc.mp4", [...still("320x180", "libx264"), "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00112233445566778899aabbccddeeff", "-encryption_kid", "00112233445566778899aabbccddeeff"])],
    ];
    for (const [name, expected, bytes] of cases) {
      it(`${name}: ${expected}`, async () => {
        const verdict = await judge(await bytes());
        expect(classOf(verdict)).to.equal(expected);
        if (!verdict.accepted) for (const { message } of verdict.reasons) expect(message).to.match(/^[A-Z].{20,}\.$/);
      });
    }
  });

  for (const code of ["source_refused", "source_unreachable", "source_changed"] satisfies (ErrorCode & ReasonClass)[]) {
    it(`makes ${code} a reason`, async () => {
      bench.source.failure = fail(code, "The origin said no.");
      const verdict = await judge(Buffer.alloc(10));
      expect(verdict).to.deep.include({ accepted: false, reasons: [{ class: code, message: "The origin said no." }] });
    });
  }

  for (const code of ["storage_unavailable", "overloaded", "queue_unavailable"] satisfies ErrorCode[]) {
    it(`gives no verdict when the mesh is at fault: ${code}`, async () => {
      bench.source.failure = fail(code, "staged");
      const id = `mesh-${code}`;
      bench.states.set(id, submitted(id));
      expect(findErrorCode(await rejection(validate(id), "no verdict"))).to.equal(code);
      expect(bench.settled.all.some((params) => params.id === id)).to.equal(false);
    });
  }

  it("gives no verdict either when the mesh fails while a source is being read, however damaged that makes it look", async () => {
    const files = { mp4: await makeLecture(folder.path("whole.mp4"), { seconds: 2 }), webm: await makeWebm(folder.path("whole.webm"), { seconds: 2, size: "320x180" }), avi: await makeAvi(folder.path("whole.avi"), { seconds: 2, size: "320x180" }) };
    for (const [kind, path] of Object.entries(files)) {
      const id = `cut-${kind}`;
      bench.source.files.set(id, await readFile(path));
      bench.states.set(id, { ...submitted(id), record: { ...submitted(id).record, source: sourceAt(id) } });
      const first = bench.source.reads;
      bench.source.gate = async () => { if (bench.source.reads > first + 1) throw fail("storage_unavailable", "staged"); };
      expect(findErrorCode(await rejection(validate(id), "no verdict")), kind).to.equal("storage_unavailable");
      bench.source.gate = async () => undefined;
      await validate(id);
      expect(bench.settled.all.filter((params) => params.id === id).map(({ verdict }) => verdict.accepted)).to.deep.equal([true]);
    }
  });

  it("waits for what it lacks of an upload, however often, and then looks again by itself", async () => {
    const bytes = await readFile(await makeLecture(folder.path("arriving.mp4"), { seconds: 10, size: "320x180" }));
    const indexLast = await made("arriving-last.mp4", ["-i", folder.path("arriving.mp4"), "-c", "copy"]);
    const webm = await readFile(await makeWebm(folder.path("arriving.webm"), { seconds: 2, size: "320x180" }));
    const avi = await readFile(await makeAvi(folder.path("arriving.avi"), { seconds: 2, size: "320x180" }));
    for (const [name, file, tooFew, enough] of [["index first", bytes, 1_000, bytes.length / 2], ["index last", indexLast, -1, undefined], ["webm", webm, -1, undefined], ["avi", avi, -1, undefined]] as const) {
      bench.source.files.set(name, file);
      bench.states.set(name, { ...submitted(name), record: { ...submitted(name).record, source: sourceAt(name) } });
      for (const arrived of [0, tooFew < 0 ? file.length + tooFew : tooFew]) {
        bench.source.arrived = arrived;
        await validate(name);
      }
      expect(bench.settled.all.filter(({ id }) => id === name), name).to.deep.equal([]);
      bench.source.arrived = enough;
      expect((await bench.settled.until(({ id }) => id === name)).verdict.accepted, name).to.equal(true);
    }
    bench.source.arrived = undefined;
  });

  it("rejects an upload of which no more will come, and says so", async () => {
    bench.source.failure = fail("upload_incomplete", "The upload was given up.");
    const verdict = await judge(Buffer.alloc(10));
    expect(verdict).to.deep.include({ accepted: false, reasons: [{ class: "upload_incomplete", message: "The upload was given up." }] });
  });

  it("looks at a video when it is submitted, and never at one that has a verdict or is deleted", async () => {
    bench.source.files.set(URL, Buffer.alloc(100));
    bench.states.set("judged", submitted("judged", { verdict: accepted(stagedFacts(1)) }));
    bench.states.set("gone", submitted("gone", { deleted: true }));
    bench.states.set("new", submitted("new"));
    const reads = bench.source.reads;
    for (const id of ["judged", "gone", "unknown"]) await validate(id);
    expect(bench.source.reads).to.equal(reads);
    await bench.broker.emit("video.submitted", { videoId: "new" });
    const { verdict } = await bench.settled.until(({ id }) => id === "new");
    expect(classOf(verdict)).to.equal("not_media");
    expect(bench.settled.all.filter(({ id }) => ["judged", "gone", "unknown"].includes(id))).to.deep.equal([]);
  });

  describe("the shared corpus", () => {
    interface Entry { file: string; expect: "accept" | "reject"; error_class?: string; also_ok?: string[] }
    const manifest = findSharedMedia("corpus/manifest.json");

    it("is judged as its manifest says", async function () {
      if (manifest === undefined) {
        console.log("      ../shared/media/corpus is not there: nothing to judge");
        return;
      }
      this.timeout(120_000);
      const { files } = JSON.parse(await readFile(manifest, "utf8")) as { files: Entry[] };
      const wrong: string[] = [];
      for (const { file, expect: expected, error_class, also_ok = [] } of files) {
        const path = findSharedMedia(`corpus/${file}`);
        if (path === undefined) continue;
        const verdict = await judge(await readFile(path));
        const got = verdict.accepted ? "accept" : `${classOf(verdict)}`;
        const right = [expected === "accept" ? "accept" : (error_class ?? ""), ...also_ok.map((other) => other.replace(/^reject /, ""))];
        const fine = right.some((other) => other.startsWith("accept") ? got === "accept" : got === other);
        if (!fine) wrong.push(`${file}: ${got}, not ${[expected, error_class, ...also_ok].join(" ")}`);
      }
      console.log(`      judged ${files.length} files of ../shared/media/corpus`);
      expect(wrong).to.deep.equal([]);
    });
  });
});
