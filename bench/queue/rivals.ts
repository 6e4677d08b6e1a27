/** The queues that are compared, behind what they have in common. */
import { Queue, Worker, type Job } from "bullmq";
import { Redis } from "ioredis";
import { pino } from "pino";
import type { Logger } from "moleculer";
import { openQueueWorker } from "../../mixins/work-queue/queue-worker.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";

export type Lane = "play" | "normal";
export interface BenchJob { id: string; lane: Lane; tenant: string }
export interface Node { close(): Promise<void> }
export interface QueueUnderTest {
  readonly name: string;
  add(jobs: readonly BenchJob[]): Promise<void>;
  /** A node with room for `slots` jobs of each lane. */
  openNode(slots: number, run: (id: string) => Promise<void>): Node;
  close(): Promise<void>;
}

const NODE_LEASE = { lockDuration: 6_000, stalledInterval: 2_000, drainDelay: 2 };

export function openOwn(url: string, prefix: string): QueueUnderTest {
  const redis = new Redis(url);
  const queue = openWorkQueue<string>({ redis, prefix });
  const logger = pino({ level: "silent" }) as unknown as Logger;
  let nodes = 0;
  return {
    name: "Lectern",
    add: async (jobs) => { await queue.add(jobs.map(({ id, lane, tenant }) => ({ id, lane, tenant, group: tenant, priority: 1, cost: 1, data: id }))); },
    openNode: (slots, run) => openQueueWorker<string>({
      queue, subscriber: new Redis(url), owner: `node-${++nodes}`, rooms: { play: slots, background: slots }, run, judge: () => "fault", onDead: () => undefined, logger,
    }),
    close: async () => redis.disconnect(),
  };
}

/** A queue and a worker a lane, which is what its open version has for lanes; it has nothing for tenants. */
export function openBullMq(url: string, prefix: string): QueueUnderTest {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queues = { play: new Queue("play", { connection, prefix }), normal: new Queue("normal", { connection, prefix }) };
  return {
    name: "BullMQ",
    async add(jobs) {
      for (const lane of ["play", "normal"] as const) {
        const own = jobs.filter((job) => job.lane === lane).map(({ id }) => ({ name: "chunk", data: id, opts: { jobId: id, priority: 1, removeOnComplete: true } }));
        if (own.length > 0) await queues[lane].addBulk(own);
      }
    },
    openNode(slots, run) {
      const workers = (["play", "normal"] as const).map((lane) => new Worker<string>(lane, async (job: Job<string>) => { await run(job.data); }, { connection, prefix, concurrency: slots, ...NODE_LEASE }));
      return { close: async () => { await Promise.all(workers.map((worker) => worker.close())); } };
    },
    close: async () => { await Promise.all([queues.play.close(), queues.normal.close()]); },
  };
}
