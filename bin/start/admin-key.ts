/** The key that may do everything: made at the first start, kept in the data directory, for this user's eyes only. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keyId, makeApiKey } from "../../config/access/api-key.ts";
import { keepSecret } from "./secret-file.ts";
import { findSystemCode } from "./start-error.ts";

export function adminKeyPath(dataDir: string): string {
  return join(dataDir, "admin.key");
}

/** @throws StartError */
export function openAdminKey(dataDir: string): { key: string; isNew: boolean } {
  const { secret, isNew } = keepSecret(adminKeyPath(dataDir), () => makeApiKey().key, (text) => keyId(text) !== undefined);
  return { key: secret, isNew };
}

/** Undefined where `npm start` has made none, or this user may not read it. */
export function findAdminKey(dataDir: string): string | undefined {
  try {
    const key = readFileSync(adminKeyPath(dataDir), "utf8").trim();
    return keyId(key) === undefined ? undefined : key;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(findSystemCode(error) ?? "")) return undefined;
    throw error;
  }
}
