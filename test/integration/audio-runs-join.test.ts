/** Sound that is encoded a segment at a time, by whatever run in whatever order, against one pass over the whole. */
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { rescaleFloor } from "../../media/rational.ts";
import type { AudioRendition } from "../../media/plan.ts";
import { openSourceDoor, type SourceDoor } from "../../mixins/source-door.ts";
import { encodeAudio } from "../../services/transcoder/encode.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { planFile, type PlannedFile } from "../support/plan-file.ts";
import { openTestGuest } from "../support/guest.ts";

const RATE = 48_000;
const FRAME = 1024;
const SECONDS = 14;
/** Rises all the time, so that no other alignment fits as well. */
const CHIRP = `0.4*sin(2*PI*(200+40*t)*t)+0.2*sin(2*PI*1900*t)`;

interface Source { name: string; file: string; rate: number; channels?: number; codec: string[]; filter?: string; input?: string[] }
/** In Matroska a time is a whole millisecond, which frames of 48 kHz codecs fill exactly. */
const SOURCES: readonly Source[] = [
  { name: "MP3 of 44.1 kHz", file: "mp3.mp4", rate: 44_100, codec: ["-c:a", "libmp3lame", "-b:a", "192k"] },
  { name: "AC-3 of 48 kHz", file: "ac3.mkv", rate: 48_000, codec: ["-c:a", "ac3", "-b:a", "256k"] },
  { name: "mono AC-3 of 44.1 kHz", file: "mono.mp4", rate: 44_100, channels: 1, codec: ["-c:a", "ac3", "-b:a", "128k"] },
  { name: "sound that begins late", file: "late.mkv", rate: 48_000, codec: ["-c:a", "ac3", "-b:a", "256k"], input: ["-itsoffset", "2.7"] },
  { name: "sound with a gap", file: "gap.mkv", rate: 48_000, codec: ["-c:a", "ac3", "-b:a", "256k"], filter: "aselect='not(between(t,4.5,7.2))'" },
];

describe("encoded sound joined", function () {
  this.timeout(120_000);
  let folder: Folder;
  let door: SourceDoor;

  before(async () => {
    folder = await openFolder();
    await warmFfmpeg(await openTestGuest());
    door = await openSourceDoor(new ServiceBroker({ logger: false }).logger);
  });
  after(async () => {
    await door?.close();
    await folder?.remove();
  });

  async function make({ file, rate, channels = 2, codec, filter, input = [] }: Source): Promise<PlannedFile> {
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", `testsrc2=size=160x90:rate=25:duration=${SECONDS}`, ...input, "-f", "lavfi", "-i", `aevalsrc=${Array(channels).fill(CHIRP).join("|")}:s=${rate}:d=${SECONDS}`,
      "-t", String(SECONDS), ...(filter === undefined ? [] : ["-af", filter]), "-c:v", "mpeg4", "-g", "50", ...codec, folder.path(file)]);
    return await planFile(folder.path(file), 0);
  }

  /** One run; its init segment and its segments by number. */
  async function encode({ plan, bytes }: PlannedFile, rendition: AudioRendition, first: number, last: number): Promise<{ init: Buffer; segments: Map<number, Buffer> }> {
    const made: { init: Buffer; segments: Map<number, Buffer> } = { init: Buffer.alloc(0), segments: new Map() };
    const outcome = await encodeAudio({
      plan, first, last, threads: 1, niceness: 0, lane: "play", signal: new AbortController().signal,
      readPackets: async () => [],
      openFile: () => door.open({ size: bytes.length, read: async (start, end) => Buffer.from(bytes.subarray(start, end)) }),
      onInit: (_name, init) => { made.init = init; },
      onChunk: (_name, segment, chunk) => { made.segments.set(segment, Buffer.concat([made.segments.get(segment) ?? Buffer.alloc(0), chunk])); },
      onEnd: () => undefined,
    }, rendition);
    expect(outcome).to.include({ outcome: "done" });
    return made;
  }

  /** The left channel. */
  async function samples(args: readonly string[]): Promise<Float32Array> {
    const { stdout } = await run("ffmpeg", [...args, "-f", "f32le", "-"]);
    return new Float32Array(Uint8Array.from(stdout).buffer);
  }

  const level = (a: Float32Array, from: number, to: number, b: Float32Array = new Float32Array(), lag = 0): number => {
    let sum = 0;
    for (let at = from; at < to; at++) sum += ((a[at] ?? 0) - (b[at + lag] ?? 0)) ** 2;
    return Math.sqrt(sum / (to - from));
  };
  /** By how many samples `b` must be moved to fit `a` best there. */
  function lagOf(a: Float32Array, b: Float32Array, from: number, to: number): number {
    let best = 0;
    for (let lag = -200; lag <= 200; lag++) if (level(a, from, to, b, lag) < level(a, from, to, b, best)) best = lag;
    return best;
  }

  for (const source of SOURCES) {
    it(`is one pass, to the sample: ${source.name}`, async () => {
      const planned = await make(source);
      const { plan } = planned;
      const [track] = plan.audio;
      if (track === undefined) throw new Error("the source has no sound");
      const channels = source.channels ?? 2;
      const rendition: AudioRendition = { ...track, mode: "encode", codecs: "mp4a.40.2", sampleRate: RATE, channels };
      const count = plan.boundaries.length - 1;
      expect(count).to.be.at.least(4);
      const whole = await encode(planned, rendition, 0, count - 1);
      const runs = [[count - 1, count - 1], [1, 2], [0, 0], [3, count - 2]] as const;
      const segments = new Map<number, Buffer>();
      for (const [first, last] of runs.filter(([from, to]) => from <= to)) {
        const made = await encode(planned, rendition, first, last);
        expect(made.init.equals(whole.init), "all runs have one init segment").to.equal(true);
        for (const [segment, bytes] of made.segments) segments.set(segment, bytes);
      }
      const inOrder = (made: ReadonlyMap<number, Buffer>): Buffer[] => Array.from({ length: count }, (_, n) => made.get(n) ?? Buffer.alloc(0));
      const left = ["-af", "pan=mono|c0=c0"];
      const joined = await samples(["-i", await folder.write("joined.mp4", whole.init, ...inOrder(segments)), ...left]);
      const once = await samples(["-i", await folder.write("once.mp4", whole.init, ...inOrder(whole.segments)), ...left]);
      const origin = rescaleFloor(plan.facts.originTicks, plan.facts.video.timescale, RATE);
      const original = await samples(["-copyts", "-i", folder.path(source.file), "-map", "0:a:0", "-af", `aresample=${source.rate}:async=1:first_pts=${Math.round((origin * source.rate) / RATE)},aresample=${RATE},pan=mono|c0=c0`]);
      expect(joined.length).to.equal(once.length);
      const end = Math.min(joined.length, original.length) - 4 * FRAME;
      const noise = level(once, 12 * FRAME, end, original);
      expect(level(original, 0, end), "there is sound").to.be.above(0.05);
      expect(noise, "one pass sounds as the source").to.be.below(0.1 * level(original, 0, end));
      for (let segment = 1; segment < count; segment++) {
        const cut = Math.ceil(((plan.boundaries[segment] ?? 0) * RATE) / plan.timescale / FRAME) * FRAME;
        const [from, to] = [Math.max(0, cut - 4 * FRAME), Math.min(end, cut + 4 * FRAME)];
        if (from >= to || level(original, from, to) < 0.05) continue; // silence: nothing to align
        expect(lagOf(once, joined, from, to), `joint ${segment}: aligned`).to.equal(0);
        expect(lagOf(original, joined, from, to), `joint ${segment}: in its place`).to.equal(0);
        expect(level(joined, from, to, once), `joint ${segment}: not louder than what the codec changes`).to.be.below(2 * noise);
        for (let at = from; at < to; at += FRAME) expect(level(joined, at, at + FRAME, original), `joint ${segment}: no click`).to.be.below(5 * noise + 0.01);
      }
    });
  }
});
