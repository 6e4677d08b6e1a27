/** The secret of the mesh that `npm start` runs: made once, kept in the data directory, for this user's eyes only. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findSystemCode, StartError } from "./start-error.ts";

/** The data directory is locked, so nobody else makes one at the same time. @throws StartError */
export function openMeshSecret(dataDir: string): string {
  const path = join(dataDir, "mesh.secret");
  try {
    writeFileSync(path, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (findSystemCode(error) !== "EEXIST") throw error;
  }
  const secret = readFileSync(path, "utf8").trim();
  if (secret.length < 32) throw new StartError(`${path} holds no secret: remove it, and a new one is made.`);
  return secret;
}
