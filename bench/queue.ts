/** How soon work begins: a viewer's behind a thousand chunks, a small tenant's behind a large one's; and how much a queue hands out. */
import { setTimeout as delay } from "node:timers/promises";
import { startRedis } from "../test/support/redis.ts";
import type { Benchmark } from "./benchmark.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { openBullMq, openOwn, type BenchJob, type Lane, type QueueUnderTest } from "./queue/rivals.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

const NODES = 4;
const SLOTS = 2;
/** What a chunk takes here. */
const WORK_MS = 40;
const WAITING = 1_000;
const VIEWERS = 100;
const SMALL = 16;
const THROUGHPUT = 3_000;

const jobs = (count: number, id: string, lane: Lane, tenant: string): BenchJob[] => Array.from({ length: count }, (_, n) => ({ id: `${id}-${n}`, lane, tenant }));

interface Staged { queue: QueueUnderTest; begun: Map<string, number>; ended: Map<string, number>; until(id: string): Promise<void> }

async function onNodes<T>(queue: QueueUnderTest, workMs: number, work: (staged: Staged) => Promise<T>): Promise<T> {
  const [begun, ended] = [new Map<string, number>(), new Map<string, number>()];
  const nodes = Array.from({ length: NODES }, () => queue.openNode(SLOTS, async (id) => {
    begun.set(id, performance.now());
    if (workMs > 0) await delay(workMs);
    ended.set(id, performance.now());
  }));
  try {
    await delay(500); // all listen
    return await work({ queue, begun, ended, async until(id) { while (!ended.has(id)) await delay(2); } });
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

/** Milliseconds from posting a viewer's chunk to its beginning. */
async function pickUp({ queue, begun, until }: Staged): Promise<number[]> {
  await queue.add(jobs(WAITING, "waiting", "normal", "a"));
  const waits: number[] = [];
  for (const job of jobs(VIEWERS, "viewer", "play", "a")) {
    const postedAt = performance.now();
    await queue.add([job]);
    await until(job.id);
    waits.push((begun.get(job.id) ?? Number.NaN) - postedAt);
  }
  return waits;
}

/** Milliseconds from posting a small tenant's chunks to the end of the last. */
async function smallTenant({ queue, ended, until }: Staged): Promise<number> {
  await queue.add(jobs(WAITING, "large", "normal", "large"));
  const postedAt = performance.now();
  const small = jobs(SMALL, "small", "normal", "small");
  await queue.add(small);
  for (const { id } of small) await until(id);
  return Math.max(...small.map(({ id }) => ended.get(id) ?? Number.NaN)) - postedAt;
}

/** Chunks a second that do nothing. */
async function throughput({ queue, ended }: Staged): Promise<number> {
  const startedAt = performance.now();
  await queue.add(jobs(THROUGHPUT, "empty", "normal", "a"));
  while (ended.size < THROUGHPUT) await delay(2);
  return (THROUGHPUT / (performance.now() - startedAt)) * 1_000;
}

export const queue: Benchmark = {
  name: "queue",
  summary: "pick-up of work behind a thousand chunks, shares of tenants, throughput: beside BullMQ",
  usage: "",
  async run() {
    const redis = await startRedis();
    try {
      const rows: string[][] = [];
      for (const open of [openOwn, openBullMq]) {
        const measure = async <T>(workMs: number, work: (staged: Staged) => Promise<T>): Promise<T> => {
          const rival = open(redis.url, `bench-${Math.random()}`);
          try {
            return await onNodes(rival, workMs, work);
          } finally {
            await rival.close();
          }
        };
        const waits = await measure(WORK_MS, pickUp);
        const small = await measure(WORK_MS, smallTenant);
        const rate = await measure(0, throughput);
        const rival = open(redis.url, "name");
        rows.push([rival.name, percentile(waits, 0.5).toFixed(1), percentile(waits, 0.95).toFixed(1), small.toFixed(0), rate.toFixed(0)]);
        await rival.close();
      }
      const alone = Math.ceil(SMALL / (NODES * SLOTS)) * WORK_MS;
      console.log(`${await describeMachine("ffmpeg")}, ${describeLoad()}`);
      console.log(`${NODES} nodes with ${SLOTS} slots each, ${WAITING} chunks of ${WORK_MS} ms waiting; a Redis that syncs every write.\n`);
      console.log(formatTable(["queue", "pick-up p50 ms", "p95 ms", `${SMALL} chunks of a small tenant ms (alone: ${alone})`, "empty chunks/s"], rows));
    } finally {
      await redis.stop();
    }
  },
};
