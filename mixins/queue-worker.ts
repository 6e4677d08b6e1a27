/**
 * The region's queue of background work: one BullMQ queue a lane. Delivery is at least once: a worker that dies loses
 * its lock and the job goes to another; segments that are in the store already are skipped then.
 */
import { DelayedError, Queue, Worker, type Job } from "bullmq";
import type { Logger } from "moleculer";
import { Redis } from "ioredis";
import { errorMessage, fail } from "../config/errors.ts";
import { LANES, type ChunkParams, type Lane } from "../services/transcoder/transcoder.contract.ts";

/** A dead worker's job runs elsewhere after at most the sum of these. */
const LOCK_MS = 6_000;
const STALLED_CHECK_MS = 2_000;
/** A job whose workers die this often is poison. */
const MAX_STALLS = 4;
const ATTEMPTS = 5;
const KEPT_FAILURES = 1_000;
/** How long work waits for a part of the mesh that is away, before it is tried again. */
const AWAY_MS = 5_000;
/** After this it counts as gone, and attempts are counted. */
const AWAY_LIMIT_MS = 3_600_000;
const ADD_TIMEOUT_MS = 5_000;
/** A viewer who was to find this work done is past it by now, or elsewhere; what they still want they ask for themselves. */
const PLAY_LATE_MS = 20_000;

export interface ChunkJob { id: string; chunk: ChunkParams; /** Smaller first, from 1. */ priority: number }

const queueName = (lane: Lane): string => lane;

/** Adds and counts jobs. Fails fast while Redis is away. */
export function openChunkQueue(redisUrl: string | undefined, prefix: string, logger: Logger) {
  if (redisUrl === undefined) throw fail("queue_unavailable", "LECTERN_REDIS_URL is not set, and this node needs the region's queue.");
  const connection = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1, retryStrategy: (attempt) => Math.min(100 * attempt, 2_000) });
  connection.on("error", (error: Error) => logger.debug(`The queue's Redis is away: ${error.message}`));
  const queues = new Map<Lane, Queue<ChunkParams>>(LANES.map((lane) => {
    const queue = new Queue<ChunkParams>(queueName(lane), { connection, prefix });
    queue.on("error", (error) => logger.debug(`Queue ${lane}: ${error.message}`));
    return [lane, queue];
  }));
  const queueOf = (lane: Lane): Queue<ChunkParams> => {
    const queue = queues.get(lane);
    if (queue === undefined) throw new Error(`there is no lane ${lane}`);
    return queue;
  };

  return {
    /** A job whose id is waiting or running already is not added again. */
    async add(lane: Lane, jobs: readonly ChunkJob[]): Promise<void> {
      if (jobs.length === 0) return;
      await inTime(queueOf(lane).addBulk(jobs.map(({ id, chunk, priority }) => ({
        name: "chunk",
        data: chunk,
        opts: { jobId: id, priority, attempts: ATTEMPTS, backoff: { type: "exponential", delay: 1_000 }, removeOnComplete: true, removeOnFail: { count: KEPT_FAILURES } },
      }))));
    },
    /** Those of the chunks that failed as often as they may. */
    async findFailed(lane: Lane, ids: readonly string[]): Promise<{ chunk: ChunkParams; message: string }[]> {
      const wanted = new Set(ids);
      const failed = await inTime(queueOf(lane).getFailed(0, KEPT_FAILURES));
      return failed.filter((job) => job?.id !== undefined && wanted.has(job.id)).map((job) => ({ chunk: job.data, message: job.failedReason }));
    },
    /** Jobs that wait or run, by lane. */
    async counts(): Promise<Record<Lane, { waiting: number; active: number; failed: number }>> {
      const entries = await inTime(Promise.all(LANES.map(async (lane) => {
        const { prioritized = 0, waiting = 0, delayed = 0, active = 0, failed = 0 } = await queueOf(lane).getJobCounts("prioritized", "waiting", "delayed", "active", "failed");
        return [lane, { waiting: prioritized + waiting + delayed, active, failed }] as const;
      })));
      return Object.fromEntries(entries) as Record<Lane, { waiting: number; active: number; failed: number }>;
    },
    /** Takes a video's jobs that wait out of every lane. */
    async removeVideo(videoId: string): Promise<void> {
      for (const queue of queues.values()) {
        const jobs = await inTime(queue.getJobs(["prioritized", "waiting", "delayed", "failed"], 0, 100_000));
        await Promise.all(jobs.filter((job) => job?.data?.videoId === videoId).map((job) => job.remove().catch((error: unknown) => logger.debug(`A job could not be removed: ${errorMessage(error)}`))));
      }
    },
    async ping(): Promise<void> {
      await inTime(connection.ping());
    },
    async close(): Promise<void> {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}

export type ChunkQueue = ReturnType<typeof openChunkQueue>;

/** With its connection gone BullMQ waits for ever; a caller does not. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(fail("queue_unavailable", "The region's Redis does not answer.")), ADD_TIMEOUT_MS);
  work.catch(() => undefined); // also when it loses the race
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export interface ChunkWorkerOptions {
  redisUrl: string | undefined;
  prefix: string;
  /** Jobs of each lane that run at once on this node. */
  concurrency: Record<Lane, number>;
  run(chunk: ChunkParams): Promise<void>;
  /** Whether the error says that a part of the mesh or the origin is away, rather than that the chunk cannot be made. */
  isAway(error: unknown): boolean;
  /** Whether what the chunk is made of has yet to arrive. It waits however long that takes. */
  isComing(error: unknown): boolean;
  /** A chunk that failed as often as it may. */
  onPoison(chunk: ChunkParams, error: Error): void;
  logger: Logger;
}

/** Takes jobs until it is closed; then what runs is handed back. */
export function openChunkWorkers(options: ChunkWorkerOptions) {
  const { redisUrl, prefix, logger } = options;
  if (redisUrl === undefined) throw fail("queue_unavailable", "LECTERN_REDIS_URL is not set, and this node needs the region's queue.");
  let closing = false;
  const connections: Redis[] = [];
  const workers = LANES.map((lane) => {
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null, retryStrategy: (attempt) => Math.min(100 * attempt, 2_000) });
    connection.on("error", (error: Error) => logger.debug(`The workers' Redis is away: ${error.message}`));
    connections.push(connection);
    const process = async (job: Job<ChunkParams>, token?: string): Promise<void> => {
      if (lane === "play" && Date.now() - job.timestamp > PLAY_LATE_MS) return;
      try {
        await options.run(job.data);
      } catch (error) {
        // Neither costs an attempt: it is not the chunk's fault.
        if (closing) await job.moveToDelayed(Date.now(), token); // at once, by another node
        else if (options.isComing(error) || (options.isAway(error) && Date.now() - job.timestamp < AWAY_LIMIT_MS)) await job.moveToDelayed(Date.now() + AWAY_MS, token);
        else throw error;
        throw new DelayedError();
      }
    };
    const worker = new Worker<ChunkParams>(queueName(lane), process, {
      connection, prefix, concurrency: options.concurrency[lane], lockDuration: LOCK_MS, stalledInterval: STALLED_CHECK_MS, maxStalledCount: MAX_STALLS, drainDelay: 2,
    });
    worker.on("error", (error) => logger.debug(`Worker ${lane}: ${error.message}`));
    worker.on("failed", (job, error) => {
      if (job === undefined) return;
      logger.warn(`Chunk ${job.id} failed (attempt ${job.attemptsMade} of ${ATTEMPTS}): ${error.message}`);
      if (job.attemptsMade >= ATTEMPTS || job.finishedOn !== undefined) options.onPoison(job.data, error);
    });
    return worker;
  });
  return {
    /** Takes nothing new any more. */
    beginClose(): void { closing = true; },
    async close(): Promise<void> {
      closing = true;
      await Promise.all(workers.map((worker) => worker.close()));
      for (const connection of connections) connection.disconnect();
    },
  };
}

export type ChunkWorkers = ReturnType<typeof openChunkWorkers>;
