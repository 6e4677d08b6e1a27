/** The key of what `npm start` encrypts: made for a new store, kept in the data directory, for this user's eyes only. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { formatStoreKeys } from "../../config/store-keys.ts";
import { parseKeys } from "../../services/storage/encryption/key-texts.ts";
import { keepSecret } from "./secret-file.ts";
import { findSystemCode, StartError } from "./start-error.ts";

type Settings = Pick<Config, "dataDir" | "store" | "regions">;

const keyPath = (dataDir: string): string => join(dataDir, "store.key");

/**
 * What LECTERN_STORE_KEYS is when it is absent; undefined: nothing is encrypted. A bucket may be shared by others who have
 * not this key, and a store with plain videos by nodes of before there were keys: there it is for the operator to say.
 */
export function findStoreKeys({ dataDir, store, regions }: Settings): string | undefined {
  if (store.kind !== "file" || regions !== undefined || !existsSync(keyPath(dataDir))) return undefined;
  return formatStoreKeys([{ kind: "file", path: keyPath(dataDir) }]);
}

/** As `findStoreKeys`; makes the key of a new store. @throws StartError when the key of one that is encrypted is missing */
export function openStoreKeys(settings: Settings): string | undefined {
  const { dataDir, store, regions } = settings;
  if (store.kind !== "file" || regions !== undefined) return undefined;
  if (!existsSync(keyPath(dataDir))) {
    const [isEncrypted, isOld] = [objectKeys.allUnitKeys, [objectKeys.allVideos, objectKeys.allUploads, objectKeys.allWebhooks]].map((folders) => [folders].flat().some((folder) => hasEntries(join(store.dir, folder))));
    if (isEncrypted === true) throw new StartError(`The store ${store.dir} has encrypted videos, and the file with their key, ${keyPath(dataDir)}, is missing: bring it back, or say with LECTERN_STORE_KEYS where the key is.`);
    if (isOld === true) return undefined;
  }
  keepStoreKey(keyPath(dataDir));
  return findStoreKeys(settings);
}

/** A file as LECTERN_STORE_KEYS names it, made when it is missing. @returns what it holds, a key a line @throws StartError when it holds something else */
export function keepStoreKey(path: string): { secret: string; isNew: boolean } {
  return keepSecret(path, () => randomBytes(32).toString("base64"), (text) => parseKeys(text) !== undefined);
}

function hasEntries(dir: string): boolean {
  try {
    return readdirSync(dir).length > 0;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(findSystemCode(error) ?? "")) return false;
    throw error;
  }
}
