/** Checks consecutive segments of an audio rendition: their boxes, that they decode, and that they sound when the source does. */
import type { Packet } from "../../media/cmaf/samples.ts";
import { soundArguments, SOUND_RATE, soundReferenceArguments } from "../../media/ffmpeg/quality-arguments.ts";
import type { AudioRendition, Plan } from "../../media/plan.ts";
import { expectAudio } from "../../media/quality/expect.ts";
import { judgeSound } from "../../media/quality/judge.ts";
import type { Finding, SegmentReport } from "../../media/quality/report.ts";
import { measureLoudness } from "../../media/quality/sound.ts";
import { checkStructure } from "../../media/quality/structure.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { decodeSound } from "./decode.ts";

export interface AudioCheck {
  plan: Plan;
  rendition: AudioRendition;
  first: number;
  init: Uint8Array;
  segments: readonly Uint8Array[];
  packets: readonly Packet[] | undefined;
  url: string | undefined;
  signal: AbortSignal;
}

interface Candidate { segment: number; bytes: Uint8Array; frames: number; /** In seconds of the timeline. */ start: number; end: number }

export async function checkAudio(check: AudioCheck): Promise<SegmentReport[]> {
  const { plan, rendition, first, segments } = check;
  const timescale = rendition.mode === "encode" ? rendition.sampleRate : (plan.facts.audio[rendition.track]?.timescale ?? rendition.sampleRate);
  const candidates: Candidate[] = [];
  const reports = segments.map((bytes, index): SegmentReport => {
    const segment = first + index;
    const expected = expectAudio(plan, rendition, segment, packetsOf(check, segment));
    const { findings, times } = checkStructure(bytes, expected);
    if (findings.length === 0) candidates.push({ segment, bytes, frames: times.length, start: expected.start / timescale, end: expected.end / timescale });
    return { segment, findings, frames: times.length };
  });
  const heard = await listenAll(check, candidates);
  return reports.map((report) => ({ ...report, ...heard.get(report.segment) }));
}

/** Packets belong to the segment in which they begin. */
function packetsOf({ plan, rendition, packets }: AudioCheck, segment: number): readonly Packet[] | undefined {
  const audio = plan.facts.audio[rendition.track];
  if (packets === undefined || audio === undefined) return undefined;
  const { originTicks, video } = plan.facts;
  const at = (boundary: number): number => rescaleCeil(originTicks, video.timescale, audio.timescale) + rescaleCeil(plan.boundaries[boundary] ?? 0, plan.timescale, audio.timescale);
  return packets.filter(({ pts }) => pts >= at(segment) && pts < at(segment + 1));
}

type Heard = Pick<SegmentReport, "sourceErrors"> & Partial<Pick<SegmentReport, "findings">>;

/** All in one run; where anything is amiss, one by one, to know which it is. */
async function listenAll(check: AudioCheck, candidates: readonly Candidate[]): Promise<Map<number, Heard>> {
  const [opening, closing] = [candidates[0], candidates.at(-1)];
  if (opening === undefined || closing === undefined) return new Map();
  const encoded = check.rendition.mode === "encode";
  const together = await decodeSound({ arguments: soundArguments(), input: [check.init, ...candidates.map(({ bytes }) => bytes)], signal: check.signal });
  const source = encoded ? await readSource(check, opening.start, closing.end) : undefined;
  const contiguous = candidates.every((candidate, index) => index === 0 || candidate.segment === (candidates[index - 1]?.segment ?? 0) + 1);
  const amiss = together.complaints.length > 0 || !contiguous;
  const heard = new Map<number, Heard>();
  for (const { segment, bytes, start, end } of candidates) {
    const alone = amiss && candidates.length > 1 ? await decodeSound({ arguments: soundArguments(), input: [check.init, bytes], signal: check.signal }) : undefined;
    const { complaints } = alone ?? together;
    if (!encoded) {
      if (complaints.length > 0) heard.set(segment, { sourceErrors: complaints.length });
      continue;
    }
    const made = alone?.pcm ?? cut(together.pcm, start - opening.start, end - opening.start);
    const findings: Finding[] = complaints.length > 0 ? [{ fault: "decode", detail: complaints.slice(0, 3).join("; ").slice(0, 300) }] : [];
    if (source !== undefined) findings.push(...judgeSound(measureLoudness(made, SOUND_RATE), measureLoudness(cut(source, start - opening.start, end - opening.start), SOUND_RATE)));
    heard.set(segment, { findings });
  }
  return heard;
}

async function readSource({ plan, rendition, url, signal }: AudioCheck, start: number, end: number): Promise<Buffer | undefined> {
  if (url === undefined) return undefined;
  const { originTicks, video, audio } = plan.facts;
  const origin = originTicks / video.timescale;
  // Complaints are about the source, which is as it is.
  const { pcm } = await decodeSound({ arguments: soundReferenceArguments({ url, track: audio[rendition.track]?.index ?? 0, from: origin + start, to: origin + end }), signal });
  return pcm;
}

/** Seconds of 16-bit samples. */
function cut(pcm: Buffer, from: number, to: number): Buffer {
  return pcm.subarray(2 * Math.round(from * SOUND_RATE), 2 * Math.round(to * SOUND_RATE));
}
