/** Bytes that a node has moved since its start, as its metrics count them. */
import type { ServiceBroker } from "moleculer";
import { counterTotal } from "../metrics/counter-total.ts";

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

export function readByteCounts(broker: Pick<ServiceBroker, "metrics">): ByteCounts {
  return { sent: counterTotal(broker, METRIC.sent), stored: counterTotal(broker, METRIC.stored), fetched: counterTotal(broker, METRIC.fetched) };
}

/** Of what another node told. Undefined when it is none. */
export function parseByteCounts(value: unknown): ByteCounts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { sent, stored, fetched }: Partial<Record<keyof ByteCounts, unknown>> = value;
  return isCount(sent) && isCount(stored) && isCount(fetched) ? { sent, stored, fetched } : undefined;
}

const isCount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
