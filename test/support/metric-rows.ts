/** What `docs/metrics.md` has to say of every metric, from the table in the code; run as a program it prints it. */
import { isClosed, type LabelBound, type MetricDefinition } from "../../config/metrics/metric-definition.ts";
import { METRICS } from "../../config/metrics/metric-table.ts";
import { formatTable, type Row } from "./readme-tables.ts";

export const allMetrics = (): [name: string, definition: MetricDefinition][] => Object.values(METRICS).flatMap((group) => Object.entries<MetricDefinition>(group));

/** Name, type, unit, labels with their bounds, what it is. The document adds the question that it answers. */
export function metricRows(): Row[] {
  return allMetrics().map(([name, { type, labels, help }]) => [
    `\`${name}\``, type, unitOf(name), Object.entries(labels).map(([label, bound]) => `\`${label}\`: ${formatBound(bound)}`).join("; ") || "–", help,
  ]);
}

export function unitOf(name: string): string {
  return /_(seconds|bytes|ratio)(_total)?$/.exec(name)?.[1] ?? (name.endsWith("_bytes_per_second") ? "bytes per second" : "–");
}

const formatBound = (bound: LabelBound): string => (isClosed(bound) ? bound.values.join(", ") : `at most ${bound.most} ${bound.what}`);

if (import.meta.main) console.log(formatTable(["metric", "type", "unit", "labels", "what it is"], metricRows()));
