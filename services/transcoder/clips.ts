/**
 * Clips: a span of a video as an MP4 to download, exact to the frame and the sample. Picture and sound are encoded side by
 * side and put together in memory, so that FFmpeg writes to a pipe and nothing is left on a disk.
 */
import { fail } from "../../config/errors.ts";
import { createFragmentSplitter } from "../../media/cmaf/encoder-output.ts";
import { collectTrack, writeProgressive, type EncodedTrack, type ProgressiveTrack } from "../../media/cmaf/progressive.ts";
import { findFirstFrame } from "../../media/clip-frames.ts";
import { AAC_FRAME } from "../../media/aac.ts";
import { clipAudioArguments, clipVideoArguments, CLIP_LEAD_FRAMES } from "../../media/ffmpeg/clip-arguments.ts";
import type { FfmpegArguments } from "../../media/ffmpeg/guest.ts";
import { canFeedPackets } from "../../media/playable.ts";
import type { AudioRendition } from "../../media/plan.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { feedSpan } from "./span-feed.ts";
import { ffmpegError, runFfmpeg, type FfmpegRun } from "../../mixins/ffmpeg.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import { openSlots } from "./slots.ts";
import type { ClipParams } from "./transcoder.contract.ts";
import type { Job } from "./workshop.ts";

export interface ClipPorts { threads: number; onFailure(videoId: string, message: string): void }

/** Of the shorter side: more is rarely wanted of a quotation. */
const MAX_SIDE = 1080;
const MAX_BOX_BYTES = 64 * 1024 * 1024;
/** As much as may be stored and answered in one piece. */
const MAX_CLIP_BYTES = 240 * 1024 * 1024;
/** Somebody waits, but who plays goes first. */
const NICENESS = 10;

export function openClips({ threads, onFailure }: ClipPorts) {
  /** One at a time, in a place of its own: a clip of minutes keeps no viewer's segment waiting, nor memory for two. */
  const slots = openSlots(1);

  async function encode(job: Job, run: Pick<FfmpegRun, "stdin"> & { arguments: FfmpegArguments }): Promise<EncodedTrack> {
    let [init, size]: [Buffer | undefined, number] = [undefined, 0];
    const fragments: Buffer[] = [];
    const splitter = createFragmentSplitter(MAX_BOX_BYTES);
    const fault = new AbortController();
    const outcome = await runFfmpeg({
      ...run, niceness: NICENESS, signal: AbortSignal.any([job.signal, fault.signal]),
      onData(chunk) {
        if (fault.signal.aborted) return;
        try {
          for (const event of splitter.push(chunk)) {
            size += event.bytes.length;
            if (size > MAX_CLIP_BYTES) throw fail("encode_failed", "The clip is too large; ask for a shorter one.");
            if (event.kind === "init") init = event.bytes;
            else fragments.push(event.bytes);
          }
        } catch (error) {
          fault.abort(error);
        }
      },
    });
    if (fault.signal.aborted) throw fault.signal.reason;
    if (outcome.outcome === "failed") onFailure(job.videoId, outcome.message);
    const error = ffmpegError(outcome);
    if (error !== undefined) throw error;
    if (init === undefined || fragments.length === 0) throw fail("encode_failed", "FFmpeg made nothing of the clip.");
    return collectTrack(init, fragments);
  }

  async function makePicture(job: Job, start: number, end: number): Promise<ProgressiveTrack> {
    const { facts } = job.plan;
    const { video, originTicks } = facts;
    const size = sizeClip(video.displayWidth, video.displayHeight);
    const asked = { facts, start, end, ...size, threads };
    let track: EncodedTrack;
    if (canFeedPackets(facts)) {
      const feed = await feedSpan(facts, start + originTicks, end + originTicks, job.readPackets);
      const first = findFirstFrame(video, feed.firstTimes.map((pts) => pts - originTicks), start);
      if (first === undefined) throw fail("not_media", "The clip has no frames.");
      track = await feed.through(encode(job, { arguments: clipVideoArguments({ ...asked, first, input: { kind: "packets", offset: feed.offset } }), stdin: feed.stream }));
    } else {
      track = await throughDoor(job.openFile(), (url) => encode(job, { arguments: clipVideoArguments({ ...asked, first: start, input: { kind: "file", url } }) }));
    }
    const editStart = track.samples.reduce((least, { shown }) => Math.min(least, shown), Infinity);
    return { ...track, editStart, duration: end - start, picture: size };
  }

  async function makeSound(job: Job, { track, sampleRate, channels }: AudioRendition, start: number, end: number): Promise<ProgressiveTrack> {
    const { facts } = job.plan;
    const { timescale } = facts.video;
    const at = (ticks: number): number => rescaleCeil(ticks + facts.originTicks, timescale, sampleRate);
    const [from, to] = [at(start), Math.max(at(end), at(start) + 1)];
    const encoded = await throughDoor(job.openFile(), (url) => encode(job, { arguments: clipAudioArguments({ facts, track, sampleRate, channels: Math.min(2, channels), from, to, url }) }));
    // One frame before the first is kept: decoders need it, and the edit passes over it.
    const frames = Math.ceil((to - from) / AAC_FRAME);
    const samples = encoded.samples.slice(CLIP_LEAD_FRAMES - 1, CLIP_LEAD_FRAMES + frames).map((sample, i) => ({ ...sample, decode: i * AAC_FRAME, shown: i * AAC_FRAME }));
    return { ...encoded, samples, editStart: AAC_FRAME, duration: to - from };
  }

  return {
    /** @throws encode_failed, encode_stalled, overloaded; what reading the source throws */
    async make(job: Job, { start, end }: ClipParams): Promise<Buffer> {
      return await slots.run("play", async () => {
        const [audio] = job.plan.audio;
        const picture = await makePicture(job, start, end);
        return writeProgressive([picture, ...(audio === undefined ? [] : [await makeSound(job, audio, start, end)])]);
      }, job.signal);
    },
  };
}

export type Clips = ReturnType<typeof openClips>;

function sizeClip(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, MAX_SIDE / Math.max(1, Math.min(width, height)));
  const even = (pixels: number): number => Math.max(2, 2 * Math.round((pixels * scale) / 2));
  return { width: even(width), height: even(height) };
}
