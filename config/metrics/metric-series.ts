/**
 * One series of a metric of Moleculer's, looked up once and then written without its labels being put together and hashed for each
 * value. What is read is Moleculer's own, as ever.
 */
import type { ServiceBroker } from "moleculer";

type Registry = ServiceBroker["metrics"];
/** What a broker's registry gives for a name. */
export type StockMetric = Exclude<ReturnType<Registry["getMetric"]>, null>;
type Labels = Readonly<Record<string, string>>;

export interface Series {
  /** Of counters. */
  add(by: number): void;
  /** Of counters and gauges. */
  set(value: number): void;
  /** Of histograms. */
  observe(value: number): void;
}

/** Moleculer's record of a series, which its types do not tell. */
interface ValueItem { value: number; timestamp: number }
interface HistogramItem { sum: number; count: number; lastValue: number | null; timestamp: number; bucketValues: object }

/** @param buckets of a histogram: its upper bounds, ascending */
export function openSeries(metric: StockMetric, labels: Labels, buckets?: readonly number[]): Series {
  return buckets === undefined ? openValue(metric, labels) : openHistogram(metric, labels, buckets);
}

function openValue(metric: StockMetric, labels: Labels): Series {
  if ("increment" in metric) metric.increment(labels, 0);
  const item = parseItem<ValueItem>(metric.get(labels));
  const set = (value: number): void => {
    item.value = value;
    item.timestamp = Date.now();
    metric.changed(value, labels);
  };
  return { add: (by) => set(item.value + by), set, observe: wrongKind };
}

function openHistogram(metric: StockMetric, labels: Labels, buckets: readonly number[]): Series {
  if ("observe" in metric) metric.observe(0, labels);
  const item = parseItem<HistogramItem>(metric.get(labels));
  /** By the smallest bound that they are within, else last. */
  const byBound = new Float64Array(buckets.length + 1);
  Object.assign(item, { sum: 0, count: 0, lastValue: null, bucketValues: cumulative(buckets, byBound) });
  return {
    add: wrongKind, set: wrongKind,
    observe(value) {
      let at = 0;
      while (at < buckets.length && !(value <= (buckets[at] ?? 0))) at++;
      byBound[at] = (byBound[at] ?? 0) + 1;
      item.sum += value;
      item.count++;
      item.lastValue = value;
      item.timestamp = Date.now();
      metric.changed(value, labels);
    },
  };
}

/** As Moleculer keeps it, by bound; added up when it is read. */
function cumulative(buckets: readonly number[], byBound: Float64Array): object {
  return Object.defineProperties({}, Object.fromEntries(buckets.map((bound, at) => [String(bound), {
    enumerable: true, get: () => byBound.subarray(0, at + 1).reduce((sum, values) => sum + values, 0),
  }])));
}

function parseItem<Item extends object>(item: object | null): Item {
  return item as Item;
}

function wrongKind(): never {
  throw new Error("A metric of this kind is not written so.");
}
