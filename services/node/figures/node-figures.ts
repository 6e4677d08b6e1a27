/**
 * What operators are shown of this node: totals since its start and a point of them every ten seconds, kept for twenty
 * minutes, so that who begins to look sees what was. All of it is counted in memory, and told only to who asks.
 */
import { performance, type EventLoopUtilization } from "node:perf_hooks";
import type { ServiceBroker } from "moleculer";
import { REQUEST_FINISHED, type RequestFinished } from "../../../config/middlewares/request-metrics.ts";
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
  cache: "lectern_cache_requests_total", source: "lectern_source_bytes_total", firstPlay: "lectern_first_segment_seconds",
  sent: "lectern_http_sent_bytes_total", stalls: "lectern_player_stalls_total", queue: "lectern_queue_jobs",
};
/** What a viewer waits for; the bytes of a live answer come after it. */
const SEGMENT_ACTION = "delivery.segment";
/** Nobody's fault here: what has not arrived yet, or is not planned yet, is asked for again. */
const NO_FAULTS = ["source_pending", "plan_pending"];

export interface NodeFiguresSource {
  read(since?: number): NodeFigures;
  close(): void;
}

/** @param now ms since 1970 */
export function openNodeFigures(broker: ServiceBroker, now: () => number = Date.now): NodeFiguresSource {
  const past = openHistoryRing<FigurePoint>(KEPT_STEPS);
  const segments = { count: 0, faults: 0, within: SEGMENT_BOUNDS_MS.map(() => 0) };
  let used: EventLoopUtilization = performance.eventLoopUtilization();

  const count = ({ action, durationMs, error }: RequestFinished): void => {
    if (action !== SEGMENT_ACTION) return;
    segments.count++;
    if (error !== undefined && error.code >= 500 && !NO_FAULTS.includes(error.type)) segments.faults++;
    SEGMENT_BOUNDS_MS.forEach((bound, i) => { if (durationMs <= bound) segments.within[i] = (segments.within[i] ?? 0) + 1; });
  };

  function totalsOf(metrics: ReadMetrics): number[] {
    const tier = (name: string): number => metrics.count(READ.cache, "tier", name);
    const from = (name: string): number => metrics.count(READ.source, "from", name);
    const first = metrics.histogram(READ.firstPlay);
    const values: Partial<Record<TotalName, number>> = {
      cacheMemory: tier("memory"), cacheRedis: tier("redis"), cacheStore: tier("store"), cacheMade: tier("made"),
      originBytes: from("origin"), nearBytes: from("region") + from("memory") + from("disk"),
      sentBytes: metrics.count(READ.sent),
      segments: segments.count, segmentFaults: segments.faults,
      ...Object.fromEntries(SEGMENT_BOUNDS_MS.map((bound, i) => [`seg${bound}`, segments.within[i] ?? 0])),
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

  broker.localBus.on(REQUEST_FINISHED, count);
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
      broker.localBus.off(REQUEST_FINISHED, count);
    },
  };
}
