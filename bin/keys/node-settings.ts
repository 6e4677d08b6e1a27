/** The settings by which a node of a role starts, as a file that a shell, Docker and systemd read. */
import { REDIS_USER } from "../../config/redis-access.ts";
import type { KeyHolder, KeyRecord } from "./key-record.ts";
import { servicesOf } from "./roles.ts";

export interface NodeSecrets { meshSecret: string; adminKeyHash: string; storeKey: string | undefined }

/** @param dir of the node's files when they are used */
export function nodeSettings(record: KeyRecord, { id, role }: KeyHolder, dir: string, { meshSecret, adminKeyHash, storeKey }: NodeSecrets): Record<string, string> {
  const services = servicesOf(role);
  return {
    LECTERN_NODE_ID: id,
    LECTERN_NAMESPACE: record.namespace,
    ...(services.length === 0 ? {} : { LECTERN_SERVICES: services.join(",") }),
    LECTERN_NATS_URL: record.nats.map((hostPort) => `tls://${hostPort}`).join(","),
    LECTERN_NATS_CA: `${dir}/ca.crt`,
    LECTERN_NATS_CERT: `${dir}/client.crt`,
    LECTERN_NATS_KEY: `${dir}/client.key`,
    LECTERN_NATS_NKEY: `${dir}/nkey.seed`,
    LECTERN_MESH_SECRET: meshSecret,
    LECTERN_REDIS_URL: `rediss://${REDIS_USER}@${record.redis[0] ?? ""}`,
    ...(role === "operator" ? {} : {
      LECTERN_REDIS_PASSWORD_FILE: `${dir}/redis.password`, LECTERN_REDIS_CA: `${dir}/ca.crt`, LECTERN_REDIS_CERT: `${dir}/client.crt`, LECTERN_REDIS_KEY: `${dir}/client.key`,
      LECTERN_ADMIN_KEY_HASH: adminKeyHash,
      ...(storeKey === undefined ? {} : { LECTERN_STORE_KEYS: `file:${dir}/store.key` }),
    }),
    ...(role === "edge" ? { LECTERN_TLS_CERT: `${dir}/gateway.crt`, LECTERN_TLS_KEY: `${dir}/gateway.key` } : {}),
    LECTERN_TLS_CA: `${dir}/ca.crt`,
  };
}

/** Without quotes, which not all of them take away: `isPlainPath` keeps from needing any. */
export function formatSettings(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join("");
}

export function isPlainPath(path: string): boolean {
  return /^[\w./@:+-]+$/.test(path);
}
