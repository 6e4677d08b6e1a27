/** What a node has counted so far. */
import type { ServiceBroker } from "moleculer";

/** The sum over a counter's series; 0 where no service of the node has registered it, or metrics are off. */
export function counterTotal({ metrics }: Pick<ServiceBroker, "metrics">, name: string): number {
  let sum = 0;
  for (const series of metrics.getMetric(name)?.snapshot() ?? []) if ("value" in series && typeof series.value === "number") sum += series.value;
  return sum;
}
