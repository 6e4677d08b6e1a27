/**
 * Keeps the queue fed with what a video's policy wants and the store does not have, and ends the video when nothing is
 * missing, or when a piece of it cannot be made. Whatever it is told twice, late or not at all: it looks, and does what is left.
 */
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { tenantOf } from "../../config/tenants.ts";
import { arrivedSegments } from "../../media/arrived-segments.ts";
import { findRendition, renditionsOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { plannedSegments } from "../../media/policy.ts";
import type { WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";
import { REASON_CLASSES, type Outcome, type Reason, type VideoState } from "../videos/videos.contract.ts";
import { chunksAhead, planChunks, planReadAhead, planSheets, type ChunkOrder } from "./chunks.ts";
import type { PoisonParams, SegmentWatched } from "./scheduler.contract.ts";
import { recountSettled, type StoredIndex } from "./stored-index.ts";
import type { Twins } from "./twins/twins.ts";

export interface FeederPorts {
  queue: Pick<WorkQueue<ChunkParams>, "add" | "advance" | "jobsOf">;
  stored: StoredIndex;
  refused: StoredIndex;
  /** Tells which segments of a rendition nobody has to make any more. */
  settled(videoId: string, rendition: string): Promise<(segment: number) => boolean>;
  state(videoId: string): Promise<VideoState | undefined>;
  finish(videoId: string, outcome: Outcome): Promise<void>;
  /** How many bytes of the video's source are there; Infinity: all. @throws upload_incomplete when no more will come */
  arrived(video: VideoState): Promise<number>;
  twins: Pick<Twins, "settle" | "waiting">;
  now(): Date;
}

export interface Feeder {
  /** Queues what is missing, by the index of the store. */
  enqueue(state: VideoState): Promise<void>;
  /** The same, by the store itself; ends the video when it has all. */
  feed(videoId: string): Promise<void>;
  /** Ends the video when the store has all of it. The index says whether it is worth a look. */
  finishIfStored(videoId: string): Promise<void>;
  /** A viewer is at this segment: the next ones are made before they are asked for. */
  watch(watched: SegmentWatched): Promise<void>;
  /** A chunk failed as often as it may: so has the video. */
  poison(params: PoisonParams): Promise<void>;
}

type Planned = VideoState & { plan: Plan };

export function openFeeder({ queue, stored, refused, settled, state, finish, arrived, twins, now }: FeederPorts): Feeder {
  const recount = recountSettled(stored, refused);
  async function openVideo(videoId: string): Promise<Planned | undefined> {
    const found = await state(videoId);
    return found?.plan === undefined || found.outcome !== undefined ? undefined : { ...found, plan: found.plan };
  }

  async function poison({ videoId, renditions, first, last, message, code }: PoisonParams): Promise<void> {
    const rendition = renditions.join(", ");
    const reason: Reason = {
      class: REASON_CLASSES.find((name) => name === code) ?? "encode_failed",
      message: `Segments ${first} to ${last} of ${rendition} could not be made.`, rendition, first, last, detail: message,
    };
    await finish(videoId, { complete: false, at: now().toISOString(), reasons: [reason] });
  }

  async function enqueue(found: VideoState): Promise<void> {
    const { record, plan, outcome } = found;
    if (plan === undefined || outcome !== undefined) return;
    const bytes = await arrived(found);
    const segments = arrivedSegments(plan, bytes); // what cannot be made yet is queued when more is there
    const isReady = bytes === Infinity ? await twins.waiting(await twins.settle(found)) : undefined;
    const marks = new Map(await Promise.all(renditionsOf(plan).map(async (r) => [r.name, await settled(record.id, r.name)] as const)));
    const order = orderOf(record);
    const jobs = planChunks(order, plan, (rendition, segment) => marks.get(rendition)?.(segment) ?? false).filter(({ data }) => data.last < segments && (isReady?.(data) ?? true));
    const wanted = new Set(jobs.map(({ id }) => id));
    const dead = (await queue.jobsOf(record.id)).find((job) => job.state === "dead" && wanted.has(job.id));
    // Its report was lost: the queue would not take it again.
    if (dead !== undefined) return await poison({ ...dead.data, message: dead.message ?? "", ...(dead.code === undefined ? {} : { code: dead.code }) });
    await queue.add([...jobs, ...(isReady === undefined && bytes === Infinity ? planSheets(order, plan) : [])]); // what is over the tenant's limit comes at the next feeding
  }

  async function finishIfStored(videoId: string): Promise<void> {
    const video = await openVideo(videoId);
    if (video === undefined) return;
    const { plan, record } = video;
    const wanted = renditionsOf(plan).map((rendition) => ({ name: rendition.name, count: plannedSegments(plan, rendition, record.policy) }));
    for (const { name, count } of wanted) if ((await stored.count(videoId, name, count)) + (await refused.count(videoId, name, count)) < count) return;
    let refusedSegments = 0;
    for (const { name, count } of wanted) {
      const there = count === 0 ? new Set<number>() : await stored.recount(videoId, name);
      const missing = Array.from({ length: count }, (_, segment) => segment).filter((segment) => !there.has(segment));
      const given = missing.length === 0 ? new Set<number>() : await refused.recount(videoId, name);
      if (missing.some((segment) => !given.has(segment))) return;
      refusedSegments += missing.length;
    }
    if ((await arrived(video)) !== Infinity) return;
    await finish(videoId, { complete: true, at: now().toISOString(), ...(refusedSegments === 0 ? {} : { refusedSegments }) });
  }

  return {
    enqueue,
    finishIfStored,
    poison,
    async feed(videoId) {
      const video = await openVideo(videoId);
      if (video === undefined) return;
      for (const { name } of renditionsOf(video.plan)) await recount(videoId, name);
      try {
        await enqueue(video);
        await finishIfStored(videoId);
      } catch (error) {
        if (findErrorCode(error) !== "upload_incomplete") throw error;
        await finish(videoId, { complete: false, at: now().toISOString(), reasons: [{ class: "upload_incomplete", message: errorMessage(error) }] });
      }
    },
    async watch({ videoId, rendition: name, segment }) {
      const video = await state(videoId);
      const rendition = video?.plan === undefined ? undefined : findRendition(video.plan, name);
      if (video?.plan === undefined || rendition === undefined) return;
      const job = planReadAhead(orderOf(video.record), video.plan, rendition, segment, await settled(videoId, name));
      if (job !== undefined) await queue.add([job]);
      await queue.advance(chunksAhead(videoId, video.plan, segment));
    },
  };
}

const orderOf = (record: VideoState["record"]): ChunkOrder => ({ id: record.id, tenant: tenantOf(record), policy: record.policy, priority: record.priority });
