/**
 * Makes segments on this node: repackaged or encoded, one at a time for a viewer or a run of them for the queue. What
 * two ask for at the same time is made once.
 */
import { fail } from "../../config/errors.ts";
import type { SegmentName } from "../../media/media-names.ts";
import { findRendition, segmentCount } from "../../media/plan-video.ts";
import type { Plan, Rendition } from "../../media/plan.ts";
import type { OpenDoor } from "../../mixins/source-door.ts";
import { cancelled } from "./cancelled.ts";
import { encodeAudio, encodeVideo, type EncodeJob } from "./encode.ts";
import { ffmpegError } from "./ffmpeg.ts";
import { repackageAudio, repackagedInit, repackageVideo, type ReadPackets } from "./repackage.ts";
import type { Slots } from "./slots.ts";

/** Everything of one video that making its segments needs. */
export interface Job { videoId: string; plan: Plan; readPackets: ReadPackets; openFile(): OpenDoor; signal: AbortSignal }

export interface Made {
  rendition: string;
  segment: SegmentName;
  bytes: Buffer;
  ms: number;
  mode: Rendition["mode"];
  /** A viewer waited for the encode, and others may be about to. */
  awaited: boolean;
}

export interface WorkshopPorts {
  slots: Slots;
  /** Threads an encode may use: all cores while a viewer waits, a share in the background. */
  threads: { play: number; background: number };
  /** Called once for each file as it is complete. */
  onMade(videoId: string, made: Made): void;
  onFailure(videoId: string, message: string): void;
}

const BACKGROUND_NICENESS = 15;

export function openWorkshop(ports: WorkshopPorts) {
  /** What is being made, by its key. */
  const flights = new Map<string, PromiseWithResolvers<Buffer>>();

  const keyOf = (job: Job, rendition: Rendition, segment: SegmentName): string => `${job.videoId}/${rendition.name}/${segment}`;

  function begin(key: string): PromiseWithResolvers<Buffer> {
    const flight = Promise.withResolvers<Buffer>();
    flight.promise.catch(() => undefined); // nobody may be waiting
    flights.set(key, flight);
    return flight;
  }

  function getRendition(job: Job, name: string): Rendition {
    const rendition = findRendition(job.plan, name);
    if (rendition === undefined) throw fail("segment_not_found", "The video has no such rendition.");
    return rendition;
  }

  async function repackage(job: Job, rendition: Rendition, segment: SegmentName): Promise<Buffer> {
    const startedAt = performance.now();
    const bytes = segment === "init"
      ? repackagedInit(job.plan, rendition.kind)
      : await (rendition.kind === "video" ? repackageVideo : repackageAudio)(job.plan, segment, job.readPackets);
    ports.onMade(job.videoId, { rendition: rendition.name, segment, bytes, ms: performance.now() - startedAt, mode: "repackage", awaited: false });
    return bytes;
  }

  /** One run of FFmpeg; each file settles its flight, if it has one, when it is complete. */
  async function encode(job: Job, rendition: Rendition, first: number, last: number, kind: "play" | "background"): Promise<void> {
    let at = performance.now();
    const complete = (segment: SegmentName, bytes: Buffer): void => {
      ports.onMade(job.videoId, { rendition: rendition.name, segment, bytes, ms: performance.now() - at, mode: "encode", awaited: kind === "play" });
      if (segment !== "init") at = performance.now();
      flights.get(keyOf(job, rendition, segment))?.resolve(bytes);
    };
    const encodeJob: EncodeJob = {
      ...job, first, last, threads: ports.threads[kind], niceness: kind === "play" ? 0 : BACKGROUND_NICENESS,
      onInit: (bytes) => complete("init", bytes), onSegment: complete,
    };
    const outcome = rendition.kind === "video" ? await encodeVideo(encodeJob, rendition) : await encodeAudio(encodeJob, rendition);
    const error = ffmpegError(outcome);
    if (outcome.outcome === "failed") ports.onFailure(job.videoId, outcome.message);
    if (error !== undefined) throw error;
  }

  /** Runs `work`, which settles the flights of `keys` on its way; what it leaves open fails with it. */
  async function fly(keys: readonly string[], work: () => Promise<void>): Promise<void> {
    const mine = keys.filter((key) => !flights.has(key)).map((key) => ({ key, flight: begin(key) }));
    try {
      await work();
      for (const { flight } of mine) flight.reject(fail("encode_failed", "The run ended without the segment."));
    } catch (error) {
      for (const { flight } of mine) flight.reject(error);
      throw error;
    } finally {
      for (const { key } of mine) flights.delete(key);
    }
  }

  return {
    /** Makes one file for a viewer who waits. An init segment comes out of the first segment's encode. */
    async make(job: Job, name: string, segment: SegmentName): Promise<Buffer> {
      const rendition = getRendition(job, name);
      if (segment !== "init" && (segment < 0 || segment >= segmentCount(job.plan))) throw fail("segment_not_found", "The video has no such segment.");
      const key = keyOf(job, rendition, segment);
      const underWay = flights.get(key);
      if (underWay !== undefined) return await underWay.promise;
      if (rendition.mode === "repackage") {
        const flight = begin(key);
        repackage(job, rendition, segment).then(flight.resolve, flight.reject).finally(() => flights.delete(key));
        return await flight.promise;
      }
      const number = segment === "init" ? 0 : segment;
      const keys = [keyOf(job, rendition, "init"), keyOf(job, rendition, number)];
      const run = fly(keys, () => ports.slots.run("play", () => encode(job, rendition, number, number, "play")));
      const made = flights.get(key)?.promise;
      run.catch(() => undefined); // told through the flight
      if (made === undefined) throw fail("encode_failed", "The run did not begin.");
      return await made;
    },

    /** Makes consecutive segments in the background, and the rendition's init segment with them. */
    async makeRun(job: Job, name: string, first: number, last: number): Promise<void> {
      const rendition = getRendition(job, name);
      if (rendition.mode === "repackage") {
        if (first === 0) await repackage(job, rendition, "init");
        for (let segment = first; segment <= last; segment++) {
          if (job.signal.aborted) throw cancelled();
          await repackage(job, rendition, segment);
        }
        return;
      }
      await ports.slots.run("background", () => encode(job, rendition, first, last, "background"));
    },
  };
}

export type Workshop = ReturnType<typeof openWorkshop>;
