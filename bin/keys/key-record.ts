/** What `npm run keys` made, and for whom: `record.json`. It holds nothing secret. */
import { existsSync, readFileSync } from "node:fs";
import { isNodeId } from "../../config/nats-subjects.ts";
import { StartError } from "../start/start-error.ts";
import { ROLES, type Role } from "./roles.ts";

export interface KeyHolder {
  id: string;
  role: Role;
  /** Public. Undefined: still to be made. */
  nkey: string | undefined;
}

export interface KeyRecord {
  namespace: string;
  /** Where the files are when they are used; undefined: where they are made. */
  at: string | undefined;
  /** Names or addresses, by which clients reach them. */
  gateway: string[];
  /** `host:port` each. */
  nats: string[];
  redis: string[];
  /** By which nodes encrypt what is stored. A mesh from before it was made has `none`: its nodes may be told otherwise. */
  storeKey: StoreKeyState;
  nodes: KeyHolder[];
}

const STORE_KEYS = ["none", "wanted", "made"] as const;
export type StoreKeyState = (typeof STORE_KEYS)[number];

export function newRecord(): KeyRecord {
  return {
    namespace: "lectern", at: undefined, gateway: ["localhost", "127.0.0.1"], nats: ["localhost:4222"], redis: ["localhost:6379"], storeKey: "wanted",
    nodes: [{ id: "edge-1", role: "edge", nkey: undefined }, { id: "worker-1", role: "worker", nkey: undefined }, { id: "operator-1", role: "operator", nkey: undefined }],
  };
}

/** Undefined when there is none. @throws StartError when it is not one */
export function readRecord(path: string): KeyRecord | undefined {
  if (!existsSync(path)) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    found = undefined;
  }
  const { namespace, at, gateway, nats, redis, storeKey, nodes } = (found ?? {}) as Record<string, unknown>;
  const holders = Array.isArray(nodes) ? nodes.map(parseHolder) : [undefined];
  if (typeof namespace !== "string" || !isNamespace(namespace) || !isTextList(gateway) || !isTextList(nats) || !isTextList(redis) || holders.includes(undefined)) {
    throw new StartError(`${path} is not as \`npm run keys\` writes it: put it right, or remove it together with the folder.`);
  }
  return { namespace, at: typeof at === "string" ? at : undefined, gateway, nats, redis, storeKey: STORE_KEYS.find((one) => one === storeKey) ?? "none", nodes: holders.filter((one) => one !== undefined) };
}

/** It stands in subjects, in keys and in files that are read as other languages. */
export function isNamespace(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,63}$/.test(text);
}

function parseHolder(value: unknown): KeyHolder | undefined {
  const { id, role, nkey } = (value ?? {}) as Record<string, unknown>;
  const known = ROLES.find((one) => one === role);
  if (typeof id !== "string" || !isNodeId(id) || known === undefined) return undefined;
  return { id, role: known, nkey: typeof nkey === "string" && /^U[A-Z2-7]{55}$/.test(nkey) ? nkey : undefined };
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string");
}
