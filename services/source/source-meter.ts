/** What the source service counts. */
import type { ServiceBroker } from "moleculer";

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

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function brokerMeter(broker: ServiceBroker): SourceMeter {
  if (!broker.isMetricsEnabled()) return SILENT_METER;
  const { metrics } = broker;
  metrics.register({ type: "counter", name: "lectern.source.bytes.total", labelNames: ["from"], description: "bytes of sources by where they came from", unit: "byte" });
  metrics.register({ type: "counter", name: "lectern.source.requests.total", labelNames: ["outcome"], description: "requests to origins by what came of them" });
  metrics.register({ type: "histogram", name: "lectern.source.answer.seconds", labelNames: ["identity"], buckets: SECONDS, description: "time from a request to an origin to its answer's headers, by way out", unit: "second" });
  metrics.register({ type: "counter", name: "lectern.source.received.bytes.total", labelNames: ["host", "identity"], description: "bytes received from origins, by the policy's entry and the way out", unit: "byte" });
  metrics.register({ type: "histogram", name: "lectern.source.wait.seconds", labelNames: ["why"], buckets: SECONDS, description: "time that requests to origins waited for their host's budget", unit: "second" });
  metrics.register({ type: "counter", name: "lectern.source.retries.total", description: "requests to origins that were tried again" });
  metrics.register({ type: "counter", name: "lectern.source.refusals.total", labelNames: ["code"], description: "sources that could not be had, by error code" });
  return {
    answer: (identity, ms) => void metrics.observe("lectern.source.answer.seconds", ms / 1000, { identity }),
    received: (labels, count) => void metrics.increment("lectern.source.received.bytes.total", labels, count),
    waited: (why, ms) => void metrics.observe("lectern.source.wait.seconds", ms / 1000, { why }),
    retry: () => void metrics.increment("lectern.source.retries.total"),
    refusal: (code) => void metrics.increment("lectern.source.refusals.total", { code }),
    bytes: (from, count) => void metrics.increment("lectern.source.bytes.total", { from }, count),
    request: (outcome) => void metrics.increment("lectern.source.requests.total", { outcome }),
  };
}
