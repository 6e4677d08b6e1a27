/** What the source shows where segments were made of it: some of its frames, decoded, at the times they have on the timeline. */
import { fail } from "../../config/errors.ts";
import type { Packet } from "../../media/cmaf/samples.ts";
import { referenceArguments, type ReferenceRun } from "../../media/ffmpeg/quality-arguments.ts";
import type { Plan, VideoRendition } from "../../media/plan.ts";
import type { Size } from "../../media/quality/picture.ts";
import { feedReference, selectBursts } from "../../media/quality/reference-feed.ts";
import type { TimedPicture } from "../../media/quality/watch-pictures.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { findHeldFrame } from "../../media/timeline.ts";
import { decodePictures } from "./decode.ts";

export interface SourceSpan {
  plan: Plan;
  /** Segments. */
  first: number;
  count: number;
  /** The source's packets of the span; absent: FFmpeg reads it as a file, at `url`. */
  packets: readonly Packet[] | undefined;
  url: string | undefined;
  size: Size;
  /** How far apart the frames are, at least. */
  everySec: number;
  threads: number;
  signal: AbortSignal;
}

/** How much of the source after each key frame is decoded; of a file, all. */
const BURST_SEC = 1;

/** @throws bad_request when there is nothing to read */
export async function readSourcePictures({ plan, first, count, packets, url, size, everySec, threads, signal }: SourceSpan): Promise<TimedPicture[]> {
  const { facts } = plan;
  const { video, originTicks } = facts;
  const toVideo = (boundary: number): number => rescaleCeil(plan.boundaries[boundary] ?? 0, plan.timescale, video.timescale);
  const starts = Array.from({ length: count }, (_, index) => toVideo(first + index));
  const held = plan.cut === "source" ? starts.flatMap((start) => findHeldFrame(facts, start) ?? []) : [];
  const common = { facts, size, from: Math.min(starts[0] ?? 0, ...held), to: toVideo(first + count), held, threads, everyTicks: Math.round(everySec * video.timescale) };
  const pictures: TimedPicture[] = [];
  const collect = ({ time, picture }: TimedPicture): void => {
    pictures.push({ time: plan.timescale === video.timescale ? time : Math.round((time * plan.timescale) / video.timescale), picture });
  };
  const decodeFrom = async (run: ReferenceRun, input?: Iterable<Uint8Array>): Promise<void> => {
    // Complaints are about the source, which is as it is.
    await decodePictures({ arguments: referenceArguments(run), signal, ...(input === undefined ? {} : { input }) }, size, collect);
  };
  if (packets !== undefined) {
    const bursts = selectBursts(packets, [...starts, ...held].map((start) => start + originTicks), BURST_SEC * video.timescale);
    const { pieces, offset } = feedReference(video, bursts, originTicks);
    await decodeFrom({ ...common, input: { kind: "packets", offset } }, pieces);
  } else if (url !== undefined) {
    await decodeFrom({ ...common, input: { kind: "file", url } });
  } else throw fail("bad_request", "An encode is checked against its source, and none is given.");
  return pictures;
}

/** Those within a span of the timeline; the one that stands at its start counts as shown there. */
export function findSourcePictures(plan: Plan, pictures: readonly TimedPicture[], start: number, end: number): TimedPicture[] {
  const held = plan.cut === "source" ? findHeldFrame(plan.facts, start) : undefined;
  return pictures.flatMap(({ time, picture }) => {
    if (time === held) return [{ time: start, picture }];
    return time >= start && time < end ? [{ time, picture }] : [];
  });
}

/** How far the source's times may be from a rendition's, in ticks of the timeline: not at all, but for a frame where those are on a grid. */
export function timeTolerance({ cut, timescale }: Plan, { frameRate }: VideoRendition): number {
  return cut === "grid" ? (timescale / frameRate.num) * frameRate.den : 0;
}
