/** What is told of the region's queue as figures. Every scheduler of a region reads the same from Redis. */
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import type { TenantLoad } from "../../mixins/work-queue/work-queue.contract.ts";
import { QUEUE_LANES } from "../../mixins/work-queue/work-queue.contract.ts";
import type { WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";

type Queue = Pick<WorkQueue<ChunkParams>, "counts" | "oldest" | "tenants" | "totals">;

/** Tenants that have series of their own; what the others have is summed. */
export const SHOWN_TENANTS = 20;

/** @param named tenants of the settings, which go before others */
export function openQueueMeter(metrics: MetricWriter<"scheduler">, queue: Queue, named: readonly string[], now: () => number = Date.now) {
  const shown = new Set(named.slice(0, SHOWN_TENANTS));

  function sumByTenant(loads: Readonly<Record<string, TenantLoad>>): Map<string, { waiting: number; running: number }> {
    for (const tenant of Object.keys(loads).sort()) if (shown.size < SHOWN_TENANTS) shown.add(tenant);
    const sums = new Map([...shown, "other"].map((tenant) => [tenant, { waiting: 0, running: 0 }]));
    for (const [tenant, { waiting, running }] of Object.entries(loads)) {
      const sum = sums.get(shown.has(tenant) ? tenant : "other");
      if (sum === undefined) continue;
      sum.waiting += waiting;
      sum.running += running;
    }
    return sums;
  }

  return async function measure(): Promise<void> {
    const [counts, oldest, tenants, totals] = await Promise.all([queue.counts(), queue.oldest(), queue.tenants(), queue.totals()]);
    for (const lane of QUEUE_LANES) {
      const { waiting, active, failed, paused } = counts[lane];
      for (const [state, count] of Object.entries({ waiting, active, failed })) metrics.set("lectern_queue_jobs", count, { lane, state });
      const since = oldest[lane];
      metrics.set("lectern_queue_oldest_wait_seconds", since === undefined ? 0 : Math.max(0, now() - since) / 1_000, { lane });
      metrics.set("lectern_queue_paused", paused ? 1 : 0, { lane });
    }
    for (const [tenant, { waiting, running }] of sumByTenant(tenants)) {
      metrics.set("lectern_queue_tenant_jobs", waiting, { tenant, state: "waiting" });
      metrics.set("lectern_queue_tenant_jobs", running, { tenant, state: "active" });
    }
    for (const [what, count] of Object.entries(totals)) metrics.set("lectern_queue_steps_total", count, { what });
  };
}
