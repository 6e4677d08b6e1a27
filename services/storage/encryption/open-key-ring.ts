/** From a setting to keys. */
import type { StoreKeySource } from "../../../config/store-keys.ts";
import { keyRing, type KeyRing, type WrappingKey } from "./key-ring.ts";
import { readKeys } from "./key-texts.ts";
import { localKey } from "./local-key.ts";

/**
 * The ring that a setting names; undefined: it names none. KMS is not asked yet.
 * @throws storage_key_unavailable for a file or variable that is not there or has no keys
 */
export async function openKeyRing(sources: readonly StoreKeySource[], env: Readonly<Record<string, string | undefined>> = process.env): Promise<KeyRing | undefined> {
  const [first, ...more] = (await Promise.all(sources.map(async (source): Promise<WrappingKey[]> => {
    if (source.kind === "kms") return [await (await import("./kms-key.ts")).openKmsKey(source.keyId, env)]; // loaded by those who use it
    return readKeys(source, env).map(localKey);
  }))).flat();
  return first === undefined ? undefined : keyRing([first, ...more]);
}
