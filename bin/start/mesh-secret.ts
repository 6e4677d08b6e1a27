/** The secret of the mesh that `npm start` runs. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { keepSecret } from "./secret-file.ts";

const MIN_LENGTH = 32;

/** @throws StartError */
export function openMeshSecret(dataDir: string): string {
  return keepSecret(join(dataDir, "mesh.secret"), () => randomBytes(32).toString("base64url"), (text) => text.length >= MIN_LENGTH).secret;
}
