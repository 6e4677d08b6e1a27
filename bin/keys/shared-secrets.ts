/** What several machines of a mesh have to know. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { hashKey, keyId, makeApiKey } from "../../config/access/api-key.ts";
import { keepSecret } from "../start/secret-file.ts";

export interface SharedSecrets { meshSecret: string; redisPassword: string; adminKeyHash: string }

/** @returns what was made, a line each @throws StartError when a file holds something else */
export function openSharedSecrets(dir: string, newPassword: boolean, newMeshSecret: boolean): { shared: SharedSecrets; made: string[] } {
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
  };
  return { shared, made };
}
