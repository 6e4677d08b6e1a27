/** What is shipped for Prometheus and Grafana: that it is in step with its sources, with the code, and with each other. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { makeMonitoring } from "../../../scripts/make-monitoring.ts";
import { listRules, PROMETHEUS_DIR, seriesOf } from "../../support/alert-rules.ts";
import { composeFaults, readCompose } from "../../support/compose.ts";
import { fillVariables, listQueries, readDashboards, type DashboardPanel } from "../../support/dashboards.ts";
import { readEnvironment, readStages } from "../../support/dockerfile.ts";
import { allMetrics } from "../../support/metric-rows.ts";
import { makeTempDir, removeDir, runProcess } from "../../support/processes.ts";

const DEPLOY = fileURLToPath(new URL("../../../deploy/", import.meta.url));
const RUNBOOKS = readFileSync(join(DEPLOY, "../docs/runbooks.md"), "utf8");
/** Prometheus', prom-client's and Moleculer's own that are used. */
const FOREIGN = [
  "up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds", "process_open_fds",
  "moleculer_req_total", "moleculer_req_errors_total", "moleculer_req_duration_ms_bucket",
];
const known = new Set([
  ...FOREIGN,
  ...listRules().flatMap((rule) => ("record" in rule ? [rule.record] : [])),
  ...allMetrics().flatMap(([name, { type }]) => (type === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : [name])),
]);
const strangers = (exprs: readonly string[]): string[] => [...new Set(exprs.flatMap((expr) => seriesOf(fillVariables(expr))))].filter((name) => !known.has(name));

describe("monitoring", () => {
  it("is made: what is checked in is what its sources say", () => {
    for (const [path, text] of makeMonitoring()) expect(readFileSync(join(DEPLOY, path), "utf8") === text, `${path}: npm run monitoring`).to.equal(true);
    expect([...readDashboards().keys()].map((name) => `grafana/dashboards/${name}`)).to.have.members([...makeMonitoring().keys()].filter((path) => path.endsWith(".json")));
  });

  it("names only metrics that there are", () => {
    expect(seriesOf('1 - sum by (le, region) (rate(a_bucket{le="0.8"}[5m])) / on (x) group_left () max(b:c:d) > 14.4 * 0.01 and c == 1e9 unless d offset 1h')).to.deep.equal(["a_bucket", "b:c:d", "c", "d"]);
    expect(strangers(listRules().map(({ expr }) => expr)), "rules").to.deep.equal([]);
    expect(strangers(listQueries().map(({ expr }) => expr)), "dashboards").to.deep.equal([]);
    const told = [...readDashboards().values()].flatMap(({ annotations, templating }) => [...annotations.list.map(({ expr }) => expr), ...templating.list.flatMap(({ query }) => /^label_values\((.+), \w+\)$/.exec(query ?? "")?.[1] ?? [])]);
    expect(told.length).to.be.above(5);
    expect(strangers(told), "variables and annotations").to.deep.equal([]);
  });

  it("asks in PromQL, in every panel", async () => {
    const dir = await makeTempDir("queries");
    try {
      writeFileSync(join(dir, "queries.yml"), stringify({ groups: [{ name: "queries", rules: listQueries().map(({ expr }, index) => ({ record: `query_${index}`, expr })) }] }));
      await runProcess("promtool", ["check", "rules", join(dir, "queries.yml")]);
    } finally {
      await removeDir(dir);
    }
  });

  it("has panels that say what they show, in a unit, side by side, with runbooks that are there", () => {
    const shown = [...readDashboards()];
    expect(new Set(shown.map(([, { uid }]) => uid)).size).to.equal(shown.length);
    for (const [name, { uid, panels, tags, links }] of shown) {
      expect([name, tags]).to.deep.equal([`${uid}.json`, ["lectern"]]);
      expect(links.length).to.equal(2);
      expect(panels.map(({ id }) => id)).to.deep.equal(panels.map((_, index) => index + 1));
      for (const { type, title = "", description = "", targets = [], fieldConfig, datasource } of panels.filter(({ type }) => type !== "row")) {
        expect([type, title, targets.length].every(Boolean), title).to.equal(true);
        expect(description.length, title).to.be.above(15);
        expect(fieldConfig?.defaults.unit, title).to.be.a("string");
        expect(datasource?.uid, title).to.equal("$datasource");
      }
      expect(overlaps(panels), name).to.deep.equal([]);
      const anchors = panels.flatMap(({ links: own = [] }) => own).flatMap(({ url }) => url?.split("#")[1] ?? []);
      expect(anchors.filter((anchor) => !new RegExp(`^##+ ${anchor}$`, "im").test(RUNBOOKS)), name).to.deep.equal([]);
    }
  });

  it("scrapes alike wherever nodes are found", () => {
    interface Config { global: object; rule_files: string[]; scrape_configs: { job_name: string; sample_limit: number; dns_sd_configs?: { names: string[]; port: number }[] }[] }
    const [files, compose, regions] = ["prometheus.yml", "prometheus.compose.yml", "prometheus.regions.yml"].map((name) => parse(readFileSync(`${PROMETHEUS_DIR}${name}`, "utf8")) as Config);
    const shared = (config: Config | undefined): unknown => [config?.global, config?.rule_files, config?.scrape_configs.map(({ job_name: job, sample_limit: limit }) => [job, limit])];
    expect(shared(compose)).to.deep.equal(shared(files));
    expect(shared(regions)).to.deep.equal(shared(files));
    const port = Number(readEnvironment(readStages().at(-1))["LECTERN_METRICS_PORT"]);
    for (const [config, path] of [[compose, "compose.yml"], [regions, "deploy/compose.regions.yml"]] as const) {
      const nodes = Object.keys(readCompose(path).services).filter((name) => /^(lectern|gateway|worker)\b/.test(name));
      const [found] = config?.scrape_configs[0]?.dns_sd_configs ?? [];
      expect(found?.names, path).to.have.members(nodes);
      expect(found?.port).to.equal(port);
    }
  });

  it("stands in the Compose files, for who asks for it, on this machine's own address", () => {
    const path = "deploy/compose.monitoring.yml";
    const { services, volumes = {} } = readCompose(path);
    expect(composeFaults({ services, volumes })).to.deep.equal([]);
    for (const file of ["compose.yml", "deploy/compose.regions.yml"]) {
      const own = readCompose(file);
      expect(Object.keys(own.services)).to.include.members(Object.keys(services));
      expect(Object.keys(own.volumes ?? {})).to.include.members(Object.keys(volumes));
      for (const name of Object.keys(services)) expect((own.services[name] as { extends?: { file: string; service: string } }).extends).to.deep.equal({ file: file === "compose.yml" ? path : "compose.monitoring.yml", service: name });
    }
    for (const [name, service] of Object.entries(services)) {
      expect((service as { profiles?: string[] }).profiles, name).to.deep.equal(["monitoring"]);
      for (const port of service.ports ?? []) expect(port, name).to.match(/^127\.0\.0\.1:/);
      for (const volume of service.volumes ?? []) if (volume.startsWith(".")) expect(existsSync(join(DEPLOY, volume.split(":")[0] ?? "")), volume).to.equal(true);
    }
    const mounts = services["grafana"]?.volumes ?? [];
    const { providers: [provider] } = parse(readFileSync(join(DEPLOY, "grafana/provisioning/dashboards/lectern.yml"), "utf8")) as { providers: { options: { path: string } }[] };
    expect(mounts).to.include(`./grafana/dashboards:${provider?.options.path}:ro`);
    const home = services["grafana"]?.environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
    expect(existsSync(join(DEPLOY, "grafana/dashboards", String(home).split("/").at(-1) ?? ""))).to.equal(true);
  });
});

function overlaps(panels: readonly DashboardPanel[]): string[] {
  const found = panels.flatMap(({ title = "", gridPos: { x, w } }) => (x + w > 24 ? [`${title} is out of the grid`] : []));
  for (const [index, { title = "", gridPos: a }] of panels.entries()) {
    for (const { title: other = "", gridPos: b } of panels.slice(index + 1)) if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h) found.push(`${title} lies on ${other}`);
  }
  return found;
}
