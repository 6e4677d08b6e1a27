/** A secret in the data directory: made once, and for this user's eyes only. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { findSystemCode, StartError } from "./start-error.ts";

/**
 * The data directory is locked, so nobody else makes one at the same time.
 * @param isGood of what is kept @returns `isNew`: it was made now @throws StartError when the file holds something else
 */
export function keepSecret(path: string, make: () => string, isGood: (text: string) => boolean): { secret: string; isNew: boolean } {
  let isNew = true;
  try {
    writeFileSync(path, `${make()}\n`, { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (findSystemCode(error) !== "EEXIST") throw error;
    isNew = false;
  }
  const secret = readFileSync(path, "utf8").trim();
  if (!isGood(secret)) throw new StartError(`${path} does not hold what it should: remove it, and it is made anew.`);
  return { secret, isNew };
}

/** Writes a file that others may not read, whatever was there before, whole or not at all. */
export function writeSecretFile(path: string, content: string | Uint8Array): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true }); // with whatever mode it had
  writeFileSync(fresh, content, { flag: "wx", mode: 0o600, flush: true });
  renameSync(fresh, path);
}
