/**
 * The one way to a metric of Lectern's own: a service registers its group of the table and gets what writes it. Names and
 * labels are checked by the compiler; the values of labels are bounded as they are written.
 */
import type { ServiceBroker } from "moleculer";
import { isClosed, OTHER, type Counter, type Gauge, type Histogram, type LabelBound, type LabelBounds, type MetricDefinition } from "./metric-definition.ts";
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
  const bounds = new Map<string, (labels: Labels) => Labels>();
  for (const [name, definition] of Object.entries(group)) {
    const described = { name, labelNames: Object.keys(definition.labels), description: definition.help };
    if (definition.type === "histogram") metrics.register({ ...described, type: "histogram", buckets: [...definition.buckets] });
    else if (definition.type === "counter") metrics.register({ ...described, type: "counter" });
    else metrics.register({ ...described, type: "gauge" });
    bounds.set(name, boundLabels(definition.labels));
    if (definition.type === "counter") for (const labels of closedSeries(definition.labels)) metrics.increment(name, labels, 0);
  }
  const bounded = (name: string, labels: Labels = {}): Labels => bounds.get(name)?.(labels) ?? {};
  return {
    count: (name: string, labels?: Labels): void => void metrics.increment(name, bounded(name, labels)),
    add: (name: string, by: number, labels?: Labels): void => void metrics.increment(name, bounded(name, labels), by),
    set: (name: string, value: number, labels?: Labels): void => void metrics.set(name, value, bounded(name, labels)),
    observe: (name: string, value: number, labels?: Labels): void => void metrics.observe(name, value, bounded(name, labels)),
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
