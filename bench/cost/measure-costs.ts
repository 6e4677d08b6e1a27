/**
 * What a second of media costs to make here: user and system time of FFmpeg, with the presets of the transcoder, on one
 * thread. Of a viewer's segment alone (4 s) and of a run in the background (20 s): their difference tells start from encode.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { MakingCosts } from "./costs.ts";

const [SHORT_SEC, LONG_SEC] = [4, 20];
const SIDES = { top: 1080, "720p": 720, "360p": 360 } as const;
const TRIES = 3;

interface Measured { cpuSec: number; bytes: number }

/** @param source at least a minute, in which it begins after ten seconds */
export async function measureCosts(ffmpeg: string, source: string): Promise<MakingCosts> {
  const run = async (seconds: number, output: readonly string[]): Promise<Measured> => {
    const tries: Measured[] = [];
    for (let n = 0; n < TRIES; n++) {
      const { stdout, stderr } = await promisify(execFile)(ffmpeg, ["-v", "info", "-benchmark", "-nostdin", "-nostats", "-threads", "1", "-ss", "10", "-t", String(seconds), "-i", source, "-an", ...output, "-"], { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 });
      const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr.toString()) ?? [];
      tries.push({ cpuSec: Number(user) + Number(system), bytes: stdout.byteLength });
    }
    return tries.toSorted((a, b) => a.cpuSec - b.cpuSec)[0] ?? { cpuSec: Number.NaN, bytes: 0 };
  };
  const slope = (short: Measured, long: Measured): number => (long.cpuSec - short.cpuSec) / (LONG_SEC - SHORT_SEC);
  const decodes = await Promise.all([SHORT_SEC, LONG_SEC].map((seconds) => run(seconds, ["-f", "null"])));
  const [shortDecode, longDecode] = decodes;
  if (shortDecode === undefined || longDecode === undefined) throw new Error("Nothing was measured.");
  const decodeSec = slope(shortDecode, longDecode);
  const encodeSec: Record<string, number> = {};
  const bytesPerSec: Record<string, number> = {};
  let startSec = 0;
  for (const [picture, side] of Object.entries(SIDES)) {
    const output = ["-vf", `scale=-2:${side}`, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "1", "-movflags", "+frag_keyframe+empty_moov", "-f", "mp4"];
    const [short, long] = [await run(SHORT_SEC, output), await run(LONG_SEC, output)];
    encodeSec[picture] = slope(short, long) - decodeSec;
    bytesPerSec[picture] = long.bytes / LONG_SEC;
    startSec = Math.max(startSec, short.cpuSec - SHORT_SEC * slope(short, long));
  }
  const of = (record: Record<string, number>) => ({ top: record["top"] ?? Number.NaN, "720p": record["720p"] ?? Number.NaN, "360p": record["360p"] ?? Number.NaN });
  return { startSec, decodeSec, encodeSec: of(encodeSec), repackageSec: 0.02 * (encodeSec["360p"] ?? Number.NaN), bytesPerSec: of(bytesPerSec) };
}
