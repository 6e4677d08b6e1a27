import { expect } from "chai";
import { fail, findErrorCode } from "../../config/errors.ts";
import type { Plan } from "../../media/plan.ts";
import type { StillParams } from "../../services/transcoder/transcoder.contract.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { openFolder, probePackets, run, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeAvi, makeLecture } from "../support/lectures.ts";
import { planFile, type PlannedFile } from "../support/plan-file.ts";
import { rejection } from "../support/rejection.ts";
import { accepted } from "../support/staged-plan.ts";
import { FILM, keyOf, LECTURE, transcoderMesh, type TranscoderMesh } from "./transcoder-mesh.ts";

/** A plan whose encodes have these sizes, by their names. */
function withRungs(plan: Plan, ...names: string[]): Plan {
  const [encode] = plan.video.filter(({ mode }) => mode === "encode");
  return { ...plan, video: encode === undefined ? [] : names.map((name) => ({ ...encode, name, height: Number.parseInt(name), width: 2 * Math.round((Number.parseInt(name) * 8) / 9) })) };
}
const SECONDS = 6;
const RATE = 25;

describe("transcoder", function () {
  this.timeout(150_000);
  let folder: Folder;
  let lecture: PlannedFile;
  let film: PlannedFile;
  let mesh: TranscoderMesh;

  before(async () => {
    folder = await openFolder();
    lecture = await planFile(await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, rate: RATE }));
    film = await planFile(await makeAvi(folder.path("film.avi"), { seconds: SECONDS, size: "320x180", rate: RATE }), 0);
  });
  after(() => folder.remove());

  beforeEach(async () => { mesh = await transcoderMesh(new Map([[LECTURE, lecture], [FILM, film]])); });
  afterEach(async () => {
    await mesh.broker.stop();
    await eventually(() => findFfmpeg().length === 0); // a segment is answered when it is whole, which is before FFmpeg has left
  });

  /** Frames' presentation times, in order, of a rendition's files one after the other. */
  async function times(parts: readonly Buffer[]): Promise<number[]> {
    const packets = await probePackets(await folder.write("joined.mp4", ...parts));
    return packets.map(({ pts }) => pts).toSorted((a, b) => a - b);
  }
  it("repackages a source that browsers play, frame for frame, and keeps what it made", async () => {
    expect(lecture.plan.video.map(({ name, mode }) => `${name} ${mode}`)).to.deep.equal(["source repackage", "240p encode"]);
    const segments = lecture.plan.boundaries.length - 1;
    const parts = [await mesh.make(LECTURE, "source", "init")];
    for (let n = 0; n < segments; n++) parts.push(await mesh.make(LECTURE, "source", n));
    const shown = await times(parts);
    expect(shown).to.have.lengthOf(SECONDS * RATE);
    const sound = [await mesh.make(LECTURE, "audio", "init"), await mesh.make(LECTURE, "audio", 0)];
    expect((await times(sound)).length).to.be.above(80);
    await mesh.storedSegment("source", segments - 1);
    await mesh.storedSegment("audio", 0);
    expect(mesh.store.objects.get(keyOf(LECTURE, "source", "0.m4s"))?.equals(parts[1] ?? Buffer.alloc(0))).to.equal(true);
    expect(findFfmpeg()).to.deep.equal([]);
  });

  for (const [what, id, rendition] of [["packets of an MP4", LECTURE, "240p"], ["an AVI as a file", FILM, "180p"]] as const) {
    it(`encodes from ${what}: segments made apart join without a gap`, async () => {
      const { plan } = id === LECTURE ? lecture : film;
      const segments = plan.boundaries.length - 1;
      const parts = await Promise.all([mesh.make(id, rendition, "init"), ...Array.from({ length: segments }, (_, n) => mesh.make(id, rendition, n))]);
      const shown = await times(parts);
      expect(shown).to.have.lengthOf(SECONDS * RATE);
      expect(new Set(shown.slice(1).map((time, i) => time - (shown[i] ?? 0))).size).to.equal(1);
      const { stderr } = await run("ffmpeg", ["-v", "error", "-i", folder.path("joined.mp4"), "-f", "null", "-"]);
      expect(stderr).to.equal("");
    });
  }

  it("encodes once for a hundred who ask for a segment and its init segment", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => mesh.make(LECTURE, "240p", i % 2 === 0 ? 0 : "init")));
    expect(new Set(answers.map((bytes) => bytes.toString("base64"))).size).to.equal(2);
    expect(mesh.runs("encode")).to.equal(1);
    await mesh.storedSegment("240p", 0);
    expect([...mesh.store.objects.keys()]).to.have.members([keyOf(LECTURE, "240p", "0.m4s"), keyOf(LECTURE, "240p", "init.mp4")]);
  });

  it("makes a still once for a hundred who ask for times at which one frame is shown", async () => {
    let puts = 0;
    const { put } = mesh.store;
    mesh.store.put = async (...given) => {
      puts++;
      return await put(...given);
    };
    const { timescale } = lecture.plan.facts.video;
    const frame = 10 * (timescale / RATE);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => mesh.broker.call<Buffer, StillParams>("transcoder.still", { videoId: LECTURE, at: frame + i, width: 64, height: 36, format: "png" })));
    expect(new Set(answers.map((bytes) => bytes.toString("base64"))).size).to.equal(1);
    await mesh.broker.stop(); // waits for what is being stored
    expect([...mesh.store.objects.keys()]).to.deep.equal([`videos/${LECTURE}/stills/${frame}-64.png`]);
    expect(puts).to.equal(1);
  });

  it("gives a viewer a segment that a run in the background is about to make: the same one, whoever makes it", async () => {
    const { reached, release } = mesh.holdSource();
    const work = mesh.chunk({ videoId: FILM, renditions: ["180p"], first: 0, last: 1 });
    await reached;
    release();
    const [bytes] = await Promise.all([mesh.make(FILM, "180p", 1), work]);
    const [init, stored] = [mesh.store.objects.get(keyOf(FILM, "180p", "init.mp4")), mesh.store.objects.get(keyOf(FILM, "180p", "1.m4s"))];
    if (init === undefined || stored === undefined) throw new Error("the run stored nothing");
    expect(await times([init, bytes])).to.deep.equal(await times([init, stored]));
  });

  it("makes of a chunk only what is not stored", async () => {
    const kept = Buffer.from("made before");
    await mesh.store.put(keyOf(LECTURE, "240p", "1.m4s"), kept);
    expect(await mesh.chunk({ first: 0, last: 2 })).to.deep.equal({ stored: 2, skipped: 1 });
    expect(mesh.runs("encode")).to.equal(2);
    expect(mesh.store.objects.get(keyOf(LECTURE, "240p", "1.m4s"))).to.deep.equal(kept);
    expect(await mesh.chunk({ first: 0, last: 2 })).to.deep.equal({ stored: 0, skipped: 3 });
    expect(await mesh.chunk({ renditions: ["source"], first: 0, last: 2 })).to.deep.equal({ stored: 3, skipped: 0 });
    expect(mesh.events.all.filter(({ name }) => name === "segment.stored").map(({ payload }) => `${String(payload["rendition"])}/${String(payload["segment"])}`)).to.have.members(["240p/0", "240p/2", "source/0", "source/1", "source/2"]);
  });

  it("makes an init segment that is missing beside stored segments", async () => {
    const inits = ["source", "240p"].map((rendition) => keyOf(LECTURE, rendition, "init.mp4"));
    const everything = { renditions: ["source", "240p"], first: 0, last: 2 };
    await mesh.chunk(everything);
    const before = new Map(mesh.store.objects);
    for (const key of inits) mesh.store.objects.delete(key);
    expect(await mesh.chunk(everything)).to.deep.equal({ stored: 2, skipped: 4 });
    for (const key of inits) expect(mesh.store.objects.get(key), key).to.deep.equal(before.get(key));
    expect(await mesh.chunk(everything)).to.deep.equal({ stored: 0, skipped: 6 });
  });

  it("makes several renditions of a chunk from one decode, each as a run of its own would", async () => {
    const large = await planFile(await makeLecture(folder.path("large.mp4"), { seconds: SECONDS, rate: RATE, size: "1280x720" }));
    const id = "01arz3ndektsv4rrffq69g5faz";
    mesh.source.files.set(id, large.bytes);
    const state = mesh.states.get(LECTURE);
    if (state !== undefined) mesh.states.set(id, { ...state, verdict: accepted(large.facts), plan: withRungs(large.plan, "360p", "240p"), record: { ...state.record, id, source: sourceAt(id) } });
    const count = large.plan.boundaries.length - 1;
    mesh.store.objects.set(`videos/${id}/profile.json`, Buffer.from(JSON.stringify({ version: 1, profile: "camera", reasons: [] }))); // or a look would be another run
    const started = new Set<number>();
    const watch = setInterval(() => findFfmpeg().forEach((pid) => started.add(pid)), 100);
    mesh.beforeCheck = () => clearInterval(watch); // checks are runs of FFmpeg too
    const result = await mesh.chunk({ videoId: id, renditions: ["360p", "240p"], first: 0, last: count - 1 });
    clearInterval(watch);
    expect(result).to.deep.equal({ stored: 2 * count, skipped: 0 });
    expect(started.size).to.equal(1);
    const together = new Map(mesh.store.objects);
    for (const key of together.keys()) if (key.includes("/media/")) mesh.store.objects.delete(key);
    for (const name of ["360p", "240p"]) {
      await mesh.chunk({ videoId: id, renditions: [name], first: 0, last: count - 1 });
      const files = (objects: ReadonlyMap<string, Buffer>): Buffer[] => ["init.mp4", ...Array.from({ length: count }, (_, n) => `${n}.m4s`)].map((file) => objects.get(keyOf(id, name, file)) ?? Buffer.alloc(0));
      const [apart, ofOne] = [files(mesh.store.objects), files(together)];
      expect(ofOne[0]?.equals(apart[0] ?? Buffer.alloc(0)), `${name}: the same init segment`).to.equal(true);
      expect(await times(ofOne)).to.deep.equal(await times(apart)).and.have.lengthOf(SECONDS * RATE);
      const { stderr } = await run("ffmpeg", ["-v", "error", "-i", await folder.write("one.mp4", ...ofOne), "-f", "null", "-"]);
      expect(stderr).to.equal("");
    }
  });

  it("does not call a chunk done whose segments the store did not take", async () => {
    const { put } = mesh.store;
    mesh.store.put = async () => { throw fail("storage_unavailable", "staged"); };
    expect(findErrorCode(await rejection(mesh.chunk({ renditions: ["source"], first: 0, last: 2 }), "not stored"))).to.equal("storage_unavailable");
    mesh.store.put = put;
    expect(await mesh.chunk({ renditions: ["source"], first: 0, last: 2 })).to.deep.equal({ stored: 3, skipped: 0 });
  });

  for (const [id, rendition] of [[LECTURE, "240p"], [LECTURE, "source"], [FILM, "180p"], [FILM, "audio"]] as const) {
    it(`makes what is not good again, with other settings for the same init segment: ${rendition} of ${id === FILM ? "an AVI" : "an MP4"}`, async () => {
      let checks = 0;
      mesh.findings = (segment) => (segment === 1 && ++checks < 3 ? [{ fault: "picture", detail: "staged" }] : undefined);
      expect(await mesh.chunk({ videoId: id, renditions: [rendition], first: 0, last: 2 })).to.deep.equal({ stored: 3, skipped: 0 });
      expect(mesh.noted).to.have.members([`${rendition}/0 good after 0`, `${rendition}/1 good after 2`, `${rendition}/2 good after 0`]);
      const parts = ["init.mp4", "0.m4s", "1.m4s", "2.m4s"].map((name) => mesh.store.objects.get(keyOf(id, rendition, name)) ?? Buffer.alloc(0));
      const shown = await times(parts);
      expect(shown).to.have.lengthOf(new Set(shown).size);
      const { stderr } = await run("ffmpeg", ["-v", "error", "-i", folder.path("joined.mp4"), "-f", "null", "-"]);
      expect(stderr).to.equal("");
    });
  }

  it("refuses what is never good: it is told, and never in the store, and whoever watches it gets it", async () => {
    mesh.findings = (segment) => (segment === 1 ? [{ fault: "black", detail: "staged" }] : undefined);
    expect(await mesh.chunk({ first: 0, last: 2 })).to.deep.equal({ stored: 2, skipped: 0, refused: 1 });
    expect(mesh.noted).to.have.members(["240p/0 good after 0", "240p/1 black after 2", "240p/2 good after 0"]);
    await mesh.events.until(({ name, payload }) => name === "segment.refused" && payload["segment"] === 1 && payload["fault"] === "black");
    expect(mesh.store.objects.has(keyOf(LECTURE, "240p", "1.m4s"))).to.equal(false);
    const before = mesh.runs("encode");
    expect((await mesh.make(LECTURE, "240p", 1)).byteLength).to.be.above(100);
    expect(await mesh.chunk({ first: 0, last: 2 })).to.deep.equal({ stored: 0, skipped: 2, refused: 1 });
    expect(mesh.runs("encode"), "only for who watched").to.equal(before + 1);
    expect(mesh.store.objects.has(keyOf(LECTURE, "240p", "1.m4s"))).to.equal(false);
  });

  it("kills the runs of a video that is deleted, and stores nothing of it any more", async () => {
    const { reached, release } = mesh.holdSource();
    const work = mesh.chunk({ videoId: FILM, renditions: ["180p"], first: 0, last: 2 });
    const watched = rejection(mesh.make(FILM, "180p", 2), "a deleted video's segment");
    await reached;
    expect(findFfmpeg()).to.not.deep.equal([]);
    const state = mesh.states.get(FILM);
    if (state !== undefined) mesh.states.set(FILM, { ...state, deleted: true });
    await mesh.broker.broadcast("video.deleted", { videoId: FILM });
    expect(await work).to.deep.equal({ stored: 0, skipped: 3 });
    expect(findErrorCode(await watched)).to.be.oneOf(["encode_failed", "video_deleted"]);
    await eventually(() => findFfmpeg().length === 0); // the sandbox is gone at once, and what is in it dies with it
    release();
    expect(findErrorCode(await rejection(mesh.make(FILM, "180p", 0), "deleted"))).to.equal("video_deleted");
    expect([...mesh.store.objects.keys()]).to.deep.equal([]);
  });

  it("takes back what it put when the video was deleted meanwhile", async () => {
    const { put } = mesh.store;
    const stored = Promise.withResolvers<void>();
    mesh.store.put = async (key, ...rest) => {
      const result = await put(key, ...rest);
      if (key.endsWith("/1.m4s")) {
        await put(`deleted/${LECTURE}.json`, Buffer.from("{}"));
        stored.resolve();
      }
      return result;
    };
    await mesh.make(LECTURE, "source", 1); // with the first comes the init segment
    await stored.promise;
    await mesh.broker.stop(); // waits for what is being stored
    expect([...mesh.store.objects.keys()]).to.deep.equal([`deleted/${LECTURE}.json`]);
    expect(mesh.events.all).to.deep.equal([]);
  });

  it("leaves no FFmpeg behind when it stops", async () => {
    const { reached, release } = mesh.holdSource();
    const work = [
      mesh.chunk({ videoId: FILM, renditions: ["180p"], first: 0, last: 2 }), mesh.make(FILM, "audio", 0), // FFmpeg reads
      mesh.make(LECTURE, "240p", 0), mesh.make(LECTURE, "source", 0), // this node reads
    ].map((promise) => rejection(promise, "stopped"));
    await reached;
    expect(findFfmpeg()).to.not.deep.equal([]);
    await mesh.broker.stop();
    expect(findFfmpeg()).to.deep.equal([]);
    release();
    await Promise.all(work);
  });

  it("says what it cannot make", async () => {
    const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));
    const segments = lecture.plan.boundaries.length - 1;
    expect(await codeOf(mesh.make(LECTURE, "240p", segments))).to.equal("segment_not_found");
    expect(await codeOf(mesh.make(LECTURE, "720p", 0))).to.equal("segment_not_found");
    expect(await codeOf(mesh.make("01arz3ndektsv4rrffq69g5fax", "240p", 0))).to.equal("video_not_found");
    const state = mesh.states.get(LECTURE);
    if (state !== undefined) mesh.states.set("01arz3ndektsv4rrffq69g5fay", { record: state.record, deleted: false });
    expect(await codeOf(mesh.make("01arz3ndektsv4rrffq69g5fay", "240p", 0))).to.equal("plan_pending");
    for (const code of ["source_changed", "storage_unavailable"] as const) {
      mesh.source.failure = fail(code, "staged");
      expect(await codeOf(mesh.make(FILM, "180p", 0))).to.equal(code);
      expect(await codeOf(mesh.chunk({ videoId: FILM, renditions: ["180p"] }))).to.equal(code);
      for (const rendition of ["source", "audio", "240p"]) expect(await codeOf(mesh.make(LECTURE, rendition, 1)), rendition).to.equal(code);
    }
    mesh.source.failure = undefined;
    for (const [id, rendition] of [[FILM, "180p"], [LECTURE, "source"], [LECTURE, "audio"], [LECTURE, "240p"]] as const) {
      expect((await mesh.make(id, rendition, 1)).byteLength, rendition).to.be.above(500);
    }
  });
});
