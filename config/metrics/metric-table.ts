/**
 * Every metric of Lectern's own, by who writes it (see `registerMetrics`). Names are Prometheus': base units, `_total` for
 * what only grows. `docs/metrics.md` says what each is good for.
 */
import { nodeMetrics } from "./node-metrics.ts";
import { playMetrics } from "./play-metrics.ts";
import { sourceMetrics } from "./source-metrics.ts";
import { workMetrics } from "./work-metrics.ts";

export const METRICS = { ...playMetrics, ...workMetrics, ...sourceMetrics, ...nodeMetrics } as const;
export type Metrics = typeof METRICS;
