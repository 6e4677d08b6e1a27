/** What all of Lectern's dashboards share: variables, links to each other, time. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder, DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder, DashboardLinkType, DatasourceVariableBuilder, QueryVariableBuilder, RowBuilder, VariableRefresh, VariableSort,
  type Dashboard, type Panel, type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE, RUNBOOKS } from "./panels.ts";

export interface Row { title: string; panels: readonly Builder<Panel>[] }
export interface DashboardSpec {
  /** Of its address and its file: stays when the title changes. */
  uid: string;
  title: string;
  about: string;
  variables?: readonly Builder<VariableModel>[];
  rows: readonly Row[];
}

const TAG = "lectern";
const CURRENT_ALL = { text: "All", value: "$__all" };

export const regionVariable = new QueryVariableBuilder("region").label("Region").datasource(DATASOURCE).query("label_values(up{job=\"lectern\"}, region)")
  .multi(true).includeAll(true).allValue(".*").current(CURRENT_ALL).refresh(VariableRefresh.OnTimeRangeChanged).sort(VariableSort.AlphabeticalAsc);
export const nodeVariable = new QueryVariableBuilder("node").label("Node").datasource(DATASOURCE).query("label_values(up{job=\"lectern\", region=~\"$region\"}, instance)")
  .multi(true).includeAll(true).allValue(".*").current(CURRENT_ALL).refresh(VariableRefresh.OnTimeRangeChanged).sort(VariableSort.AlphabeticalAsc);

export function describeDashboard({ uid, title, about, variables = [regionVariable], rows }: DashboardSpec): Dashboard {
  const dashboard = new DashboardBuilder(title).uid(uid).description(about).tags([TAG]).timezone("browser").time({ from: "now-6h", to: "now" }).refresh("30s").tooltip(DashboardCursorSync.Crosshair).readonly()
    .link(new DashboardLinkBuilder("Lectern").type(DashboardLinkType.Dashboards).tags([TAG]).includeVars(true).keepTime(true))
    .link(new DashboardLinkBuilder("Runbooks").type(DashboardLinkType.Link).url(RUNBOOKS).targetBlank(true))
    .annotation(new AnnotationQueryBuilder().name("Alerts").datasource(DATASOURCE).enable(true).iconColor("red").expr("ALERTS{alertname=~\"Lectern.*\", alertstate=\"firing\", severity=\"page\"}"))
    .variables([new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"), ...variables]);
  for (const { title: name, panels } of rows) {
    dashboard.withRow(new RowBuilder(name));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  return finishDashboard(dashboard.build());
}

/** Addresses of panels are by number. Links stand in sight: the builder would have them in a menu. */
function finishDashboard(dashboard: Dashboard): Dashboard {
  return {
    ...dashboard,
    links: dashboard.links?.map(({ placement: _menu, ...link }) => link) ?? [],
    panels: dashboard.panels?.map((panel, index) => ({ ...panel, id: index + 1 })) ?? [],
  };
}
