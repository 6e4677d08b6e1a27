/**
 * Stills: the frame that is shown at a time, as an image. A frame is made once, whatever time within it is asked for and
 * however many ask at once.
 */
import { fail } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { writeAvif } from "../../media/avif.ts";
import { stillArguments, type StillRun } from "../../media/ffmpeg/still-arguments.ts";
import type { VideoFacts } from "../../media/facts.ts";
import { canFeedPackets } from "../../media/playable.ts";
import { findShownFrame } from "../../media/shown-frame.ts";
import { feedPackets } from "./feed.ts";
import { ffmpegError, runFfmpeg, type FfmpegRun } from "../../mixins/ffmpeg.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import type { ObjectPorts } from "./made-objects.ts";
import type { Slots } from "./slots.ts";
import type { StillParams } from "./transcoder.contract.ts";
import type { Job } from "./workshop.ts";

export interface StillPorts { slots: Slots; objects: ObjectPorts; onFailure(videoId: string, message: string): void }

/** What the largest picture could take as PNG is more; that one is refused rather than kept in memory. */
const MAX_STILL_BYTES = 64 * 1024 * 1024;

export function openStills({ slots, objects, onFailure }: StillPorts) {
  async function make(job: Job, run: StillRun, stdin?: FfmpegRun["stdin"]): Promise<Buffer> {
    const bytes = await slots.run("play", () => runForBytes(job, { arguments: stillArguments(run), niceness: 0, ...(stdin === undefined ? {} : { stdin }) }, onFailure), job.signal);
    return run.format === "avif" ? writeAvif(bytes, run.width, run.height) : bytes;
  }

  return {
    /** @throws encode_failed, encode_stalled, overloaded; what reading the source throws */
    async get(job: Job, { at, width, height, format }: StillParams): Promise<Buffer> {
      const { facts } = job.plan;
      const { video, originTicks } = facts;
      const key = (ticks: number): string => objectKeys.still(job.videoId, ticks, width, format);
      if (!canFeedPackets(facts)) {
        return await objects.getOrMake(job.videoId, key(at), () => throughDoor(job.openFile(), (url) => make(job, { facts, at, width, height, format, input: { kind: "file", url } })));
      }
      const time = at + originTicks;
      const packets = await job.readPackets({ track: "video", index: video.index, timescale: video.timescale, from: time, to: lastNeeded(video, time) + 1 });
      const frame = findShownFrame(video, packets, time);
      if (frame === undefined) throw fail("not_media", "The video has no frame there.");
      return await objects.getOrMake(job.videoId, key(Math.max(0, frame.pts - originTicks)), async () => {
        const feed = feedPackets(video, frame.packets, originTicks);
        return await make(job, { facts, at: frame.pts - originTicks, width, height, format, input: { kind: "packets", offset: feed.offset } }, feed.stream);
      });
    },
  };
}

export type Stills = ReturnType<typeof openStills>;

/** The time up to which packets are needed to see what is shown at `time`. */
function lastNeeded({ interlaced, frameRate, timescale }: VideoFacts, time: number): number {
  return interlaced ? time + Math.ceil((2 * timescale * frameRate.den) / frameRate.num) : time;
}

/** All that FFmpeg writes, of a run that ends well. */
export async function runForBytes(job: Job, run: Pick<FfmpegRun, "arguments" | "stdin" | "niceness">, onFailure: StillPorts["onFailure"]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const tooLong = new AbortController();
  const outcome = await runFfmpeg({
    ...run,
    signal: AbortSignal.any([job.signal, tooLong.signal]),
    onData(chunk) {
      size += chunk.length;
      if (size > MAX_STILL_BYTES) tooLong.abort();
      else chunks.push(chunk);
    },
  });
  if (tooLong.signal.aborted) throw fail("encode_failed", "The image is too large.");
  if (outcome.outcome === "failed") onFailure(job.videoId, outcome.message);
  const error = ffmpegError(outcome);
  if (error !== undefined) throw error;
  if (size === 0) throw fail("encode_failed", "FFmpeg found no frame there.");
  return Buffer.concat(chunks, size);
}

