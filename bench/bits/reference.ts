/** What is encoded and compared with: spans of a source at a rung's size, without loss, one after another in one file. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Plan, VideoRendition } from "../../media/plan.ts";

/** Segments first to last, inclusive. */
export interface Run { first: number; last: number }

/** As PeerTube has them; Apple's authoring specification asks for 6 s. */
const FIXED_SEC = 4;

export interface Reference {
  path: string;
  width: number;
  height: number;
  seconds: number;
  /** Where segments begin, in seconds of the file; `fixed`: where a ladder has them that does not look at its content. */
  boundaries: number[];
  fixed: number[];
}

/** Runs of at least two segments and `seconds` / `runs` each, spread over the video; the whole of a short one. */
export function chooseRuns(plan: Plan, seconds: number, runs: number): Run[] {
  const { boundaries, timescale } = plan;
  const at = (boundary: number): number => (boundaries[boundary] ?? 0) / timescale;
  const segments = boundaries.length - 1;
  if (at(segments) <= seconds) return [{ first: 0, last: segments - 1 }];
  const chosen: Run[] = [];
  for (let i = 0; i < runs; i++) {
    const first = Math.max(boundaries.findLastIndex((_, n) => n < segments && at(n) <= (at(segments) * (i + 0.5)) / runs), (chosen.at(-1)?.last ?? -1) + 1);
    let last = first;
    while (last < segments - 1 && (last === first || at(last + 1) - at(first) < seconds / runs)) last++;
    if (first < segments) chosen.push({ first, last });
  }
  return chosen;
}

export async function makeReference(ffmpeg: string, source: string, plan: Plan, rendition: VideoRendition, runs: readonly Run[], path: string): Promise<Reference> {
  const at = (boundary: number): number => (plan.boundaries[boundary] ?? 0) / plan.timescale;
  const { width, height, frameRate } = rendition;
  const scaler = plan.facts.video.displayWidth >= 1.5 * width ? "area" : "bicubic";
  const frame = frameRate.den / frameRate.num;
  const inputs = runs.flatMap(({ first, last }) => ["-ss", at(first).toFixed(6), "-t", (at(last + 1) - at(first)).toFixed(6), "-i", source]);
  const chains = runs.map((_, i) => `[${i}:v:0]fps=${frameRate.num}/${frameRate.den},scale=${width}:${height}:flags=${scaler},setsar=1,format=yuv420p[v${i}]`);
  const graph = [...chains, `${runs.map((_, i) => `[v${i}]`).join("")}concat=n=${runs.length}[v]`].join(";");
  await promisify(execFile)(ffmpeg, ["-v", "error", "-nostdin", "-y", ...inputs, "-filter_complex", graph, "-map", "[v]", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-an", path]);
  const boundaries: number[] = [];
  const fixed: number[] = [];
  let seconds = 0;
  for (const { first, last } of runs) {
    const length = Math.round((at(last + 1) - at(first)) / frame) * frame;
    for (let n = first; n <= last; n++) boundaries.push(seconds + at(n) - at(first));
    for (let start = 0; start < length; start += FIXED_SEC) fixed.push(seconds + start);
    seconds += length;
  }
  return { path, width, height, seconds, boundaries, fixed };
}
