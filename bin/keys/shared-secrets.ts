/** What several machines of a mesh have to know. */
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hashKey, keyId, makeApiKey } from "../../config/access/api-key.ts";
import { keepSecret } from "../start/secret-file.ts";
import { StartError } from "../start/start-error.ts";
import { keepStoreKey } from "../start/store-key.ts";
import type { KeyRecord } from "./key-record.ts";

export interface SharedSecrets {
  meshSecret: string;
  redisPassword: string;
  adminKeyHash: string;
  /** What wraps the keys of videos, a key a line; undefined: that is not ours to say. */
  storeKey: string | undefined;
}

/** @param record is told that the store's key was made @returns what was made, a line each @throws StartError when a file holds something else */
export function openSharedSecrets(dir: string, record: KeyRecord, newPassword: boolean, newMeshSecret: boolean): { shared: SharedSecrets; made: string[] } {
  const made: string[] = [];
  const keep = (name: string, anew: boolean, make: () => string, isGood: (text: string) => boolean): string => {
    const path = join(dir, name);
    if (anew) rmSync(path, { force: true });
    const { secret, isNew } = keepSecret(path, make, isGood);
    if (isNew) made.push(name);
    return secret;
  };
  const random = (): string => randomBytes(32).toString("base64url");
  const isRandom = (text: string): boolean => /^[\w-]{32,}$/.test(text);
  const shared = {
    meshSecret: keep("mesh.secret", newMeshSecret, random, isRandom),
    redisPassword: keep("redis.password", newPassword, random, isRandom),
    adminKeyHash: hashKey(keep("admin.key", false, () => makeApiKey().key, (text) => keyId(text) !== undefined)),
    storeKey: record.storeKey === "none" ? undefined : openStoreKey(join(dir, "store.key")),
  };
  return { shared, made };

  /** Another in its place would open nothing that is stored. */
  function openStoreKey(path: string): string {
    if (record.storeKey === "made" && !existsSync(path)) throw new StartError(`${path}, by which all videos are encrypted, is missing: bring it back, from a node's folder or a backup. \`--store-key no\` leaves it to LECTERN_STORE_KEYS.`);
    const { secret, isNew } = keepStoreKey(path);
    if (isNew) made.push("store.key");
    record.storeKey = "made";
    return secret;
  }
}
