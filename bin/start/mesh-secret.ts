/** The secrets of the mesh that `npm start` runs: another user of the machine reaches its servers, and is not let in. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { keepSecret } from "./secret-file.ts";

const MIN_LENGTH = 32;

/** What its nodes seal with. @throws StartError */
export function openMeshSecret(dataDir: string): string {
  return openSecret(join(dataDir, "mesh.secret"));
}

/** Kept, so that nodes of other terminals find their way back when it is started again. @throws StartError */
export function openServerPassword(dataDir: string, server: "nats" | "redis"): string {
  return openSecret(join(dataDir, `${server}.password`));
}

function openSecret(path: string): string {
  return keepSecret(path, () => randomBytes(32).toString("base64url"), (text) => text.length >= MIN_LENGTH).secret;
}
