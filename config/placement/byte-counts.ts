/** Bytes that a node has moved since its start, as its metrics count them. */
import type { ServiceBroker } from "moleculer";

export interface ByteCounts {
  /** In answers to HTTP requests. */
  sent: number;
  /** Written to the region's store. */
  stored: number;
  /** Received from origins of sources. */
  fetched: number;
}

const METRIC: Readonly<Record<keyof ByteCounts, string>> = {
  sent: "lectern_http_sent_bytes_total", stored: "lectern_stored_bytes_total", fetched: "lectern_source_received_bytes_total",
};

/** A metric that no service of the node has registered counts nothing. */
export function readByteCounts({ metrics }: Pick<ServiceBroker, "metrics">): ByteCounts {
  const total = (name: string): number => {
    let sum = 0;
    for (const series of metrics.getMetric(name)?.snapshot() ?? []) if ("value" in series && typeof series.value === "number") sum += series.value;
    return sum;
  };
  return { sent: total(METRIC.sent), stored: total(METRIC.stored), fetched: total(METRIC.fetched) };
}

/** Of what another node told. Undefined when it is none. */
export function parseByteCounts(value: unknown): ByteCounts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { sent, stored, fetched }: Partial<Record<keyof ByteCounts, unknown>> = value;
  return isCount(sent) && isCount(stored) && isCount(fetched) ? { sent, stored, fetched } : undefined;
}

const isCount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
