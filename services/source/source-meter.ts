/** What the source service counts. */
import type { ServiceBroker } from "moleculer";

export interface SourceMeter {
  /** Bytes of the blocks that readers wanted, by where they were. */
  bytes(from: "origin" | "memory" | "disk", count: number): void;
  /** One HTTP request by what came of it. */
  request(outcome: string): void;
}

export function brokerMeter(broker: ServiceBroker): SourceMeter {
  if (!broker.isMetricsEnabled()) return { bytes: () => undefined, request: () => undefined };
  const { metrics } = broker;
  metrics.register({ type: "counter", name: "lectern.source.bytes.total", labelNames: ["from"], description: "bytes of sources by where they came from", unit: "byte" });
  metrics.register({ type: "counter", name: "lectern.source.requests.total", labelNames: ["outcome"], description: "requests to origins by what came of them" });
  return {
    bytes: (from, count) => void metrics.increment("lectern.source.bytes.total", { from }, count),
    request: (outcome) => void metrics.increment("lectern.source.requests.total", { outcome }),
  };
}
