/** Writes Moleculer's own metrics in Prometheus' text format 0.0.4, one family a metric. */

/** What `broker.metrics.list()` gives, as far as it is used. */
export interface MetricFamily {
  type: string;
  name: string;
  description?: string | undefined;
  values: readonly MetricValue[];
}
export interface MetricValue {
  labels?: Readonly<Record<string, unknown>>;
  value?: unknown;
  sum?: number;
  count?: number;
  /** Cumulative counts by upper bound. */
  buckets?: Readonly<Record<string, number>>;
}

/** Moleculer declares the values of a metric loosely; each field is checked where it is written. */
export function parseFamilies(list: readonly object[]): readonly MetricFamily[] {
  return list as readonly MetricFamily[];
}

/** Of the machine and the process: prom-client has what is of use of it, by its proper name; the rest names users, addresses and arguments. */
const SKIPPED = /^(?:os|process)\./;

/** @param taken names of families that the text will stand beside; a second one of a name would be a fault */
export function formatFamilies(families: readonly MetricFamily[], taken: ReadonlySet<string>): string {
  const seen = new Set(taken);
  const lines: string[] = [];
  for (const family of families) {
    const name = family.name.replace(/[^a-zA-Z0-9_:]/g, "_");
    if (SKIPPED.test(family.name) || seen.has(name) || family.values.length === 0) continue;
    const samples = formatSamples(name, family);
    if (samples.length === 0) continue;
    seen.add(name);
    lines.push(`# HELP ${name} ${(family.description || family.name).replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`);
    lines.push(`# TYPE ${name} ${family.type === "info" ? "gauge" : family.type}`, ...samples);
  }
  return lines.map((line) => `${line}\n`).join("");
}

function formatSamples(name: string, family: MetricFamily): string[] {
  switch (family.type) {
    case "counter":
    case "gauge":
      return family.values.flatMap(({ labels, value }) => (typeof value === "number" ? [`${name}${formatLabels(labels)} ${value}`] : []));
    case "info":
      return family.values.flatMap(({ labels, value }) => (value === null || value === undefined ? [] : [`${name}${formatLabels({ ...labels, value })} 1`]));
    case "histogram":
      return family.values.flatMap((value) => formatHistogram(name, value));
    default:
      return [];
  }
}

function formatHistogram(name: string, { labels, buckets, sum, count }: MetricValue): string[] {
  if (sum === undefined || count === undefined) return [];
  const bounds = Object.entries(buckets ?? {}).map(([bound, below]) => `${name}_bucket${formatLabels({ ...labels, le: bound })} ${below}`);
  return [
    ...bounds,
    `${name}_bucket${formatLabels({ ...labels, le: "+Inf" })} ${count}`,
    `${name}_sum${formatLabels(labels)} ${sum}`,
    `${name}_count${formatLabels(labels)} ${count}`,
  ];
}

function formatLabels(labels: Readonly<Record<string, unknown>> = {}): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key.replace(/[^a-zA-Z0-9_]/g, "_")}="${escape(String(value ?? ""))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
