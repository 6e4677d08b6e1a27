/**
 * The one way to a metric of Lectern's own: a service registers its group of the table and gets what writes it. Names and
 * labels are checked by the compiler; the values of labels are bounded as they are written.
 */
import type { ServiceBroker } from "moleculer";
import { isClosed, OTHER, type Counter, type Gauge, type Histogram, type LabelBound, type LabelBounds, type MetricDefinition } from "./metric-definition.ts";
import { openSeries, type Series } from "./metric-series.ts";
import { METRICS, type Metrics } from "./metric-table.ts";

export type GroupName = keyof Metrics;

type NamesOf<G extends GroupName, Kind extends MetricDefinition> = { [N in keyof Metrics[G]]: Metrics[G][N] extends Kind ? N : never }[keyof Metrics[G]] & string;
type LabelsOf<D> = D extends { labels: infer L extends LabelBounds } ? { readonly [K in keyof L]: string } : never;
/** A metric without labels is written without them. */
type LabelArguments<D> = keyof LabelsOf<D> extends never ? [] : [labels: LabelsOf<D>];

export interface MetricWriter<G extends GroupName> {
  /** One more. */
  count<N extends NamesOf<G, Counter>>(name: N, ...labels: LabelArguments<Metrics[G][N]>): void;
  /** So many more. */
  add<N extends NamesOf<G, Counter>>(name: N, by: number, ...labels: LabelArguments<Metrics[G][N]>): void;
  /** Also for a counter that something else keeps. */
  set<N extends NamesOf<G, Gauge | Counter>>(name: N, value: number, ...labels: LabelArguments<Metrics[G][N]>): void;
  observe<N extends NamesOf<G, Histogram>>(name: N, value: number, ...labels: LabelArguments<Metrics[G][N]>): void;
}

type Labels = Readonly<Record<string, string>>;

/** Counters with no more series than this are there from the start, at 0: what never happened is seen, too. */
const MOST_ZEROS = 24;

const registered = new WeakMap<ServiceBroker, Map<GroupName, unknown>>();

/** Registers the group with the broker, once however often it is asked for. */
export function registerMetrics<G extends GroupName>(broker: ServiceBroker, group: G): MetricWriter<G> {
  let groups = registered.get(broker);
  if (groups === undefined) registered.set(broker, groups = new Map());
  const known = groups.get(group);
  if (known !== undefined) return parseWriter<G>(known);
  const writer = openWriter(broker, METRICS[group]);
  groups.set(group, writer);
  return parseWriter<G>(writer);
}

/** The writer of a group knows its names as strings only; `G` says which of them it has. */
function parseWriter<G extends GroupName>(writer: unknown): MetricWriter<G> {
  return writer as MetricWriter<G>;
}

function openWriter({ metrics }: ServiceBroker, group: Readonly<Record<string, MetricDefinition>>) {
  const found = new Map<string, (labels?: Labels) => Series>();
  for (const [name, definition] of Object.entries(group)) {
    const described = { name, labelNames: Object.keys(definition.labels), description: definition.help };
    if (definition.type === "histogram") metrics.register({ ...described, type: "histogram", buckets: [...definition.buckets] });
    else if (definition.type === "counter") metrics.register({ ...described, type: "counter" });
    else metrics.register({ ...described, type: "gauge" });
    const metric = metrics.getMetric(name);
    if (metric === null) continue; // they are off
    const find = findSeries(definition, (labels) => openSeries(metric, labels, definition.type === "histogram" ? definition.buckets : undefined));
    found.set(name, find);
    if (definition.type === "counter") for (const labels of closedSeries(definition.labels)) find(labels);
  }
  return {
    count: (name: string, labels?: Labels): void => found.get(name)?.(labels).add(1),
    add: (name: string, by: number, labels?: Labels): void => found.get(name)?.(labels).add(by),
    set: (name: string, value: number, labels?: Labels): void => found.get(name)?.(labels).set(value),
    observe: (name: string, value: number, labels?: Labels): void => found.get(name)?.(labels).observe(value),
  };
}

/** @returns finds a series by any labels: that of those which may be written */
function findSeries({ labels: bounds }: MetricDefinition, open: (labels: Labels) => Series): (labels?: Labels) => Series {
  const names = Object.keys(bounds);
  const bounded = boundLabels(bounds);
  const known = new Map<string, Series>();
  const keyOf = (labels: Labels): string => {
    if (names.length === 1) return labels[names[0] ?? ""] ?? OTHER;
    let key = "";
    for (const name of names) key += `${labels[name] ?? OTHER}\0`;
    return key;
  };
  return (labels = {}) => {
    const asked = known.get(keyOf(labels));
    if (asked !== undefined) return asked;
    const allowed = bounded(labels);
    const key = keyOf(allowed);
    const series = known.get(key) ?? open(allowed);
    known.set(key, series);
    return series;
  };
}

/** @returns what makes of any labels those that may be written */
export function boundLabels(bounds: LabelBounds): (labels: Labels) => Labels {
  const each = Object.entries(bounds).map(([label, bound]) => [label, boundValue(bound)] as const);
  return (labels) => Object.fromEntries(each.map(([label, allow]) => [label, allow(labels[label] ?? OTHER)]));
}

function boundValue(bound: LabelBound): (value: string) => string {
  if (isClosed(bound)) {
    const values = new Set(bound.values);
    return (value) => (values.has(value) ? value : OTHER);
  }
  const seen = new Set<string>();
  return (value) => {
    if (value === OTHER || seen.has(value)) return value; // what is summed as other takes nobody's place
    if (seen.size >= bound.most) return OTHER;
    seen.add(value);
    return value;
  };
}

function closedSeries(bounds: LabelBounds): Labels[] {
  let series: Labels[] = [{}];
  for (const [label, bound] of Object.entries(bounds)) {
    if (!isClosed(bound)) return [];
    series = series.flatMap((labels) => bound.values.map((value) => ({ ...labels, [label]: value })));
  }
  return series.length <= MOST_ZEROS ? series : [];
}
