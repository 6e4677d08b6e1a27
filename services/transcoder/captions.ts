/** Captions of a source as WebVTT: one run of FFmpeg takes all of its text tracks out, in one pass over the file. */
import type { ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { captionArguments } from "../../media/ffmpeg/caption-arguments.ts";
import { DECODERS, TEXT_DECODERS } from "../../media/ffmpeg/guest.ts";
import { readCaptionCues } from "../../media/matroska/caption-cues.ts";
import type { Plan } from "../../media/plan.ts";
import { formatWebVtt } from "../../media/webvtt/document.ts";
import { findLack } from "../../mixins/arrival.ts";
import { ffmpegError, runFfmpeg } from "../../mixins/ffmpeg.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import { putPart, storageCalls } from "../../mixins/storage-calls.ts";
import type { Slots } from "./slots.ts";
import type { TwinObjects } from "./twin-objects.ts";
import type { VideoJobs } from "./video-jobs.ts";
import type { Job } from "./workshop.ts";

/** The talk of a day in every language of the plan takes less; what a hostile source adds is left out. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const BACKGROUND_NICENESS = 15;

type Kind = "play" | "background";
/** WebVTT by the name of the plan's subtitle. */
type Documents = Map<string, Buffer>;

export function openCaptions(broker: ServiceBroker, jobs: VideoJobs, slots: Slots, twins: TwinObjects) {
  const storage = storageCalls(broker);
  const flights = new Map<string, Promise<Documents>>();

  /** All that the plan names, where the store has them by now or a twin does. */
  async function find(videoId: string): Promise<Documents | undefined> {
    const found: Documents = new Map();
    for (const { name } of (await jobs.getVideo(videoId)).plan.subtitles) {
      const key = objectKeys.captions(videoId, name);
      const bytes = (await storage.get(key)) ?? (await twins.get(videoId, key));
      if (bytes === undefined) return undefined;
      found.set(name, bytes);
    }
    return found;
  }

  /** Once at a time; what is made is stored before it is answered, so that the next who asks needs none of this. */
  async function take(videoId: string, kind: Kind): Promise<Documents> {
    // A viewer does not wait for what itself waits in the background.
    const underWay = flights.get(`${videoId}/play`) ?? (kind === "background" ? flights.get(`${videoId}/background`) : undefined);
    if (underWay !== undefined) return await underWay;
    const work = find(videoId).then((found) => found ?? jobs.run(videoId, async (job) => {
      const made = await slots.run(kind, () => takeOut(job, kind === "play" ? 0 : BACKGROUND_NICENESS));
      for (const [name, bytes] of made) await putPart(storage, videoId, objectKeys.captions(videoId, name), bytes);
      return made;
    })).finally(() => flights.delete(`${videoId}/${kind}`));
    flights.set(`${videoId}/${kind}`, work);
    return await work;
  }

  return {
    /** For a viewer who waits. @throws segment_not_found, encode_failed, encode_stalled, and what the source throws */
    async make(videoId: string, name: string): Promise<Buffer> {
      const bytes = (await take(videoId, "play")).get(name);
      if (bytes === undefined) throw fail("segment_not_found", "The video has no such captions.");
      return bytes;
    },
    /** Before anyone asks, unless nothing is to be made that nobody watches. */
    async prepare(videoId: string): Promise<void> {
      const { plan, record } = await jobs.getVideo(videoId);
      if (plan.subtitles.length === 0 || record.policy === "lazy") return;
      try {
        await take(videoId, "background");
      } catch (error) {
        if (findLack(error) === undefined) throw error; // else they are taken when all of the source is there and somebody asks
      }
    },
  };
}

export type Captions = ReturnType<typeof openCaptions>;

async function takeOut(job: Job, niceness: number): Promise<Documents> {
  const enough = new AbortController();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const outcome = await throughDoor(job.openOriginal(), (url) => runFfmpeg({
    arguments: captionArguments(job.plan, url), allowed: { decoders: [...DECODERS, ...TEXT_DECODERS] }, niceness, signal: AbortSignal.any([job.signal, enough.signal]),
    onData(chunk) {
      bytes += chunk.length;
      if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
      else enough.abort();
    },
  }));
  const error = job.signal.aborted || !enough.signal.aborted ? ffmpegError(outcome) : undefined;
  if (error !== undefined) throw error;
  return toDocuments(job.plan, Buffer.concat(chunks));
}

/** Times are moved to the timeline, of which 0 is the first frame. */
function toDocuments(plan: Plan, output: Buffer): Documents {
  const { facts, boundaries, timescale, subtitles } = plan;
  const originMs = (facts.originTicks * 1000) / facts.video.timescale;
  const durationMs = Math.round(((boundaries.at(-1) ?? 0) * 1000) / timescale);
  const cues = readCaptionCues(output);
  return new Map(subtitles.map(({ name }, index) => {
    const moved = (cues.get(index + 1) ?? []).map(({ start, end, text }) => ({ start: start - originMs, end: end - originMs, text }));
    return [name, Buffer.from(formatWebVtt(moved, durationMs))];
  }));
}
