/** Checks consecutive segments of a video rendition: their boxes, that they decode, and that they show what the source shows. */
import type { Packet } from "../../media/cmaf/samples.ts";
import { CORNER, cornerArguments, pictureArguments } from "../../media/ffmpeg/quality-arguments.ts";
import type { Plan, VideoRendition } from "../../media/plan.ts";
import { expectVideo } from "../../media/quality/expect.ts";
import { judgePictures } from "../../media/quality/judge.ts";
import { pictureSize } from "../../media/quality/picture.ts";
import type { Finding, SegmentReport } from "../../media/quality/report.ts";
import { checkStructure, type Structure } from "../../media/quality/structure.ts";
import { watchPictures, type PictureNumbers, type TimedPicture } from "../../media/quality/watch-pictures.ts";
import { decodePictures } from "./decode.ts";
import { findSourcePictures, readSourcePictures, timeTolerance } from "./source-pictures.ts";

export interface VideoCheck {
  plan: Plan;
  rendition: VideoRendition;
  first: number;
  init: Uint8Array;
  segments: readonly Uint8Array[];
  packets: readonly Packet[] | undefined;
  url: string | undefined;
  threads: number;
  signal: AbortSignal;
}

/** How far apart the source's frames are that are compared. */
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
  const span = { plan, first, count: segments.length, packets, url: check.url, threads: check.threads, signal: check.signal };
  const reference = rendition.mode === "encode" && candidates.length > 0 ? await readSourcePictures({ ...span, size: pictureSize(rendition), everySec: packets === undefined ? EVERY_FILE_SEC : EVERY_SEC }) : [];
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
  const tolerance = timeTolerance(plan, rendition);
  const watches = candidates.map(({ segment, start, end }) => ({ segment, end, watch: watchPictures(findSourcePictures(plan, reference, start, end), tolerance) }));
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

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
