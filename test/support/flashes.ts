/** Videos that flash and beep at the same moments, and when a video does: for how sound and picture stand to each other. */
import { run } from "./cmaf-media.ts";

/** Seconds of the flashes and beeps, each of a fifth of a second. */
export const MOMENTS = [1, 4, 7, 10] as const;
const SECONDS = 12;
/** Of a sample's full scale: louder is a beep. Encoders smear its beginning, more quietly than this. */
const LOUD = 0.2 * 32_768;
const RATE = 48_000;
/** Less apart belongs to one beep. */
const QUIET_SEC = 0.5;

/** `options`: codecs and what else the output needs; `soundOptions`: of the sound as an input. */
export async function makeFlashes(path: string, options: readonly string[], soundOptions: readonly string[] = []): Promise<string> {
  const at = "gte(t,1)*lt(mod(t-1,3),0.2)";
  await run("ffmpeg", [
    "-y", "-f", "lavfi", "-i", `color=black:size=640x360:rate=25,drawbox=w=iw:h=ih:t=fill:color=white:enable='${at}'`,
    ...soundOptions, "-f", "lavfi", "-i", `aevalsrc='0.7*sin(2*PI*1000*t)*${at}':s=${RATE}`, "-t", String(SECONDS), ...options, path,
  ]);
  return path;
}

/** A file's clock begins with the earlier of its streams; playlists of one video each, of picture and of sound, have one clock. */
const clockOf = (from: string): string[] => (from.startsWith("http") ? ["-copyts"] : []);

/** In seconds. */
export async function findFlashes(from: string): Promise<number[]> {
  const { stderr } = await run("ffmpeg", ["-v", "info", "-nostats", ...clockOf(from), "-i", from, "-map", "0:v:0", "-vf", "scale=4:4,format=gray,showinfo", "-f", "null", "-"]);
  const frames = [...stderr.matchAll(/pts_time:\s*(\S+).*? mean:\[(\d+)/g)].map(([, time, mean]) => ({ time: Number(time), bright: Number(mean) > 128 }));
  return frames.flatMap(({ time, bright }, i) => (bright && frames[i - 1]?.bright !== true ? [time] : []));
}

/** On the same clock as the flashes. */
export async function findBeeps(from: string): Promise<number[]> {
  const { stdout } = await run("ffmpeg", ["-v", "error", ...clockOf(from), "-i", from, "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", String(RATE), "-f", "s16le", "-"]);
  const beeps: number[] = [];
  let heardAt = -Infinity;
  for (let at = 0; at + 1 < stdout.length; at += 2) {
    if (Math.abs(stdout.readInt16LE(at)) < LOUD) continue;
    const time = at / 2 / RATE;
    if (time - heardAt > QUIET_SEC) beeps.push(time);
    heardAt = time;
  }
  return beeps;
}
