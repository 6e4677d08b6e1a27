/** What a mesh on a directory store keeps, by key. */
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { openStoreRing } from "../../bin/store/store-ring.ts";
import { loadConfig } from "../../config/config.ts";
import { encryptStore } from "../../services/storage/encryption/encrypted-store.ts";
import { openObjectStore } from "../../services/storage/open-object-store.ts";
import type { Mesh } from "./mesh.ts";

/** What nodes write of themselves, whatever is done with videos: the audit log, and the counts of a store. */
const OWN = ["audit/", "capacity-stored/"];

/** Keys of the objects that are there, in order; below a prefix when one is given. What nodes write of themselves only when it is asked for. */
export async function listStore({ dataDir }: Pick<Mesh, "dataDir">, prefix = ""): Promise<string[]> {
  const root = join(dataDir, "store");
  const keys = (await filesBelow(root)).map((path) => relative(root, path));
  return keys.filter((key) => !key.startsWith(".") && key.startsWith(prefix) && OWN.every((own) => prefix.startsWith(own) || !key.startsWith(own))).toSorted();
}

/** Paths of the files below a folder, while others write and remove there: what goes meanwhile is not there. */
export async function filesBelow(dir: string): Promise<string[]> {
  try {
    const found = await Promise.all((await readdir(dir, { withFileTypes: true })).map((entry) => {
      const path = join(dir, entry.name);
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
    }));
    return found.flat();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** An object, decrypted by the key that the start program made where it made one. */
export async function readStored({ dataDir }: Pick<Mesh, "dataDir">, key: string): Promise<Buffer> {
  const config = loadConfig({ LECTERN_DATA: dataDir });
  const [ring, store] = [await openStoreRing(config, {}), await openObjectStore(config.store)];
  const bytes = await (ring === undefined ? store : encryptStore(store, ring)).get(key);
  if (bytes === undefined) throw new Error(`there is no ${key}`);
  return bytes;
}
