/**
 * What operators are shown of this node: totals since its start and a point of them every ten seconds, kept for twenty
 * minutes, so that who begins to look sees what was. All of it is counted in memory, and told only to who asks.
 */
import { performance, type EventLoopUtilization } from "node:perf_hooks";
import type { ServiceBroker } from "moleculer";
import { callCounts } from "../../../config/metrics/call-counts.ts";
import { openHistoryRing } from "../../../mixins/history-ring.ts";
import { nodeState } from "../../../mixins/node-state.ts";
import { runningEncodes } from "../../../mixins/running-encodes.ts";
import { QUEUE_LANES } from "../../../mixins/work-queue/work-queue.contract.ts";
import { FIRST_PLAY_BOUNDS_MS, SEGMENT_BOUNDS_MS, TOTALS, type FigurePoint, type NodeFigures, type TotalName } from "../node.contract.ts";
import { readMetrics, type ReadMetrics } from "./read-metrics.ts";

const STEP_MS = 10_000;
const KEPT_STEPS = 120;
const SHOWN_ENCODES = 20;
const READ = {
  cache: "lectern_cache_requests_total", source: "lectern_source_bytes_total", firstPlay: "lectern_first_play_seconds",
  sent: "lectern_http_sent_bytes_total", stalls: "lectern_player_stalls_total", queue: "lectern_queue_jobs",
};
/** Nobody's fault here: what has not arrived yet, or is not planned yet, is asked for again. */
const NO_FAULTS = ["source_pending", "plan_pending"];

export interface NodeFiguresSource {
  read(since?: number): NodeFigures;
  close(): void;
}

/** @param now ms since 1970 */
export function openNodeFigures(broker: ServiceBroker, now: () => number = Date.now): NodeFiguresSource {
  const past = openHistoryRing<FigurePoint>(KEPT_STEPS);
  const segments = callCounts(broker).of("delivery.segment", "delivery"); // what a viewer waits for; the bytes of a live answer come after it
  let used: EventLoopUtilization = performance.eventLoopUtilization();

  function totalsOf(metrics: ReadMetrics): number[] {
    const tier = (name: string): number => metrics.count(READ.cache, "tier", name);
    const from = (name: string): number => metrics.count(READ.source, "from", name);
    const first = metrics.histogram(READ.firstPlay);
    const values: Partial<Record<TotalName, number>> = {
      cacheMemory: tier("memory"), cacheRedis: tier("redis"), cacheStore: tier("store"), cacheMade: tier("made"),
      originBytes: from("origin"), nearBytes: from("region") + from("memory") + from("disk"),
      sentBytes: metrics.count(READ.sent),
      segments: segments.count, segmentFaults: segments.faults().reduce((sum, { code, type, times }) => sum + (code >= 500 && !NO_FAULTS.includes(type) ? times : 0), 0),
      ...Object.fromEntries(SEGMENT_BOUNDS_MS.map((bound) => [`seg${bound}`, segments.within(bound)])),
      playerStalls: metrics.count(READ.stalls),
      firstPlays: first.count,
      ...Object.fromEntries(FIRST_PLAY_BOUNDS_MS.map((bound) => [`play${bound}`, first.within(bound / 1_000)])),
    };
    return TOTALS.map((name) => values[name] ?? 0);
  }
  const point = (): FigurePoint => {
    const metrics = readMetrics(broker, Object.values(READ));
    const waiting = metrics.gauges(READ.queue, "lane", QUEUE_LANES, { state: "waiting" });
    return { at: now(), totals: totalsOf(metrics), ...(waiting === undefined ? {} : { waiting }) };
  };

  const timer = setInterval(() => past.push(point()), STEP_MS);
  timer.unref();
  past.push(point());

  return {
    read(since) {
      const latest = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(latest, used);
      used = latest;
      const encodes = runningEncodes(broker);
      return { view: nodeState(broker).view(), uptimeSec: Math.round(process.uptime()), loop: utilization, encodes: encodes.list(SHOWN_ENCODES), encodeCount: encodes.count, now: point(), past: past.after(since) };
    },
    close() {
      clearInterval(timer);
    },
  };
}
