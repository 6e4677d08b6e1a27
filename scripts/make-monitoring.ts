/**
 * npm run monitoring: writes what is made of something else under deploy/. Grafana's dashboards are described in
 * deploy/grafana/source; the rules for Prometheus' operator are those of deploy/prometheus/rules. A test says when they are not in step.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { DASHBOARDS } from "../deploy/grafana/source/dashboards.ts";

const DEPLOY = fileURLToPath(new URL("../deploy/", import.meta.url));

/** Texts by their paths below deploy/. */
export function makeMonitoring(): ReadonlyMap<string, string> {
  return new Map([
    ...DASHBOARDS.map((dashboard): [string, string] => [`grafana/dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`]),
    ["kubernetes/monitoring/prometheus-rule.yaml", prometheusRule()],
  ]);
}

function prometheusRule(): string {
  const paths = globSync(`${DEPLOY}prometheus/rules/*.yml`).toSorted();
  const groups = paths.flatMap((path) => (parse(readFileSync(path, "utf8")) as { groups: object[] }).groups);
  const rule = { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata: { name: "lectern" }, spec: { groups } };
  return `# Made from deploy/prometheus/rules by \`npm run monitoring\`.\n${stringify(rule, { lineWidth: 0 })}`;
}

if (import.meta.main) for (const [path, text] of makeMonitoring()) writeFileSync(`${DEPLOY}${path}`, text);
