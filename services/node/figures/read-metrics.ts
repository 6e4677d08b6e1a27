/** Reads some of the broker's own metrics, which Moleculer declares loosely: sums over their labels; nothing where a metric is not there. */
import type { ServiceBroker } from "moleculer";

interface Value { value?: unknown; labels?: Readonly<Record<string, unknown>>; count?: unknown; buckets?: Readonly<Record<string, unknown>> }
interface Family { name: string; values: readonly Value[] }

export interface ReadMetrics {
  /** The sum of a counter's series, where `label` is given of those with its `value`. */
  count(name: string, label?: string, value?: string): number;
  /** A gauge's series that have the `others`, by their `label`; undefined where it was never set. */
  gauges(name: string, label: string, values: readonly string[], others: Readonly<Record<string, string>>): number[] | undefined;
  /** A histogram's series added up. `within`: how many were no larger than one of its bounds. */
  histogram(name: string): { count: number; within(bound: number): number };
}

/** As they are now. */
export function readMetrics({ metrics }: ServiceBroker, names: readonly string[]): ReadMetrics {
  const families = metrics.isEnabled() ? (metrics.list({ includes: [...names] }) as unknown as Family[]) : [];
  const valuesOf = (name: string): readonly Value[] => families.find((family) => family.name === name)?.values ?? [];
  return {
    count: (name, label, value) => sum(valuesOf(name).filter(({ labels }) => label === undefined || labels?.[label] === value).map((series) => series.value)),
    gauges(name, label, values, others) {
      const series = valuesOf(name).filter(({ labels }) => Object.entries(others).every(([key, value]) => labels?.[key] === value));
      return series.length === 0 ? undefined : values.map((value) => sum([series.find(({ labels }) => labels?.[label] === value)?.value]));
    },
    histogram(name) {
      const series = valuesOf(name);
      return { count: sum(series.map(({ count }) => count)), within: (bound) => sum(series.map(({ buckets }) => buckets?.[String(bound)])) };
    },
  };
}

const sum = (values: readonly unknown[]): number => values.reduce<number>((total, value) => total + (typeof value === "number" && Number.isFinite(value) ? value : 0), 0);
