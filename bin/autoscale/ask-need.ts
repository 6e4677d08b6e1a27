/** What the mesh says of a region's need, read as untrusted input. */
import { authorization, type Server } from "../add/find-server.ts";

export interface Need {
  /** Transcoders that the region should have. */
  desired: number;
  /** Those that take work there and are not ours. */
  others: number;
  why: string;
}

const ANSWER_MS = 10_000;

/** @param isOurs by a node's id. Undefined where nothing is known of the region. @throws Error in words when the gateway does not answer or refuses */
export async function askNeed(server: Server, region: string, isOurs: (nodeId: string) => boolean): Promise<Need | undefined> {
  const [capacity, mesh] = await Promise.all(["/v1/capacity", "/v1/nodes"].map((path) => ask(server, path)));
  const outlook = listOf(capacity, "regions").find((one) => one["region"] === region);
  const desired = outlook?.["desired"];
  if (typeof desired !== "number" || !Number.isFinite(desired)) return undefined;
  const others = listOf(mesh, "nodes").filter(({ id, region: where, state, services }) => where === region && state === "active" && Array.isArray(services) && services.includes("transcoder") && typeof id === "string" && !isOurs(id));
  const why = outlook?.["why"];
  return { desired, others: others.length, why: typeof why === "string" ? why : "" };
}

async function ask(server: Server, path: string): Promise<unknown> {
  const response = await fetch(server.url + path, { headers: authorization(server), signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`The gateway answered ${response.status} for ${path}.`);
  return await response.json();
}

function listOf(answer: unknown, name: string): Record<string, unknown>[] {
  const list: unknown = isObject(answer) ? answer[name] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
