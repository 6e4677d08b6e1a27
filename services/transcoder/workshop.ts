/**
 * Makes segments on this node: repackaged or encoded, one at a time for a viewer or a run of them for the queue. What
 * two ask for at the same time is made once, and goes out as it is made.
 */
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import type { Profile } from "../../media/content/profile.ts";
import type { SegmentName } from "../../media/media-names.ts";
import { findRendition, segmentCount } from "../../media/plan-video.ts";
import type { Plan, Rendition, VideoRendition } from "../../media/plan.ts";
import type { GrowingBytes } from "../../mixins/growing-bytes.ts";
import type { RunningEncodes } from "../../mixins/running-encodes.ts";
import type { OpenDoor } from "../../mixins/source-door.ts";
import type { Spent } from "../../mixins/play-spent.ts";
import { cancelled, unlessAborted } from "../../mixins/cancelled.ts";
import { encodeAudio, encodeVideo, type EncodeJob } from "./encode.ts";
import type { SegmentRun } from "./encode-runs.ts";
import { ffmpegError } from "../../mixins/ffmpeg.ts";
import { openFlights, type Run } from "./flights.ts";
import { repackageAudio, repackagedInit, repackageVideo, type ReadPackets } from "./repackage.ts";
import type { Slots } from "./slots.ts";
import { openStageClock } from "./stage-clock.ts";

/** Everything of one video that making its segments needs. */
export interface Job {
  videoId: string;
  plan: Plan;
  readPackets: ReadPackets;
  /** What the plan's times are of: the source, or its copy with an index. */
  openFile(): OpenDoor;
  /** The source as it came: of all its tracks a copy has only picture and sound. */
  openOriginal(): OpenDoor;
  /** What the video shows, as far as anyone knows. */
  profile?(): Profile | undefined;
  signal: AbortSignal;
  /** Whether what is made may be stored: no longer when the queue has given the work to another node. Absent: yes. */
  mayStore?(): Promise<boolean>;
  /** Told of every piece of output; `segment` is whole then. */
  onOutput?(segment: boolean): void;
}

export interface Made {
  rendition: string;
  segment: SegmentName;
  bytes: Buffer;
  ms: number;
  mode: Rendition["mode"];
  /** A viewer waited for the encode, and others may be about to. */
  awaited: boolean;
  mayStore?: Job["mayStore"];
}

export interface WorkshopPorts {
  slots: Slots;
  /** Threads an encode may use: all cores while a viewer waits, a share in the background. */
  threads: { play: number; background: number };
  /** Resolves when the background may make more. @throws when `signal` aborts */
  calm?(signal: AbortSignal): Promise<void>;
  /** Called once for each file as it is complete. */
  onMade(videoId: string, made: Made): void;
  onFailure(videoId: string, message: string): void;
  /** A segment was encoded, so many seconds of media in a second. */
  onSpeed?(kind: Run["kind"], ratio: number): void;
  /** So many seconds of picture were encoded for a viewer. */
  onEncoded?(rendition: VideoRendition, seconds: number, ms: number): void;
  /** Where runs are shown while they last. Absent: nowhere. */
  running?: Pick<RunningEncodes, "begin">;
}

/** `done` settles with the run that makes them, which may make more. `spent` is asked when the first bytes are there. */
export interface Making { bytes: GrowingBytes; done: Promise<void>; spent(): Spent }

const BACKGROUND_NICENESS = 15;
/** Chunks a second that an encode writes, see FRAGMENTED_OUTPUT. */
const CHUNKS_PER_SEC = 2;
/** From here on it costs less to finish a segment than to make it again when somebody comes back. */
const NEARLY_DONE = 0.75;

export function openWorkshop(ports: WorkshopPorts) {
  const flights = openFlights();

  const keyOf = (job: Job, rendition: string, segment: SegmentName): string => `${job.videoId}/${rendition}/${segment}`;

  function getRendition(job: Job, name: string): Rendition {
    const rendition = findRendition(job.plan, name);
    if (rendition === undefined) throw fail("segment_not_found", "The video has no such rendition.");
    return rendition;
  }

  function complete(job: Job, run: Run, rendition: Rendition, segment: SegmentName, bytes: Buffer, ms: number): void {
    const key = keyOf(job, rendition.name, segment);
    const file = flights.file(run, key);
    if (file.size === 0) file.push(bytes);
    file.end();
    flights.adopt(key, bytes);
    ports.onMade(job.videoId, { rendition: rendition.name, segment, bytes, ms, mode: rendition.mode, awaited: run.kind === "play" && rendition.mode === "encode", ...(job.mayStore === undefined ? {} : { mayStore: job.mayStore }) });
    job.onOutput?.(segment !== "init");
    if (segment !== "init" && rendition.mode === "encode" && ms > 0) ports.onSpeed?.(run.kind, durationSec(job.plan, segment) / (ms / 1_000));
    if (run.kind === "play" && segment !== "init" && rendition.kind === "video" && rendition.mode === "encode") ports.onEncoded?.(rendition, durationSec(job.plan, segment), ms);
  }

  async function repackage(job: Job, run: Run, rendition: Rendition, segment: SegmentName): Promise<void> {
    const startedAt = performance.now();
    if (segment === 0) await repackage(job, run, rendition, "init"); // as an encode's run does
    const bytes = segment === "init"
      ? repackagedInit(job.plan, rendition)
      : rendition.kind === "video" ? await repackageVideo(job.plan, segment, job.readPackets) : await repackageAudio(job.plan, rendition, segment, job.readPackets);
    complete(job, run, rendition, segment, bytes, performance.now() - startedAt);
  }

  /** One run of FFmpeg: of one rendition, or of several of the picture. */
  async function encode(job: Job, run: Run, renditions: readonly Rendition[], first: number, last: number): Promise<void> {
    const startedAt = new Map(renditions.map(({ name }) => [name, performance.now()]));
    const chunks = new Map<string, Buffer[]>();
    const get = (name: string): Rendition => getRendition(job, name);
    const signal = AbortSignal.any([job.signal, run.cancel.signal]);
    const note = ports.running?.begin({ videoId: job.videoId, renditions: renditions.map(({ name }) => name), first, last, lane: run.kind, mediaSec: durationSec(job.plan, first, last) });
    const encodeJob: EncodeJob = {
      ...job, first, last, signal,
      threads: ports.threads[run.kind], niceness: run.kind === "play" ? 0 : BACKGROUND_NICENESS, lane: run.kind, profile: job.profile?.(),
      readPackets: (span) => unlessAborted(signal, job.readPackets(span)),
      onInit: (name, bytes) => complete(job, run, get(name), "init", bytes, 0),
      onChunk(name, segment, bytes) {
        const made = chunks.get(name) ?? [];
        chunks.set(name, [...made, bytes]);
        flights.file(run, keyOf(job, name, segment)).push(bytes);
        job.onOutput?.(false);
        note?.made(1 / CHUNKS_PER_SEC);
        run.nearlyDone = made.length + 1 >= NEARLY_DONE * CHUNKS_PER_SEC * durationSec(job.plan, segment);
      },
      onEnd(name, segment) {
        const now = performance.now();
        complete(job, run, get(name), segment, Buffer.concat(chunks.get(name) ?? []), now - (startedAt.get(name) ?? now));
        chunks.delete(name);
        startedAt.set(name, now);
      },
    };
    const [sound] = renditions.flatMap((rendition) => (rendition.kind === "audio" ? [rendition] : []));
    const picture = renditions.filter((rendition): rendition is VideoRendition => rendition.kind === "video");
    const outcome = await told(job, signal, sound === undefined ? encodeVideo(encodeJob, picture) : encodeAudio(encodeJob, sound)).finally(() => note?.end());
    if (outcome.outcome === "failed") ports.onFailure(job.videoId, outcome.message);
    const error = ffmpegError(outcome);
    if (error !== undefined) throw error;
  }

  /** A run whose output is wrong has failed as much as one that FFmpeg gave up. */
  async function told<T>(job: Job, signal: AbortSignal, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!signal.aborted && findErrorCode(error) === "encode_failed") ports.onFailure(job.videoId, errorMessage(error));
      throw error;
    }
  }

  /** Lets `work` fill the run's files; what it leaves open fails with it. */
  async function fly(run: Run, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      flights.end(run, fail("encode_failed", "The run ended without the segment."));
    } catch (error) {
      flights.end(run, error);
      throw error;
    }
  }

  return {
    /** Makes one file for a viewer who waits. An init segment comes out of the first segment's encode. */
    make(job: Job, name: string, segment: SegmentName, asker?: string): Making {
      const rendition = getRendition(job, name);
      // Without it nothing of the rendition plays, and hls.js asks anew as long as it is not there: to stop is to go in circles.
      const waiter = segment === "init" ? undefined : asker;
      if (segment !== "init" && (segment < 0 || segment >= segmentCount(job.plan))) throw fail("segment_not_found", "The video has no such segment.");
      const key = keyOf(job, name, segment);
      const underWay = flights.join(key, waiter);
      const stages = openStageClock(rendition.mode);
      if (underWay !== undefined) return { bytes: underWay.bytes, done: underWay.bytes.ended(), spent: stages.joined };
      const run = flights.begin("play");
      const bytes = flights.file(run, key);
      if (rendition.mode === "encode") flights.file(run, keyOf(job, name, segment === "init" ? 0 : "init"));
      flights.join(key, waiter);
      const number = segment === "init" ? 0 : segment;
      const timed = { ...job, readPackets: stages.fetching(job.readPackets) };
      const done = fly(run, () => rendition.mode === "repackage"
        ? repackage(timed, run, rendition, segment)
        : ports.slots.run("play", () => {
          stages.begin();
          return encode(timed, run, [rendition], number, number);
        }, run.cancel.signal));
      return { bytes, done, spent: stages.spent };
    },

    /** The caller of `make` who gave this name does not wait any more. */
    leave(waiter: string): void { flights.leave(waiter); },

    /** Makes a run of segments in the background, and the renditions' init segments with them. */
    async makeRun(job: Job, { renditions: names, first, last }: SegmentRun): Promise<void> {
      const renditions = names.map((name) => getRendition(job, name));
      const encodes = renditions.filter(({ mode }) => mode === "encode");
      await ports.calm?.(job.signal);
      if (encodes.length > 0) {
        const run = flights.begin("background");
        await fly(run, () => ports.slots.run("background", () => encode(job, run, encodes, first, last), job.signal));
      }
      for (const rendition of renditions.filter(({ mode }) => mode === "repackage")) {
        for (let segment = first; segment <= last; segment++) {
          if (job.signal.aborted) throw cancelled();
          await ports.calm?.(job.signal);
          const run = flights.begin("background"); // of its own: a whole run of a large source would be in memory until its end
          await fly(run, () => repackage(job, run, rendition, segment));
        }
      }
    },
  };
}

/** Of the segments from `first` to `last`. */
function durationSec({ boundaries, timescale }: Plan, first: number, last = first): number {
  return ((boundaries[last + 1] ?? 0) - (boundaries[first] ?? 0)) / timescale;
}

export type Workshop = ReturnType<typeof openWorkshop>;
