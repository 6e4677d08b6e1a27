/**
 * A look at what a video shows: one short run of FFmpeg over a few moments spread over it, each a key frame and the
 * few frames after it, so that little of the source is read and little decoded.
 */
import { measureMoment, lookSize, type Luma, type Moment } from "../../media/content/moment.ts";
import { chooseMoments, MAX_MOMENT_FRAMES } from "../../media/content/moments.ts";
import { profileOf, type ContentProfile } from "../../media/content/profile.ts";
import type { Facts } from "../../media/facts.ts";
import { lookArguments } from "../../media/ffmpeg/look-arguments.ts";
import { feedPackets } from "./feed.ts";
import type { FfmpegOutcome, FfmpegRun } from "../../mixins/ffmpeg.ts";
import type { ReadPackets } from "./repackage.ts";

export interface LookPorts {
  readPackets: ReadPackets;
  /** Runs FFmpeg in the background: niced, stopped when nobody wants the video any more. */
  run(run: Pick<FfmpegRun, "arguments" | "stdin" | "onData">): Promise<FfmpegOutcome>;
}

export type Look =
  | { outcome: "profile"; profile: ContentProfile }
  /** The video stays without a profile, which costs it nothing but the tuning. */
  | { outcome: "unknown"; message: string };

/** For sources whose packets can be fed (`canFeedPackets`). Throws what `readPackets` throws. */
export async function lookAtContent({ video, originTicks }: Facts, { readPackets, run }: LookPorts): Promise<Look> {
  const moments = [];
  for (const span of chooseMoments(video)) {
    const packets = await readPackets({ track: "video", index: video.index, timescale: video.timescale, ...span });
    if (packets.length > 0) moments.push(packets.slice(0, MAX_MOMENT_FRAMES));
  }
  if (moments.length === 0) return { outcome: "unknown", message: "there is no key frame to look at" };
  const size = lookSize(video.displayWidth, video.displayHeight);
  const watcher = watchMoments(moments.map((packets) => packets.length), size.width * size.height, (frames, before) => measureMoment(size, frames, before));
  const { stream } = feedPackets(video, moments.flat(), originTicks);
  const outcome = await run({ arguments: lookArguments(size), stdin: stream, onData: watcher.onData });
  if (outcome.outcome !== "done") return { outcome: "unknown", message: outcome.outcome === "failed" ? outcome.message : outcome.outcome };
  const seen = watcher.finish();
  return seen === undefined ? { outcome: "unknown", message: "FFmpeg showed other frames than it was fed" } : { outcome: "profile", profile: profileOf(seen) };
}

/**
 * From FFmpeg's bytes to measured moments of so many frames each. Only a moment's first and last frame are kept, and the
 * last of the one before: a few hundred kilobytes.
 */
function watchMoments(lengths: readonly number[], frameBytes: number, measure: (frames: Luma[], before: Luma | undefined) => Moment) {
  const moments: Moment[] = [];
  let frame = Buffer.alloc(frameBytes);
  let filled = 0;
  let shown = 0;
  let surplus = false;
  let first: Luma | undefined;
  let before: Luma | undefined;

  function onFrame(luma: Luma): void {
    const length = lengths[moments.length];
    if (length === undefined) surplus = true;
    first ??= luma;
    if (++shown !== length) return;
    moments.push(measure([first, luma], before));
    before = luma;
    first = undefined;
    shown = 0;
  }

  return {
    onData(chunk: Buffer): void {
      for (let at = 0; at < chunk.byteLength && !surplus;) {
        const copied = chunk.copy(frame, filled, at);
        at += copied;
        filled += copied;
        if (filled < frameBytes) return;
        onFrame(frame);
        frame = Buffer.alloc(frameBytes);
        filled = 0;
      }
    },
    /** undefined when there were more or fewer frames than there should be: then it is not known which moment they are of. */
    finish: (): Moment[] | undefined => (surplus || filled > 0 || moments.length !== lengths.length ? undefined : moments),
  };
}
