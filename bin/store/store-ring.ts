/** The keys of a store, for commands: those of LECTERN_STORE_KEYS, or those that `npm start` made here. */
import type { Config } from "../../config/config.ts";
import { parseStoreKeys } from "../../config/store-keys.ts";
import type { KeyRing } from "../../services/storage/encryption/key-ring.ts";
import { openKeyRing } from "../../services/storage/encryption/open-key-ring.ts";
import { findStoreKeys } from "../start/store-key.ts";

/** @param env whether the setting was given shows there @throws storage_key_unavailable */
export async function openStoreRing(config: Config, env: Readonly<NodeJS.ProcessEnv> = process.env): Promise<KeyRing | undefined> {
  return await openKeyRing((env["LECTERN_STORE_KEYS"] ?? "") === "" ? parseStoreKeys(findStoreKeys(config)) : config.storeKeys, env);
}
