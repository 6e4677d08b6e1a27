/** A real Prometheus and a real Alertmanager with the shipped configurations: only addresses and times are the test's own. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { PROMETHEUS_DIR } from "./alert-rules.ts";
import { eventually } from "./eventually.ts";
import { findFreePort } from "./ports.ts";
import { makeTempDir, removeDir, startProcess } from "./processes.ts";

export interface Series { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }
export interface FiringAlert { labels: Record<string, string>; annotations: Record<string, string> }
export interface Monitoring {
  /** What the query gives now. @throws Error when Prometheus refuses it */
  query(expr: string): Promise<Series[]>;
  /** Alerts that fire in Prometheus. */
  firing(): Promise<FiringAlert[]>;
  /** Alerts that have come to Alertmanager and are not over; `receivers` by name, and whether another one silences it. */
  arrived(): Promise<(FiringAlert & { receivers: { name: string }[]; status: { inhibitedBy: string[] } })[]>;
  stop(): Promise<void>;
}

/** @param targets `host:port` of the nodes by region */
export async function startMonitoring(targets: Readonly<Record<string, readonly string[]>>): Promise<Monitoring> {
  const dir = await makeTempDir("prometheus");
  const [port, alertPort] = [await findFreePort(), await findFreePort()];
  await cp(PROMETHEUS_DIR, dir, { recursive: true });
  await mkdir(join(dir, "data"));
  await writeFile(join(dir, "targets/nodes.yml"), stringify(Object.entries(targets).map(([region, hosts]) => ({ labels: { region }, targets: hosts }))));
  await replace(join(dir, "prometheus.yml"), [[/(scrape|evaluation)_interval: 15s/g, "$1_interval: 1s"], [/scrape_timeout: 10s/, "scrape_timeout: 1s"], [/127\.0\.0\.1:9093/, `127.0.0.1:${alertPort}`]]);
  for (const path of globSync(join(dir, "rules/*.yml"))) await replace(path, [[/^( +)for: \d+[mh]$/gm, "$1for: 1s"], [/^( +)interval: (1m|30s)$/gm, "$1interval: 1s"]], false);
  await replace(join(dir, "alertmanager.yml"), [[/group_wait: \d+s/g, "group_wait: 1s"], [/group_interval: \d+m/g, "group_interval: 1s"]]);

  const prometheus = await startProcess("prometheus", [`--config.file=${join(dir, "prometheus.yml")}`, `--storage.tsdb.path=${join(dir, "data")}`, `--web.listen-address=127.0.0.1:${port}`, "--query.lookback-delta=10s"]);
  const alertmanager = await startProcess("prometheus-alertmanager", [`--config.file=${join(dir, "alertmanager.yml")}`, `--storage.path=${join(dir, "alerts")}`, `--web.listen-address=127.0.0.1:${alertPort}`, "--cluster.listen-address="]);
  const stop = async (): Promise<void> => {
    await Promise.all([prometheus.stop(), alertmanager.stop()]);
    await removeDir(dir);
  };
  async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { status, error, data } = await answer.json() as { status: string; error?: string; data: T };
    if (status !== "success") throw new Error(`${error ?? answer.status}: ${path}`);
    return data;
  }
  try {
    for (const server of [prometheus, alertmanager]) void server.exited.then(() => undefined);
    await eventually(async () => (await Promise.all([port, alertPort].map((one) => fetch(`http://127.0.0.1:${one}/-/ready`).then(({ ok }) => ok, () => false)))).every(Boolean));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    query: async (expr) => (await ask<{ result: Series[] }>(`query?${new URLSearchParams({ query: expr })}`)).result,
    firing: async () => (await ask<{ alerts: (FiringAlert & { state: string })[] }>("alerts")).alerts.filter(({ state }) => state === "firing"),
    arrived: async () => await (await fetch(`http://127.0.0.1:${alertPort}/api/v2/alerts?active=true&inhibited=true`)).json() as Awaited<ReturnType<Monitoring["arrived"]>>,
    stop,
  };
}

/** @throws Error where something to be replaced is not there, unless it may be absent */
async function replace(file: string, changes: readonly (readonly [RegExp, string])[], strict = true): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [from, to] of changes) {
    if (strict && text.search(from) < 0) throw new Error(`${file} has no ${from}`);
    text = text.replaceAll(new RegExp(from, from.flags.includes("g") ? from.flags : `${from.flags}g`), to);
  }
  await writeFile(file, text);
}
