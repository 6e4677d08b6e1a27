/** The key that may do everything: made at the first start, kept in the data directory, for this user's eyes only. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyId, makeApiKey } from "../../config/access/api-key.ts";
import { findSystemCode, StartError } from "./start-error.ts";

export function adminKeyPath(dataDir: string): string {
  return join(dataDir, "admin.key");
}

/** The data directory is locked, so nobody else makes one at the same time. @throws StartError */
export function openAdminKey(dataDir: string): { key: string; isNew: boolean } {
  const path = adminKeyPath(dataDir);
  let isNew = true;
  try {
    writeFileSync(path, `${makeApiKey().key}\n`, { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (findSystemCode(error) !== "EEXIST") throw error;
    isNew = false;
  }
  const key = findAdminKey(dataDir);
  if (key === undefined) throw new StartError(`${path} holds no key: remove it, and a new one is made.`);
  return { key, isNew };
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
