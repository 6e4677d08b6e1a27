/** The few kinds of panels that all dashboards are made of, so that the same thing looks the same everywhere. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode, BigValueGraphMode, GraphDrawStyle, GraphThresholdsStyleConfigBuilder, GraphThresholdsStyleMode, LegendDisplayMode, LegendPlacement, ReduceDataOptionsBuilder,
  SortOrder, StackingConfigBuilder, StackingMode, TooltipDisplayMode, VisibilityMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { DashboardLinkBuilder, DashboardLinkType, ThresholdsConfigBuilder, ThresholdsMode, type Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** Where the runbooks are read; docs/runbooks.md says how that is changed. */
export const RUNBOOKS = "https://git.example.org/lectern/docs/runbooks.md";
export const DATASOURCE = { type: "prometheus", uid: "$datasource" } as const;

/** Units of Grafana that are used. */
export type Unit = "s" | "bytes" | "Bps" | "percentunit" | "short" | "reqps" | "dateTimeFromNow" | "none";

export interface Query { expr: string; legend: string }
/** Green up to `warn`, yellow up to `bad`, then red; with `low` the other way round. */
export interface Threshold { warn: number; bad: number; low?: boolean }
export interface PanelSpec {
  title: string;
  /** For who looks at it for the first time: what is good, what is not. */
  about: string;
  unit: Unit;
  queries: readonly Query[];
  threshold?: Threshold;
  /** Of 24. */
  width?: number;
  /** Section of the runbooks. */
  runbook?: string;
  min?: number;
  max?: number;
}

const LINE_HEIGHT = 8;
const STAT_HEIGHT = 4;

function thresholdSteps({ warn, bad, low = false }: Threshold): ThresholdsConfigBuilder {
  const steps = low
    ? [{ value: null, color: "red" }, { value: bad, color: "yellow" }, { value: warn, color: "green" }]
    : [{ value: null, color: "green" }, { value: warn, color: "yellow" }, { value: bad, color: "red" }];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

const plain = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color: "green" }]);
const refId = (index: number): string => String.fromCharCode(65 + index);
const runbookLink = (section: string): DashboardLinkBuilder => new DashboardLinkBuilder("Runbook").type(DashboardLinkType.Link).url(`${RUNBOOKS}#${section.toLowerCase()}`).targetBlank(true);

const rangeQuery = ({ expr, legend }: Query, index: number): DataqueryBuilder => new DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend).range();
const instantQuery = ({ expr, legend }: Query, index: number): DataqueryBuilder => new DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend).instant();

/** How things went. */
export function lines({ title, about, unit, queries, threshold, width = 8, runbook, min = 0, max }: PanelSpec, stacked = false): Builder<Panel> {
  const panel = new TimeseriesBuilder().title(title).description(about).datasource(DATASOURCE).unit(unit).min(min).height(LINE_HEIGHT).span(width)
    .targets(queries.map(rangeQuery))
    .drawStyle(GraphDrawStyle.Line).lineWidth(1).fillOpacity(stacked ? 30 : 5).showPoints(VisibilityMode.Never).spanNulls(false)
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).calcs([]))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholds(threshold === undefined ? plain : thresholdSteps(threshold));
  if (threshold !== undefined) panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  if (max !== undefined) panel.max(max);
  if (runbook !== undefined) panel.links([runbookLink(runbook)]);
  return panel;
}

/** How things went, as parts of a whole. */
export const areas = (spec: PanelSpec): Builder<Panel> => lines(spec, true);

/** How things are, as one figure, green or not. */
export function figure({ title, about, unit, queries, threshold, width = 4, runbook }: PanelSpec): Builder<Panel> {
  const panel = new StatBuilder().title(title).description(about).datasource(DATASOURCE).unit(unit).height(STAT_HEIGHT).span(width).noValue("–")
    .targets(queries.map(rangeQuery))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
    .colorMode(threshold === undefined ? BigValueColorMode.None : BigValueColorMode.Background).graphMode(BigValueGraphMode.Area)
    .thresholds(threshold === undefined ? plain : thresholdSteps(threshold));
  if (runbook !== undefined) panel.links([runbookLink(runbook)]);
  return panel;
}

/** A row for each series of the query: its labels, and its value under the title's name. */
export function rows({ title, about, unit, queries, width = 12, threshold, runbook }: PanelSpec): Builder<Panel> {
  const panel = new TableBuilder().title(title).description(about).datasource(DATASOURCE).unit(unit).height(LINE_HEIGHT).span(width).noValue("–")
    .targets(queries.map((query, index) => instantQuery(query, index).format(PromQueryFormat.Table)))
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({ id: "organize", options: { excludeByName: { Time: true, __name__: true, job: true }, renameByName: Object.fromEntries(queries.map(({ legend }, index) => [queries.length === 1 ? "Value" : `Value #${refId(index)}`, legend])) } })
    .thresholds(threshold === undefined ? plain : thresholdSteps(threshold));
  if (runbook !== undefined) panel.links([runbookLink(runbook)]);
  return panel;
}
