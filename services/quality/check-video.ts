/** Checks consecutive segments of a video rendition: their boxes, that they decode, and that they show what the source shows. */
import { fail } from "../../config/errors.ts";
import type { Packet } from "../../media/cmaf/samples.ts";
import { CORNER, cornerArguments, pictureArguments, referenceArguments, type ReferenceRun } from "../../media/ffmpeg/quality-arguments.ts";
import type { Plan, VideoRendition } from "../../media/plan.ts";
import { expectVideo } from "../../media/quality/expect.ts";
import { judgePictures } from "../../media/quality/judge.ts";
import { pictureSize } from "../../media/quality/picture.ts";
import { feedReference, selectBursts } from "../../media/quality/reference-feed.ts";
import type { Finding, SegmentReport } from "../../media/quality/report.ts";
import { checkStructure, type Structure } from "../../media/quality/structure.ts";
import { watchPictures, type PictureNumbers, type TimedPicture } from "../../media/quality/watch-pictures.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { findHeldFrame } from "../../media/timeline.ts";
import { decodePictures } from "./decode.ts";

export interface VideoCheck {
  plan: Plan;
  rendition: VideoRendition;
  first: number;
  init: Uint8Array;
  segments: readonly Uint8Array[];
  packets?: readonly Packet[];
  url?: string;
  threads: number;
  signal: AbortSignal;
}

/** How much of the source after each key frame is decoded to compare with, and how far apart the frames taken are. */
const BURST_SEC = 1;
const EVERY_SEC = 0.25;
/** Where FFmpeg reads the source as a file it decodes all of it. */
const EVERY_FILE_SEC = 0.5;

/** A segment whose boxes are right, to be decoded. */
interface Candidate { segment: number; bytes: Uint8Array; start: number; end: number; structure: Structure }
interface Decoded { numbers: PictureNumbers; complaints: string[] }

export async function checkVideo(check: VideoCheck): Promise<SegmentReport[]> {
  const { plan, rendition, first, segments, packets } = check;
  const structures = segments.map((bytes, index) => checkStructure(bytes, expectVideo(plan, rendition, first + index, packets)));
  const candidates = segments.flatMap((bytes, index): Candidate[] => {
    const [segment, structure] = [first + index, structures[index]];
    if (structure === undefined || structure.findings.length > 0) return [];
    return [{ segment, bytes, structure, start: plan.boundaries[segment] ?? 0, end: plan.boundaries[segment + 1] ?? 0 }];
  });
  const reference = rendition.mode === "encode" && candidates.length > 0 ? await readReference(check) : [];
  const decoded = await decodeAll(check, candidates, reference);
  return segments.map((_, index): SegmentReport => {
    const { findings = [], times = [] } = structures[index] ?? {};
    const seen = decoded.get(first + index);
    return seen === undefined ? { segment: first + index, findings, frames: times.length } : report(rendition, first + index, times.length, seen);
  });
}

function report({ mode }: VideoRendition, segment: number, frames: number, { numbers, complaints }: Decoded): SegmentReport {
  const faults: Finding[] = [];
  // The source's frames are what they are: a decoder that stumbles over them here does so in the source as well.
  const own = mode === "encode" ? complaints : [];
  if (own.length > 0) faults.push({ fault: "decode", detail: own.slice(0, 3).join("; ").slice(0, 300) });
  else if (mode === "encode" && numbers.frames !== frames) faults.push({ fault: "decode", detail: `${numbers.frames} of ${frames} frames can be decoded` });
  const { compared, minSsim, meanSsim } = numbers;
  return {
    segment, frames,
    findings: faults.length > 0 ? faults : judgePictures(numbers),
    ...(compared === 0 ? {} : { ssim: { min: round(minSsim), mean: round(meanSsim), compared } }),
    ...(mode === "repackage" && complaints.length > 0 ? { sourceErrors: complaints.length } : {}),
  };
}

/** All in one run; where anything is amiss, one by one, to know which it is. */
async function decodeAll(check: VideoCheck, candidates: readonly Candidate[], reference: readonly TimedPicture[]): Promise<Map<number, Decoded>> {
  if (candidates.length === 0) return new Map();
  const together = await decode(check, candidates, reference);
  const amiss = together.complaints.length > 0 || candidates.some(({ segment, structure }) => together.numbers.get(segment)?.frames !== structure.times.length);
  const result = new Map<number, Decoded>();
  for (const candidate of candidates) {
    const { segment } = candidate;
    const { numbers, complaints } = amiss && candidates.length > 1 ? await decode(check, [candidate], reference) : together;
    const own = numbers.get(segment);
    if (own !== undefined) result.set(segment, { numbers: own, complaints });
  }
  return result;
}

async function decode(check: VideoCheck, candidates: readonly Candidate[], reference: readonly TimedPicture[]): Promise<{ numbers: Map<number, PictureNumbers>; complaints: string[] }> {
  const { plan, rendition, threads, signal, init } = check;
  const encoded = rendition.mode === "encode";
  const size = encoded ? pictureSize(rendition) : CORNER;
  const { timescale } = plan;
  const tolerance = plan.cut === "grid" ? (timescale / rendition.frameRate.num) * rendition.frameRate.den : 0;
  const watches = candidates.map(({ segment, start, end }) => ({ segment, end, watch: watchPictures(referenceOf(plan, reference, start, end), tolerance) }));
  let at = 0;
  const complaints = await decodePictures({
    arguments: encoded ? pictureArguments({ size, timescale, threads }) : cornerArguments({ timescale, threads }),
    input: [init, ...candidates.map(({ bytes }) => bytes)], signal,
  }, size, (shown) => {
    while (at < watches.length - 1 && shown.time >= (watches[at]?.end ?? 0)) at++;
    watches[at]?.watch.add(shown);
  });
  return { numbers: new Map(watches.map(({ segment, watch }) => [segment, watch.end()])), complaints };
}

/** The source's pictures within a segment; the one that stands at its start counts as shown there. */
function referenceOf(plan: Plan, reference: readonly TimedPicture[], start: number, end: number): TimedPicture[] {
  const held = plan.cut === "source" ? findHeldFrame(plan.facts, start) : undefined;
  return reference.flatMap(({ time, picture }) => {
    if (time === held) return [{ time: start, picture }];
    return time >= start && time < end ? [{ time, picture }] : [];
  });
}

/** Some of the source's frames in the span, with times of the timeline in the plan's timescale. */
async function readReference({ plan, rendition, first, segments, packets, url, threads, signal }: VideoCheck): Promise<TimedPicture[]> {
  const { facts } = plan;
  const { video, originTicks } = facts;
  const toVideo = (boundary: number): number => rescaleCeil(plan.boundaries[boundary] ?? 0, plan.timescale, video.timescale);
  const size = pictureSize(rendition);
  const starts = segments.map((_, index) => toVideo(first + index));
  const held = plan.cut === "source" ? starts.flatMap((start) => findHeldFrame(facts, start) ?? []) : [];
  const common = { facts, size, from: Math.min(starts[0] ?? 0, ...held), to: toVideo(first + segments.length), held, threads };
  const pictures: TimedPicture[] = [];
  const collect = ({ time, picture }: TimedPicture): void => {
    pictures.push({ time: plan.timescale === video.timescale ? time : Math.round((time * plan.timescale) / video.timescale), picture });
  };
  const decodeFrom = async (run: ReferenceRun, input?: readonly Uint8Array[]): Promise<void> => {
    // Complaints are about the source, which is as it is.
    await decodePictures({ arguments: referenceArguments(run), signal, ...(input === undefined ? {} : { input }) }, size, collect);
  };
  if (packets !== undefined) {
    const bursts = selectBursts(packets, [...starts, ...held].map((start) => start + originTicks), BURST_SEC * video.timescale);
    const { bytes, offset } = feedReference(video, bursts, originTicks);
    await decodeFrom({ ...common, everyTicks: Math.round(EVERY_SEC * video.timescale), input: { kind: "packets", offset } }, [bytes]);
  } else if (url !== undefined) {
    await decodeFrom({ ...common, everyTicks: Math.round(EVERY_FILE_SEC * video.timescale), input: { kind: "file", url } });
  } else throw fail("bad_request", "An encode is checked against its source, and none is given.");
  return pictures;
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
