/** Wrapping keys as an operator keeps them: 32 bytes in base64 a line, in a file for one user's eyes or in a variable. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { errorMessage, fail } from "../../../config/errors.ts";
import type { StoreKeySource } from "../../../config/store-keys.ts";
import { KEY_BYTES } from "./sealed-format.ts";

const OTHERS = 0o077;
const MAX_TEXT_BYTES = 64 * 1024;

/** @throws storage_key_unavailable, which names the file or variable and nothing of what it holds */
export function readKeys(source: Exclude<StoreKeySource, { kind: "kms" }>, env: Readonly<Record<string, string | undefined>>): Buffer[] {
  const [named, text] = source.kind === "file" ? [source.path, readSecretFile(source.path)] : [`the variable ${source.name}`, env[source.name] ?? ""];
  const keys = parseKeys(text);
  if (keys === undefined) throw fail("storage_key_unavailable", `LECTERN_STORE_KEYS: ${named} must hold one or more keys, each ${KEY_BYTES} bytes in base64, a line each.`);
  return keys;
}

/** Lines that begin with # say something to people. */
export function parseKeys(text: string): Buffer[] | undefined {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const keys = lines.map((line) => (/^[A-Za-z0-9+/_-]{43}=?$/.test(line) ? Buffer.from(line, "base64") : undefined));
  const good = keys.filter((key) => key?.length === KEY_BYTES);
  return good.length > 0 && good.length === keys.length ? (good as Buffer[]) : undefined;
}

function readSecretFile(path: string): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    throw fail("storage_key_unavailable", `LECTERN_STORE_KEYS: ${path} cannot be read (${error instanceof Error && "code" in error ? String(error.code) : errorMessage(error)}).`);
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & OTHERS) !== 0) throw fail("storage_key_unavailable", `LECTERN_STORE_KEYS: ${path} may be read or changed by others; its mode must be 600 or 400.`);
    return size > MAX_TEXT_BYTES ? "" : readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
