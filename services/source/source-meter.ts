/** What the source service counts. */
import type { ServiceBroker } from "moleculer";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";

export interface SourceMeter {
  /** Bytes of the blocks that readers wanted, by where they were. */
  bytes(from: "origin" | "region" | "memory" | "disk", count: number): void;
  /** One HTTP request by what came of it. */
  request(outcome: string): void;
  /** An origin's headers came after `ms`, through a way out. */
  answer(identity: string, ms: number): void;
  /** Bytes off the wire. `host`: the policy's entry, for there are too many hosts. */
  received(labels: { host: string; identity: string }, bytes: number): void;
  /** Somebody waited for a host's budget. */
  waited(why: string, ms: number): void;
  /** Something is tried again. */
  retry(): void;
  /** A source is refused, by code. */
  refusal(code: string): void;
}

/** Counts nothing. */
export const SILENT_METER: SourceMeter = { bytes: () => undefined, request: () => undefined, answer: () => undefined, received: () => undefined, waited: () => undefined, retry: () => undefined, refusal: () => undefined };

export function brokerMeter(broker: ServiceBroker): SourceMeter {
  if (!broker.isMetricsEnabled()) return SILENT_METER;
  const metrics = registerMetrics(broker, "source");
  return {
    answer: (identity, ms) => metrics.observe("lectern_source_answer_seconds", ms / 1000, { identity }),
    received: (labels, count) => metrics.add("lectern_source_received_bytes_total", count, labels),
    waited: (why, ms) => metrics.observe("lectern_source_wait_seconds", ms / 1000, { why }),
    retry: () => metrics.count("lectern_source_retries_total"),
    refusal: (code) => metrics.count("lectern_source_refusals_total", { code }),
    bytes: (from, count) => metrics.add("lectern_source_bytes_total", count, { from }),
    request: (outcome) => metrics.count("lectern_source_requests_total", { outcome }),
  };
}
