/**
 * VMAF (Netflix), where FFmpeg was built with libvmaf: how good a viewer who fills their screen finds a segment, 0 to 100.
 * Measured of a few neighbouring frames, at the size of the largest rendition, as its model is meant: so a small rendition
 * is worse than a large one. It finds no faults and nothing depends on it: operators compare by it.
 */
import { Readable } from "node:stream";
import type { Logger } from "moleculer";
import { errorMessage, fail } from "../../config/errors.ts";
import { pictureArguments } from "../../media/ffmpeg/quality-arguments.ts";
import { readVmafScore, VMAF_INPUT, vmafArguments } from "../../media/ffmpeg/vmaf-arguments.ts";
import type { Plan } from "../../media/plan.ts";
import { compare, pictureSize, type Picture, type Size } from "../../media/quality/picture.ts";
import { ffmpegError, runFfmpeg } from "../../mixins/ffmpeg.ts";
import type { VideoCheck } from "./check-video.ts";
import { decodePictures, NICENESS } from "./decode.ts";
import { findSourcePictures, readSourcePictures, timeTolerance } from "./source-pictures.ts";

/** What its usual model was trained on; more takes longer and says no more. */
const MAX_PIXELS = 1920 * 1080;
const PAIRS = 8;
const EVERY_SEC = 1 / 12;

interface Pair { made: Picture; source: Picture }

/** Of the check's first segment; undefined: the source has nothing to compare with there. @throws encode_failed */
export async function measureVmaf({ plan, rendition, first, init, segments: [bytes], packets, url, threads, signal }: VideoCheck): Promise<number | undefined> {
  if (bytes === undefined) return undefined;
  const size = screenSize(plan);
  const [start, end] = [plan.boundaries[first] ?? 0, plan.boundaries[first + 1] ?? 0];
  const pictures = await readSourcePictures({ plan, first, count: 1, packets, url, size, everySec: EVERY_SEC, threads, signal });
  const wanted = findSourcePictures(plan, pictures, start, end).slice(0, PAIRS);
  const tolerance = timeTolerance(plan, rendition);
  const found = wanted.map((): { picture: Picture; ssim: number } | undefined => undefined);
  await decodePictures({ arguments: pictureArguments({ size, timescale: plan.timescale, threads, scaler: "bicubic" }), input: [init, bytes], signal }, size, ({ time, picture }) => {
    wanted.forEach((source, at) => {
      if (Math.abs(source.time - time) > tolerance) return;
      // On a grid two frames may be as near: it is the one that shows the same.
      const ssim = tolerance === 0 ? 1 : compare(picture, source.picture).ssim;
      if (ssim > (found[at]?.ssim ?? -1)) found[at] = { picture, ssim };
    });
  });
  const pairs = wanted.flatMap(({ picture: source }, at): Pair[] => {
    const made = found[at]?.picture;
    return made === undefined ? [] : [{ made, source }];
  });
  return pairs.length === 0 ? undefined : await score(pairs, size, threads, signal);
}

/** Whether it can be measured here; the log says so. `filters`: what FFmpeg has. */
export async function proveVmaf(filters: ReadonlySet<string>, logger: Pick<Logger, "info" | "warn">, signal: AbortSignal): Promise<boolean> {
  if (!filters.has("libvmaf")) return false;
  const size = { width: 320, height: 180 };
  const grey: Picture = { ...size, bytes: new Uint8Array(size.width * size.height * 2).fill(128) };
  try {
    await score([{ made: grey, source: grey }, { made: grey, source: grey }], size, 1, signal);
    logger.info("Quality is measured as VMAF, too.");
    return true;
  } catch (error) {
    if (!signal.aborted) logger.warn(`Quality is not measured as VMAF: this FFmpeg's libvmaf does not work: ${errorMessage(error)}`);
    return false;
  }
}

/** The mean of the pairs. @throws encode_failed when FFmpeg fails, or says no score */
async function score(pairs: readonly Pair[], size: Size, threads: number, signal: AbortSignal): Promise<number> {
  const frames = pairs.flatMap(({ made, source }) => [made.bytes, source.bytes]);
  const outcome = await runFfmpeg({ arguments: vmafArguments({ size, threads }), allowed: VMAF_INPUT, stdin: Readable.from(frames, { objectMode: false }), niceness: NICENESS, signal, onData: () => undefined });
  if (outcome.outcome === "failed") throw fail("encode_failed", outcome.message.split("\n").at(-1) ?? "");
  if (outcome.outcome !== "done") throw ffmpegError(outcome) ?? fail("encode_failed", "The measurement was stopped.");
  const measured = readVmafScore(outcome.complaints);
  if (measured === undefined) throw fail("encode_failed", "it says no score");
  return Math.round(measured * 100) / 100;
}

/** Of the largest rendition, as far as the model goes. */
function screenSize({ video }: Plan): Size {
  const [largest = { width: 2, height: 2 }] = video.toSorted((a, b) => b.width * b.height - a.width * a.height);
  const longest = Math.max(largest.width, largest.height);
  const even = Math.floor(longest * Math.min(1, Math.sqrt(MAX_PIXELS / (largest.width * largest.height))));
  return pictureSize(largest, even);
}
