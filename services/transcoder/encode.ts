/** Encoded segments: one run of FFmpeg makes consecutive segments of one rendition, handed on as each is complete. */
import { fail } from "../../config/errors.ts";
import { createFragmentSplitter, retimeFragment, sliceAudio } from "../../media/cmaf/encoder-output.ts";
import { setEditStart } from "../../media/cmaf/init.ts";
import { reorderDelay } from "../../media/cmaf/samples.ts";
import { AAC_FRAME, audioArguments, audioFrame, ENCODER_DELAY_FRAMES, PRIMING_FRAMES } from "../../media/ffmpeg/audio-arguments.ts";
import { videoArguments, type VideoInput } from "../../media/ffmpeg/video-arguments.ts";
import type { AudioRendition, Plan, VideoRendition } from "../../media/plan.ts";
import { canFeedPackets } from "../../media/playable.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { feedPackets } from "./feed.ts";
import { runFfmpeg, type FfmpegOutcome, type FfmpegRun } from "./ffmpeg.ts";
import type { ReadPackets } from "./repackage.ts";

export interface EncodeJob {
  plan: Plan;
  first: number;
  last: number;
  threads: number;
  niceness: number;
  signal: AbortSignal;
  readPackets: ReadPackets;
  /** Opens the source for FFmpeg to read as a file; closed when the run ends. */
  openFile(): { url: string; close(): void };
  onInit(bytes: Buffer): void;
  onSegment(segment: number, bytes: Buffer): void;
}

/** No box of a segment is larger: a minute of the highest rung. */
const MAX_BOX_BYTES = 64 * 1024 * 1024;

/** @throws encode_failed when FFmpeg's output is not what the plan says */
export async function encodeVideo(job: EncodeJob, rendition: VideoRendition): Promise<FfmpegOutcome> {
  const { plan, first, last } = job;
  const reorderTicks = reorderDelay(rendition.frameRate, plan.timescale);
  let next = first;
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  const onData = (chunk: Buffer): void => {
    for (const event of splitter.push(chunk)) {
      if (event.kind === "init") job.onInit(setEditStart(event.bytes, reorderTicks));
      else {
        if (next > last) throw fail("encode_failed", "FFmpeg made more segments than it should.");
        const [start, end] = [plan.boundaries[next] ?? 0, plan.boundaries[next + 1] ?? 0];
        const { bytes, firstIsKey } = retimeFragment(event.bytes, { start, end, sequence: next + 1, trackId: 1, reorderTicks });
        if (!firstIsKey) throw fail("encode_failed", "A segment does not begin with a key frame.");
        job.onSegment(next++, bytes);
      }
    }
  };
  const outcome = canFeedPackets(plan.facts)
    ? await runFed(job, rendition, onData)
    : await withFile(job, (url) => runGuarded(job, { arguments: videoArguments({ ...runOf(job, rendition), input: { kind: "file", url } }), onData }));
  if (outcome.outcome === "done" && next !== last + 1) return { outcome: "failed", message: `FFmpeg made ${next - first} of ${last + 1 - first} segments` };
  return outcome;
}

async function runFed(job: EncodeJob, rendition: VideoRendition, onData: (chunk: Buffer) => void): Promise<FfmpegOutcome> {
  const { facts, timescale, boundaries } = job.plan;
  const { video, originTicks } = facts;
  const at = (boundary: number): number => originTicks + rescaleCeil(boundaries[boundary] ?? 0, timescale, video.timescale);
  const packets = await job.readPackets({ track: "video", index: video.index, timescale: video.timescale, from: at(job.first), to: at(job.last + 1) });
  const feed = feedPackets(video, packets, originTicks);
  const input: VideoInput = { kind: "packets", offset: feed.offset };
  return await runGuarded(job, { arguments: videoArguments({ ...runOf(job, rendition), input }), stdin: feed.stream, onData });
}

const runOf = ({ plan, first, last, threads }: EncodeJob, rendition: VideoRendition) => ({ plan, rendition, first, last, threads });

/** @throws encode_failed like `encodeVideo` */
export async function encodeAudio(job: EncodeJob, rendition: AudioRendition): Promise<FfmpegOutcome> {
  const { plan, first, last } = job;
  const fragments: Buffer[] = [];
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  const onData = (chunk: Buffer): void => {
    for (const event of splitter.push(chunk)) {
      if (event.kind === "init") job.onInit(setEditStart(event.bytes, 0));
      else fragments.push(event.bytes);
    }
  };
  const outcome = await withFile(job, (url) => runGuarded(job, { arguments: audioArguments({ plan, rendition, first, last, url }), onData }));
  if (outcome.outcome !== "done") return outcome;
  const start = audioFrame(plan, rendition, first);
  for (let segment = first; segment <= last; segment++) {
    const [from, to] = [audioFrame(plan, rendition, segment), audioFrame(plan, rendition, segment + 1)];
    job.onSegment(segment, sliceAudio(fragments, {
      dropFrames: from - start + PRIMING_FRAMES + ENCODER_DELAY_FRAMES, frames: Math.max(1, to - from),
      frameDuration: AAC_FRAME, baseDecodeTime: from * AAC_FRAME, sequence: segment + 1, trackId: 1,
    }));
  }
  return outcome;
}

async function withFile(job: EncodeJob, run: (url: string) => Promise<FfmpegOutcome>): Promise<FfmpegOutcome> {
  const file = job.openFile();
  try {
    return await run(file.url);
  } finally {
    file.close();
  }
}

/** A fault in what FFmpeg writes ends the run, and is thrown to who asked for it. */
async function runGuarded(job: EncodeJob, run: Pick<FfmpegRun, "arguments" | "stdin" | "onData">): Promise<FfmpegOutcome> {
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
