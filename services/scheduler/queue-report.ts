/** What operators are told of the region's queue. */
import { QUEUE_LANES, type QueueLane } from "../../mixins/work-queue/work-queue.contract.ts";
import type { WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";
import type { QueueReport } from "./scheduler.contract.ts";

const SHOWN_TENANTS = 100;

export async function reportQueue(queue: Pick<WorkQueue<ChunkParams>, "counts" | "oldest" | "tenants" | "totals" | "pace">, nowMs: number): Promise<QueueReport> {
  const [counts, oldest, loads, totals, paceMs] = await Promise.all([queue.counts(), queue.oldest(), queue.tenants(), queue.totals(), queue.pace()]);
  const lane = (name: QueueLane): QueueReport["lanes"][QueueLane] => {
    const since = oldest[name];
    return { ...counts[name], ...(since === undefined ? {} : { oldestMs: Math.max(0, nowMs - since) }) };
  };
  const tenants = Object.entries(loads).map(([tenant, load]) => ({ tenant, ...load })).toSorted((a, b) => b.cost - a.cost).slice(0, SHOWN_TENANTS);
  return {
    lanes: Object.fromEntries(QUEUE_LANES.map((name) => [name, lane(name)])) as QueueReport["lanes"],
    tenants, totals, ...(paceMs === undefined ? {} : { paceMs }),
  };
}
