/** What a mesh on a directory store keeps, by key. */
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Mesh } from "./mesh.ts";

/** Keys of the objects that are there, in order; below a prefix when one is given. */
export async function listStore({ dataDir }: Mesh, prefix = ""): Promise<string[]> {
  const root = join(dataDir, "store");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const keys = entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
  return keys.filter((key) => !key.startsWith(".") && key.startsWith(prefix)).toSorted();
}
