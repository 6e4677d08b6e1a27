/** A unit's key as the store has it: wrapped, with the names of both keys beside it. */
import { fail } from "../../../config/errors.ts";
import { KEY_ID_BYTES } from "./sealed-format.ts";

/** `id`: of the unit's key, in hex; `by`: of the key that wraps it. */
export interface WrappedKey { id: string; by: string; wrapped: Buffer }

const VERSION = 1;
const ID = new RegExp(`^[0-9a-f]{${2 * KEY_ID_BYTES}}$`);

export function formatWrappedKey({ id, by, wrapped }: WrappedKey): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, id, by, wrapped: wrapped.toString("base64") }));
}

/** @throws storage_damaged */
export function parseWrappedKey(bytes: Uint8Array): WrappedKey {
  const { version, id, by, wrapped } = parseObject(Buffer.from(bytes).toString("utf8"));
  if (version !== VERSION || typeof id !== "string" || !ID.test(id) || typeof by !== "string" || typeof wrapped !== "string") throw fail("storage_damaged", "A key in the object store is not what was put there.");
  return { id, by, wrapped: Buffer.from(wrapped, "base64") };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether both are of one unit's key, whoever wrapped it. */
export function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return parseWrappedKey(a).id === parseWrappedKey(b).id;
}
