/** What encryption on the way costs the processor, beside OpenSSL's own on the same bytes. */
import { execFile } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { promisify } from "node:util";
import { createFragmentSplitter } from "../media/cmaf/encoder-output.ts";
import { readTrack } from "../media/cmaf/encryption/protect-init.ts";
import { makeContentKey, parseContentKey, type ContentKey } from "../mixins/content-key.ts";
import { encryptWhole, sampleCipher, wholeSegmentCipher } from "../services/delivery/protection/ciphers.ts";
import { openProtector } from "../services/delivery/protection/protector.ts";
import type { Benchmark } from "./benchmark.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

const RUNS = 15;
const MB = 1_000_000;
/** Segments of 4 s: 1080p at 5 Mbit/s, and 128 kbit/s of sound. */
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25,noise=alls=20:allf=t", "-t", "20", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "5M", "-maxrate", "5M", "-bufsize", "5M", "-g", "100", "-sc_threshold", "0", "-pix_fmt", "yuv420p"];
const SOUND = ["-f", "lavfi", "-i", "anoisesrc=amplitude=0.3", "-t", "60", "-c:a", "aac", "-b:a", "128k", "-frag_duration", "4000000"];

export const protection: Benchmark = {
  name: "protection",
  summary: "what AES-128 and cbcs cost the processor a megabyte, beside node:crypto alone",
  usage: "",
  inProcess: true,
  async run() {
    const key = parseContentKey(makeContentKey());
    if (key === undefined) throw new Error("There is no key.");
    console.log(`${await describeMachine("ffmpeg")}; ${describeLoad()}; median of ${RUNS} runs\n`);
    const rows = [...(await measure("picture, 5 Mbit/s", PICTURE, key)), ...(await measure("sound, 128 kbit/s", SOUND, key))];
    console.log(formatTable(["segments of 4 s", "way", "ms CPU a MB", "ms CPU a segment", "bytes more"], rows));
  },
};

async function measure(name: string, args: readonly string[], key: ContentKey): Promise<string[][]> {
  const { init, segments } = await makeSegments(args);
  const bytes = segments.reduce((sum, segment) => sum + segment.length, 0);
  const track = readTrack(init);
  const plain = openProtector({ readKey: async () => null, getInit: async () => init });
  const ways: Record<string, (segment: Buffer) => Promise<Uint8Array>> = {
    "none": async (segment) => {
      const answer = await (await plain.open({ id: "x", rendition: "y", segment: 0 }, "none"))({ bytes: segment, tier: "memory" });
      return "bytes" in answer ? answer.bytes : segment;
    },
    "node:crypto alone": async (segment) => createCipheriv("aes-128-cbc", key.key, key.iv).update(segment),
    "aes-128": (segment) => encryptWhole(wholeSegmentCipher(key, 0), segment),
    "cbcs": (segment) => encryptWhole(sampleCipher(key, track), segment),
  };
  const rows: string[][] = [];
  for (const [way, encrypt] of Object.entries(ways)) {
    const samples: number[] = [];
    let size = 0;
    for (let run = 0; run <= RUNS; run++) {
      size = 0;
      const before = process.cpuUsage();
      for (const segment of segments) size += (await encrypt(segment)).byteLength;
      const { user, system } = process.cpuUsage(before);
      if (run > 0) samples.push((user + system) / 1000); // the first is the compiler's
    }
    const ms = percentile(samples, 0.5);
    rows.push([name, way, ((ms * MB) / bytes).toFixed(2), (ms / segments.length).toFixed(2), `${(((size - bytes) * 100) / bytes).toFixed(2)} %`]);
  }
  return rows;
}

async function makeSegments(args: readonly string[]): Promise<{ init: Buffer; segments: Buffer[] }> {
  const { stdout } = await promisify(execFile)("ffmpeg", ["-v", "error", ...args, "-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "pipe:1"], { encoding: "buffer", maxBuffer: 256 * MB });
  const events = createFragmentSplitter(64 * MB).push(stdout);
  const init = events.find(({ kind }) => kind === "init")?.bytes;
  if (init === undefined) throw new Error("FFmpeg made no init segment.");
  return { init, segments: events.flatMap(({ kind, bytes }) => (kind === "fragment" ? [bytes] : [])) };
}
