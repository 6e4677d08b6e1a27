/**
 * Where the mesh that `npm start` runs can be found, for the commands of other terminals: `<data>/mesh.json`.
 * It is there exactly while the mesh runs; after a crash its process id tells that it doesn't.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identifyProcess, isAlive, parseIdentity } from "./start/process-identity.ts";

export interface Mesh {
  readonly natsUrl: string;
  readonly redisUrl: string;
  /** As LECTERN_STORE takes it, with an absolute path. */
  readonly store: string;
  /** Undefined: nothing is sealed. */
  readonly meshSecret?: string;
  /** As LECTERN_ADMIN_KEY_HASH. */
  readonly adminKeyHash?: string;
  /** The gateway's, without a slash at the end; undefined: the mesh's first node runs none. */
  readonly httpUrl?: string;
  /** Of `npm start`. */
  readonly pid: number;
  /** What the settings of `npm start` say that every node must agree on. */
  readonly agreed?: Readonly<Record<string, string>>;
}

const AGREED = ["LECTERN_NAMESPACE", "LECTERN_ACCESS", "LECTERN_ENCODER", "LECTERN_VIDEO_CODECS", "LECTERN_SOURCE_ALLOW", "LECTERN_SOURCE_POLICY", "LECTERN_S3_ENDPOINT", "LECTERN_STORE_KEYS", "LECTERN_REGIONS", "LECTERN_SOURCE_MAX_MB", "LECTERN_DURATION_MAX_HOURS", "LECTERN_NATS_CA", "LECTERN_NATS_CERT", "LECTERN_NATS_KEY", "LECTERN_REDIS_PASSWORD_FILE", "LECTERN_REDIS_CA", "LECTERN_REDIS_CERT", "LECTERN_REDIS_KEY", "LECTERN_TLS_CA"] as const;

export function agreedSettings(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  return Object.fromEntries(AGREED.flatMap((name) => ((env[name] ?? "") === "" ? [] : [[name, env[name] ?? ""]])));
}

export function meshFilePath(dataDir: string): string {
  return join(dataDir, "mesh.json");
}

/** Appears whole or not at all; readable by this user only: it holds the mesh's secret, and the URLs may hold passwords. */
export function writeMeshFile(dataDir: string, mesh: Mesh): void {
  const path = meshFilePath(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...mesh, ...identifyProcess(mesh.pid) }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeMeshFile(dataDir: string): void {
  rmSync(meshFilePath(dataDir), { force: true });
}

/** The mesh that runs with this data directory; undefined when none does. */
export function findMesh(dataDir: string): Mesh | undefined {
  let text: string;
  try {
    text = readFileSync(meshFilePath(dataDir), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
  return parseMesh(text);
}

function parseMesh(text: string): Mesh | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // not ours
  }
  const { natsUrl, redisUrl, store, meshSecret, adminKeyHash, httpUrl, agreed } = (value ?? {}) as Record<string, unknown>;
  const owner = parseIdentity(value);
  if (typeof natsUrl !== "string" || typeof redisUrl !== "string" || typeof store !== "string" || owner === undefined) return undefined;
  if (!isAlive(owner)) return undefined;
  const known = typeof agreed === "object" && agreed !== null ? { agreed: agreedSettings(agreed as NodeJS.ProcessEnv) } : {};
  return { natsUrl, redisUrl, store, pid: owner.pid, ...(typeof meshSecret === "string" ? { meshSecret } : {}), ...(typeof adminKeyHash === "string" ? { adminKeyHash } : {}), ...(typeof httpUrl === "string" ? { httpUrl } : {}), ...known };
}

/** The settings that make a process part of `mesh`, but for those that `env` already has. */
export function meshSettings(mesh: Mesh, env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const settings = { ...mesh.agreed, LECTERN_NATS_URL: mesh.natsUrl, LECTERN_REDIS_URL: mesh.redisUrl, LECTERN_STORE: mesh.store, ...(mesh.meshSecret === undefined ? {} : { LECTERN_MESH_SECRET: mesh.meshSecret }), ...(mesh.adminKeyHash === undefined ? {} : { LECTERN_ADMIN_KEY_HASH: mesh.adminKeyHash }) };
  return Object.fromEntries(Object.entries(settings).filter(([name]) => (env[name] ?? "") === ""));
}
