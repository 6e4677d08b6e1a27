/** Grafana's dashboards as they are shipped, as far as they are looked at. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Target { expr: string; refId: string; instant?: boolean; datasource?: object }
export interface PanelLink { title: string; url?: string }
export interface DashboardPanel {
  id: number; type: string; title?: string; description?: string; targets?: Target[]; links?: PanelLink[]; datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number }; fieldConfig?: { defaults: { unit?: string } };
}
export interface DashboardFile { uid: string; title: string; schemaVersion: number; tags: string[]; links: PanelLink[]; panels: DashboardPanel[]; templating: { list: { name: string; type: string; query?: string }[] }; annotations: { list: { expr: string }[] } }

const DIR = fileURLToPath(new URL("../../deploy/grafana/dashboards/", import.meta.url));

/** By file name. */
export function readDashboards(): ReadonlyMap<string, DashboardFile> {
  return new Map(globSync("*.json", { cwd: DIR }).toSorted().map((name) => [name, JSON.parse(readFileSync(`${DIR}${name}`, "utf8")) as DashboardFile]));
}

export interface PanelQuery { dashboard: string; panel: string; expr: string }

/** Every query of every panel, with values for what Grafana fills in. */
export function listQueries(): PanelQuery[] {
  return [...readDashboards().values()].flatMap(({ uid, panels }) => panels.flatMap(({ title = "", targets = [] }) => targets.map(({ expr }) => ({ dashboard: uid, panel: title, expr: fillVariables(expr) }))));
}

/** As Grafana does it for "All", over a short time. */
export const fillVariables = (expr: string): string => expr.replaceAll(/\$(region|node)\b/g, ".*").replaceAll("$__rate_interval", "1m").replaceAll("$__range", "1h");
