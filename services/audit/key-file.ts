/** The file of the signing key: made where it is missing, for this user's eyes only. */
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { errorMessage } from "../../config/errors.ts";
import { makeSigningKey, parseSigningKey, type SigningKey } from "./chain/signing-key.ts";

/** Several processes may want it at once: one makes it, and all have the same. @throws Error that names the file */
export async function openKeyFile(path: string, now: Date): Promise<SigningKey> {
  try {
    const text = await readText(path) ?? await createText(path, makeSigningKey(now));
    return parseSigningKey(text);
  } catch (error) {
    throw new Error(`The key of the audit log, ${path}, cannot be used: ${errorMessage(error)}. LECTERN_AUDIT_KEY names another.`, { cause: error });
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Appears whole or not at all. @returns what is there then */
export async function createText(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const temp = `${path}.${randomUUID()}`;
  await writeFile(temp, text, { flag: "wx", mode: 0o600, flush: true });
  try {
    await link(temp, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await unlink(temp);
  }
  return await readFile(path, "utf8");
}
