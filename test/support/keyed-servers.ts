/** A NATS and a Redis with the files that `npm run keys` makes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nkeyAuthenticator, type ConnectionOptions } from "nats";
import { makeKeys } from "../../bin/keys/make-keys.ts";
import { newRecord, type KeyRecord } from "../../bin/keys/key-record.ts";
import { findFreePort } from "./ports.ts";
import { makeTempDir, removeDir, startProcess } from "./processes.ts";

export interface KeyedServers {
  dir: string;
  record: KeyRecord;
  natsPort: number;
  redisPort: number;
  /** The settings in its `node.env`. */
  settingsOf(nodeId: string): Record<string, string>;
  /** The bytes of one of a node's files. */
  fileOf(nodeId: string, name: string): Buffer;
  stop(): Promise<void>;
}

/** @param change of the folder before the servers start */
export async function startKeyedServers(change: (dir: string) => Promise<void> | void = () => undefined): Promise<KeyedServers> {
  const dir = await makeTempDir("keys");
  const [natsPort, redisPort] = [await findFreePort(), await findFreePort()];
  const record: KeyRecord = { ...newRecord(), nats: [`localhost:${natsPort}`], redis: [`localhost:${redisPort}`] };
  await makeKeys(dir, record, undefined);
  await change(dir);
  const fileOf = (nodeId: string, name: string): Buffer => readFileSync(join(dir, "nodes", nodeId, name));
  const nats = await startProcess("nats-server", ["-c", join(dir, "nats", "nats.conf")]);
  const redis = await startProcess("redis-server", [join(dir, "redis", "redis.conf"), "--dir", dir]);
  await Promise.all([nats.said(/Server is ready/, 10_000), redis.said(/Ready to accept connections/, 10_000)]);
  return {
    dir, record, natsPort, redisPort, fileOf,
    settingsOf: (nodeId) => Object.fromEntries(fileOf(nodeId, "node.env").toString("utf8").trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])),
    async stop() {
      await Promise.all([nats.stop(), redis.stop()]);
      await removeDir(dir);
    },
  };
}

export type KeyedOptions = ConnectionOptions & { tls: { ca: string; cert: string; key: string } };

/** As a node's own client connects, but that it tries once. */
export function natsOptions({ natsPort, fileOf }: KeyedServers, nodeId: string): KeyedOptions {
  const text = (name: string): string => fileOf(nodeId, name).toString("utf8");
  return {
    servers: `localhost:${natsPort}`, reconnect: false, timeout: 5_000,
    tls: { ca: text("ca.crt"), cert: text("client.crt"), key: text("client.key") },
    authenticator: nkeyAuthenticator(Buffer.from(text("nkey.seed").trim())),
  };
}
