/**
 * Work on videos: each piece gets the plan, the source's packets and bytes, and a signal that ends it when its video is
 * deleted or the node leaves.
 */
import { LRUCache } from "lru-cache";
import type { ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import type { Plan } from "../../media/plan.ts";
import { awaitArrival, findLack, readWaiting } from "../../mixins/arrival.ts";
import type { Demuxer } from "../../mixins/demuxer/demuxer.ts";
import type { Remux, Remuxes } from "../../mixins/remux.ts";
import type { SourceDoor } from "../../mixins/source-door.ts";
import { rememberFailure, sourceKey, sourceReader } from "../../mixins/source-reader.ts";
import type { VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import type { Profiles } from "./profiles.ts";
import { cancelled, unlessAborted } from "../../mixins/cancelled.ts";
import type { Work } from "../../mixins/work-queue/queue-worker.ts";
import type { Job } from "./workshop.ts";

type Planned = VideoState & { plan: Plan; verdict: { sourceVersion: string } };

const KEPT_STATES = 200;
/** A video that has not been compared yet is looked at again after so long, should nobody tell of it. */
const UNCOMPARED_MS = 10_000;
const KEPT_GONE = 10_000;

/** How long who waits for work waits for bytes of an upload that are still to come: players give up after ten seconds. */
const PATIENCE_MS = 6_000;
/** FFmpeg reads ahead; one that has enough ends within this. */
const AHEAD_MS = 1_500;

export interface SourcePorts { demuxer: Demuxer; door: SourceDoor; remuxes: Remuxes; profiles: Pick<Profiles, "find"> }

export function openVideoJobs(broker: ServiceBroker, { demuxer, door, remuxes, profiles }: SourcePorts) {
  const states = new LRUCache<string, Planned>(upTo(KEPT_STATES));
  /** Deleted while this node knew of them: an answer that was under way then is not believed. */
  const gone = new LRUCache<string, true>(upTo(KEPT_GONE));
  /** Aborted when the video is deleted or the node leaves. */
  const running = new Map<string, Set<AbortController>>();
  /** A node that leaves waits until its FFmpegs have ended. */
  const working = new Set<Promise<unknown>>();
  let leaving = false;

  async function getVideo(videoId: string): Promise<Planned> {
    const known = states.get(videoId);
    if (known !== undefined) return known;
    const state = await broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
    if (state === null) throw fail("video_not_found", "There is no such video.");
    if (state.deleted || gone.has(videoId)) throw fail("video_deleted", "The video was deleted.");
    if (state.plan === undefined || state.verdict?.accepted !== true) throw fail("plan_pending", "The video has no plan yet.");
    const planned = { ...state, plan: state.plan, verdict: state.verdict };
    states.set(videoId, planned, { ttl: planned.twin === undefined ? UNCOMPARED_MS : 0 });
    return planned;
  }

  /**
   * @param held who has the work from the queue: it ends with the lease
   * @throws video_not_found, video_deleted, plan_pending, the source's own fault where there was one, and what `work` throws
   */
  async function run<T>(videoId: string, work: (job: Job) => Promise<T>, held?: Pick<Work, "signal" | "isHeld">): Promise<T> {
    if (leaving) throw cancelled(); // what goes on by itself, as checks do, begins nothing new
    const controller = new AbortController();
    const signal = held === undefined ? controller.signal : AbortSignal.any([controller.signal, held.signal]);
    const controllers = running.get(videoId) ?? new Set();
    running.set(videoId, controllers.add(controller));
    /** A read would bring back what was forgotten of the source when its video was deleted. @throws cancelled */
    const mayRead = (): void => { if (signal.aborted) throw cancelled(); };
    let sourceFailure: (() => unknown) | undefined;
    const job = (async () => {
      const { plan, record, verdict: { sourceVersion } } = await getVideo(videoId);
      const reader = sourceReader(broker, record.source, sourceVersion);
      const { read, failure } = rememberFailure(reader);
      sourceFailure = failure;
      const original: Remux = { source: { key: sourceKey(record.source, sourceVersion), size: plan.facts.size }, read };
      const indexed = plan.facts.reader === "remux" ? await unlessAborted(signal, remuxes.open(original.source, read)) : original;
      const ahead = readWaiting(broker, { source: record.source, version: sourceVersion }, reader, AHEAD_MS);
      return await work({
        videoId, plan, signal,
        ...(held === undefined ? {} : { mayStore: () => held.isHeld() }),
        profile: () => profiles.find(videoId),
        readPackets: async (span) => {
          mayRead();
          return await unlessAborted(signal, demuxer.packets(indexed.source, indexed.read, span));
        },
        openFile: () => {
          mayRead();
          return door.open({ size: indexed.source.size, read: indexed === original ? ahead : indexed.read });
        },
        openOriginal: () => {
          mayRead();
          return door.open({ size: original.source.size, read: ahead });
        },
      });
    })();
    working.add(job);
    try {
      return await job;
    } catch (error) {
      throw sourceFailure?.() ?? error; // FFmpeg's own complaint is only what came of it
    } finally {
      working.delete(job);
      controllers.delete(controller);
      if (controllers.size === 0) running.delete(videoId);
    }
  }

  return {
    getVideo,
    run,

    /**
     * The same for who waits: where the work lacks a part of the source that is still to come, it is begun again when that is
     * there, for a while.
     * @param mayBegin false once it has begun to answer
     */
    async runPatiently<T>(videoId: string, work: (job: Job) => Promise<T>, mayBegin: () => boolean = () => true): Promise<T> {
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        try {
          return await run(videoId, work);
        } catch (error) {
          const [lack, left] = [findLack(error), until - performance.now()];
          if (lack === undefined || left <= 0 || leaving || !mayBegin()) throw error;
          const { record: { source }, verdict: { sourceVersion: version } } = await getVideo(videoId);
          await awaitArrival(broker, { source, version }, lack.needed, left);
        }
      }
    },
    async isGone(videoId: string): Promise<boolean> {
      const state = await broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
      return state === null || state.deleted;
    },
    /** The video has changed: the next piece of work sees it. */
    refresh(videoId: string): void {
      states.delete(videoId);
    },
    /** The video was deleted: its work ends. */
    forget(videoId: string): void {
      states.delete(videoId);
      gone.set(videoId, true);
      for (const controller of running.get(videoId) ?? []) controller.abort();
    },
    /** Ends all work. */
    abortAll(): void {
      leaving = true;
      for (const controllers of running.values()) for (const controller of controllers) controller.abort();
    },
    /** Waits until the work that was aborted has ended. */
    async settled(): Promise<void> {
      await Promise.allSettled(working);
    },
  };
}

export type VideoJobs = ReturnType<typeof openVideoJobs>;
