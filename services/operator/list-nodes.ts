/** Puts together what the mesh and each node say of a node. A node that does not answer costs a moment, not the list. */
import { Errors } from "moleculer";
import type { NodeCondition, NodeRow, NodeStanding } from "./operator.contract.ts";

export type Call = <Result>(action: string, params?: object, options?: { nodeID?: string; timeout?: number; retries?: number }) => Promise<Result>;

/** What `$node.list` tells of a node, as far as it is used. */
export interface NodeEntry {
  id: string;
  available: boolean;
  cpu?: number | null;
  hostname?: string | null;
  client?: { version?: unknown; langVersion?: unknown };
  metadata?: { region?: unknown; services?: unknown; protocol?: unknown };
}

const ANSWER_MS = 1_500;
const CONDITIONS: readonly NodeCondition[] = ["active", "draining", "drained", "quarantined"];

export async function listNodes(call: Call): Promise<NodeRow[]> {
  const entries = await call<NodeEntry[]>("$node.list");
  const rows = await Promise.all(entries.map((entry) => describeNode(entry, call)));
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function describeNode(entry: NodeEntry, call: Call): Promise<NodeRow> {
  const { id, available, cpu, hostname, client, metadata = {} } = entry;
  const services = Array.isArray(metadata.services) ? metadata.services.filter((name) => typeof name === "string") : [];
  const ask = <Result>(action: string): Promise<Result | undefined> => call<Result>(action, {}, { nodeID: id, timeout: ANSWER_MS, retries: 0 }).catch(() => undefined);
  const [standing, health, load] = await Promise.all([
    available ? standingOf(id, call) : awayStanding,
    available ? ask<{ process?: { uptime?: unknown } }>("$node.health") : undefined,
    available && services.includes("transcoder") ? ask<{ slots: number; play: number; background: number; waiting: number }>("transcoder.load") : undefined,
  ]);
  const uptime = health?.process?.uptime;
  return {
    id, available, services, ...standing,
    region: typeof metadata.region === "string" ? metadata.region : null,
    host: hostname ?? null,
    cpuPercent: cpu ?? null,
    gateway: services.includes("gateway"),
    ...(typeof uptime === "number" ? { uptimeSec: Math.round(uptime) } : {}),
    ...(load === undefined ? {} : { slots: { total: load.slots, play: load.play, background: load.background, waiting: load.waiting } }),
    versions: {
      ...(typeof client?.langVersion === "string" ? { node: client.langVersion } : {}),
      ...(typeof client?.version === "string" ? { moleculer: client.version } : {}),
      ...(typeof metadata.protocol === "number" ? { protocol: metadata.protocol } : {}),
    },
  };
}

const awayStanding: NodeStanding = { state: "away", reasons: [] };

async function standingOf(nodeID: string, call: Call): Promise<NodeStanding> {
  try {
    return parseStanding(await call("node.state", {}, { nodeID, timeout: ANSWER_MS, retries: 0 }));
  } catch (error) {
    return { state: "unknown", reasons: isUnknownAction(error) ? [] : [{ code: "silent", message: "It does not answer." }] };
  }
}

/** The answer of `node.state`, `node.drain` and `node.undrain`. */
export function parseStanding(value: unknown): NodeStanding {
  const { state, reasons, since, running } = (value ?? {}) as Partial<Record<keyof NodeStanding, unknown>>;
  return {
    state: CONDITIONS.find((known) => known === state) ?? "unknown",
    reasons: Array.isArray(reasons) ? reasons as NodeStanding["reasons"] : [],
    ...(typeof since === "string" ? { since } : {}),
    ...(typeof running === "object" && running !== null ? { running: running as Record<string, number> } : {}),
  };
}

/** Whether nobody there has such an action, as on nodes that run no such service. */
export function isUnknownAction(error: unknown): boolean {
  return error instanceof Errors.ServiceNotFoundError || (typeof error === "object" && error !== null && "type" in error && error.type === "SERVICE_NOT_FOUND");
}
