/** What a metric of Lectern's own is, and how many series it may have: every label says what its values may be. */

/** `values`: these, and `other` for whatever else is written. */
export interface ClosedLabel { readonly values: readonly string[] }
/** The first `most` values that a node writes, and `other` for the rest. `what` they are, for the document. */
export interface OpenLabel { readonly most: number; readonly what: string }
export type LabelBound = ClosedLabel | OpenLabel;
export type LabelBounds = Readonly<Record<string, LabelBound>>;

export interface Counter<L extends LabelBounds = LabelBounds> { readonly type: "counter"; readonly help: string; readonly labels: L }
export interface Gauge<L extends LabelBounds = LabelBounds> { readonly type: "gauge"; readonly help: string; readonly labels: L }
export interface Histogram<L extends LabelBounds = LabelBounds> { readonly type: "histogram"; readonly help: string; readonly labels: L; readonly buckets: readonly number[] }
export type MetricDefinition = Counter | Gauge | Histogram;

/** By name in Prometheus' form. */
export type MetricGroup = Readonly<Record<string, MetricDefinition>>;

/** What a value becomes that its label does not allow. */
export const OTHER = "other";

type NoLabels = Readonly<Record<never, LabelBound>>;

export function counter(help: string): Counter<NoLabels>;
export function counter<L extends LabelBounds>(help: string, labels: L): Counter<L>;
export function counter(help: string, labels: LabelBounds = {}): Counter {
  return { type: "counter", help, labels };
}

export function gauge(help: string): Gauge<NoLabels>;
export function gauge<L extends LabelBounds>(help: string, labels: L): Gauge<L>;
export function gauge(help: string, labels: LabelBounds = {}): Gauge {
  return { type: "gauge", help, labels };
}

/** @param buckets upper bounds in the metric's unit, ascending, without +Inf */
export function histogram(help: string, buckets: readonly number[]): Histogram<NoLabels>;
export function histogram<L extends LabelBounds>(help: string, buckets: readonly number[], labels: L): Histogram<L>;
export function histogram(help: string, buckets: readonly number[], labels: LabelBounds = {}): Histogram {
  return { type: "histogram", help, labels, buckets };
}

export const oneOf = (...values: string[]): ClosedLabel => ({ values });
export const upTo = (most: number, what: string): OpenLabel => ({ most, what });

export const isClosed = (bound: LabelBound): bound is ClosedLabel => "values" in bound;

/** How many values a label may have, `other` included. */
export const sizeOf = (bound: LabelBound): number => (isClosed(bound) ? bound.values.length : bound.most) + 1;
