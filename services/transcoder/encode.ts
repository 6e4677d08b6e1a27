/** Encoded segments: one run of FFmpeg makes consecutive segments, of a video's renditions from one decode; each chunk is handed on as it is made. */
import { fail } from "../../config/errors.ts";
import { createFragmentSplitter, sliceAudio } from "../../media/cmaf/encoder-output.ts";
import { readFragments } from "../../media/cmaf/fragment.ts";
import { selectTrack } from "../../media/cmaf/init.ts";
import { framesOf } from "../../media/cmaf/retimer.ts";
import { reorderDelay } from "../../media/cmaf/samples.ts";
import { createSegmenter, type SegmentEvent } from "../../media/cmaf/segmenter.ts";
import { RUN_UP_SEC, type Effort } from "../../media/ffmpeg/effort.ts";
import { AAC_FRAME } from "../../media/aac.ts";
import { audioArguments, audioFrame, ENCODER_DELAY_FRAMES, PRIMING_FRAMES } from "../../media/ffmpeg/audio-arguments.ts";
import type { Profile } from "../../media/content/profile.ts";
import type { TuningLane } from "../../media/ffmpeg/tuning.ts";
import { videoArguments, type VideoInput } from "../../media/ffmpeg/video-arguments.ts";
import type { AudioRendition, Plan, VideoRendition } from "../../media/plan.ts";
import { canFeedPackets } from "../../media/playable.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { needsCard } from "../../media/video-encoders.ts";
import { feedSpan } from "./span-feed.ts";
import { runFfmpeg, type FfmpegOutcome, type FfmpegRun } from "../../mixins/ffmpeg.ts";
import { throughDoor, type OpenDoor } from "../../mixins/source-door.ts";
import type { ReadPackets } from "./repackage.ts";

export interface EncodeJob {
  plan: Plan;
  first: number;
  last: number;
  threads: number;
  niceness: number;
  lane: TuningLane;
  /** What the video shows, as far as anyone knows. */
  profile?: Profile | undefined;
  effort?: Effort;
  signal: AbortSignal;
  readPackets: ReadPackets;
  /** Opens the source for FFmpeg to read as a file; closed when the run ends. */
  openFile(): OpenDoor;
  onInit(rendition: string, bytes: Buffer): void;
  /** The next bytes of a segment; those of one rendition come in order. */
  onChunk(rendition: string, segment: number, bytes: Buffer): void;
  /** That was all of the segment. */
  onEnd(rendition: string, segment: number): void;
}

/** No box of a segment is larger: a minute of the highest rung. */
const MAX_BOX_BYTES = 64 * 1024 * 1024;
const TRACK_ID = 1;

/** @throws encode_failed when FFmpeg's output is not what the plan says */
export async function encodeVideo(job: EncodeJob, renditions: readonly VideoRendition[]): Promise<FfmpegOutcome> {
  const { plan, first, last } = job;
  const tracks = renditions.map((rendition, index) => {
    const reorderTicks = reorderDelay(rendition.frameRate, plan.timescale);
    // FFmpeg numbers its tracks from 1, in the order of its arguments.
    return { id: index + 1, rendition, reorderTicks, segmenter: createSegmenter({ boundaries: plan.boundaries, first, last, reorderTicks, trackId: TRACK_ID }) };
  });
  const tell = (rendition: string, events: readonly SegmentEvent[]): void => {
    for (const event of events) {
      if (event.kind === "chunk") job.onChunk(rendition, event.segment, event.bytes);
      else job.onEnd(rendition, event.segment);
    }
  };
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  const onData = (bytes: Buffer): void => {
    for (const event of splitter.push(bytes)) {
      if (event.kind === "init") for (const { id, rendition, reorderTicks } of tracks) job.onInit(rendition.name, selectTrack(event.bytes, id, reorderTicks));
      else {
        for (const fragment of readFragments(event.bytes)) {
          const track = tracks[fragment.trackId - 1];
          if (track === undefined) throw fail("encode_failed", "FFmpeg made a track that was not asked for.");
          tell(track.rendition.name, track.segmenter.push(framesOf(fragment)));
        }
      }
    }
  };
  const outcome = canFeedPackets(plan.facts)
    ? await runFed(job, renditions, onData)
    : await throughDoor(job.openFile(), (url) => runGuarded(job, { arguments: videoArguments({ ...runOf(job, renditions), input: { kind: "file", url } }), guest: { hardware: needsCard(renditions) }, onData }));
  if (outcome.outcome === "done") for (const { rendition, segmenter } of tracks) tell(rendition.name, segmenter.end());
  return outcome;
}

async function runFed(job: EncodeJob, renditions: readonly VideoRendition[], onData: (chunk: Buffer) => void): Promise<FfmpegOutcome> {
  const { facts, timescale, boundaries } = job.plan;
  const { video, originTicks } = facts;
  const at = (boundary: number): number => originTicks + rescaleCeil(boundaries[boundary] ?? 0, timescale, video.timescale);
  const feed = await feedSpan(facts, runUp(job, at(job.first)), at(job.last + 1), job.readPackets);
  const input: VideoInput = { kind: "packets", offset: feed.offset };
  return await feed.through(runGuarded(job, { arguments: videoArguments({ ...runOf(job, renditions), input }), guest: { hardware: needsCard(renditions) }, stdin: feed.stream, onData }));
}

/** Frames before the span that are decoded and thrown away. */
function runUp({ plan: { facts: { video } }, effort = "usual" }: EncodeJob, from: number): number {
  return Math.max(Math.min(video.start, from), from - RUN_UP_SEC[effort] * video.timescale);
}

const runOf = ({ plan, first, last, threads, profile, lane, effort = "usual" }: EncodeJob, renditions: readonly VideoRendition[]) => ({ plan, renditions, first, last, threads, effort, profile, lane });

/** @throws encode_failed like `encodeVideo` */
export async function encodeAudio(job: EncodeJob, rendition: AudioRendition): Promise<FfmpegOutcome> {
  const { plan, first, last } = job;
  const fragments: Buffer[] = [];
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  const onData = (chunk: Buffer): void => {
    for (const event of splitter.push(chunk)) {
      if (event.kind === "init") job.onInit(rendition.name, selectTrack(event.bytes, 1, 0));
      else fragments.push(event.bytes);
    }
  };
  const outcome = await throughDoor(job.openFile(), (url) => runGuarded(job, { arguments: audioArguments({ plan, rendition, first, last, url, ...(job.effort === undefined ? {} : { effort: job.effort }) }), onData }));
  if (outcome.outcome !== "done") return outcome;
  const start = audioFrame(plan, rendition, first);
  for (let segment = first; segment <= last; segment++) {
    const [from, to] = [audioFrame(plan, rendition, segment), audioFrame(plan, rendition, segment + 1)];
    job.onChunk(rendition.name, segment, sliceAudio(fragments, {
      dropFrames: from - start + PRIMING_FRAMES + ENCODER_DELAY_FRAMES, frames: Math.max(1, to - from),
      frameDuration: AAC_FRAME, baseDecodeTime: from * AAC_FRAME, sequence: segment + 1, trackId: TRACK_ID,
    }));
    job.onEnd(rendition.name, segment);
  }
  return outcome;
}

/** A fault in what FFmpeg writes ends the run, and is thrown to who asked for it. */
async function runGuarded(job: EncodeJob, run: Pick<FfmpegRun, "arguments" | "stdin" | "guest" | "onData">): Promise<FfmpegOutcome> {
  const fault = new AbortController();
  let thrown: unknown;
  const outcome = await runFfmpeg({
    ...run,
    niceness: job.niceness,
    signal: AbortSignal.any([job.signal, fault.signal]),
    onData(chunk) {
      if (fault.signal.aborted) return;
      try {
        run.onData(chunk);
      } catch (error) {
        thrown = error;
        fault.abort();
      }
    },
  });
  if (thrown !== undefined) throw thrown;
  return outcome;
}
