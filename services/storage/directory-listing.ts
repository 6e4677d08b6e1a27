/** Keys of a directory tree in byte order, without ever holding more names than a page has. */
import type { Dir } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { isAbsent } from "./directory-faults.ts";
import { finishedPrefix, isAfter, type ListItem } from "./listing.ts";
import { compareKeys } from "./object-key.ts";
import type { ListParams } from "./storage.contract.ts";

/** Names read from the system at a time. */
const READ_AHEAD = 512;

/** The listing's lines from `after` on; the caller stops when it has enough. `page` bounds what is held. */
export async function* walkDirectory(root: string, params: ListParams, page: number): AsyncGenerator<ListItem> {
  const folder = params.prefix.slice(0, params.prefix.lastIndexOf("/") + 1);
  yield* walk(folder);

  async function* walk(folder: string): AsyncGenerator<ListItem> {
    let last: string | undefined;
    for (;;) {
      const { names, more } = await smallestNames(join(root, folder), page, (name) => {
        const key = folder + name;
        return key.startsWith(params.prefix) && mayFollow(key) && (last === undefined || compareKeys(key, last) > 0);
      });
      for (const name of names) {
        const key = folder + name;
        if (!name.endsWith("/")) yield { kind: "object", name: key };
        else if (params.delimiter === undefined) yield* walk(key);
        else if (await hasObject(join(root, key))) yield { kind: "prefix", name: key };
        last = key;
      }
      if (!more) return; // else empty folders may have left the page short
    }
  }

  /** Of a folder: whether a key in it may come after `after`. */
  function mayFollow(key: string): boolean {
    if (!key.endsWith("/") || params.after === undefined) return isAfter(key, params);
    if (finishedPrefix(params) === key) return false;
    return compareKeys(key, params.after) > 0 || params.after.startsWith(key);
  }
}

/**
 * The `count` smallest accepted names of a directory, sorted. A folder's name ends with a slash here, which is also how
 * it sorts: `a-b`, `a.c` and `a/…` are in byte order.
 */
async function smallestNames(path: string, count: number, accepts: (name: string) => boolean): Promise<{ names: string[]; more: boolean }> {
  const names: string[] = [];
  let more = false;
  const trim = (): void => {
    names.sort(compareKeys);
    more ||= names.length > count;
    names.length = Math.min(names.length, count);
  };
  for await (const name of readNames(path)) {
    if (!accepts(name)) continue;
    names.push(name);
    if (names.length >= 4 * count) trim();
  }
  trim();
  return { names, more };
}

async function hasObject(path: string): Promise<boolean> {
  const folders: string[] = [];
  for await (const name of readNames(path)) {
    if (!name.endsWith("/")) return true;
    folders.push(name);
  }
  for (const folder of folders) if (await hasObject(join(path, folder))) return true;
  return false;
}

/** Names of files and, with a slash, of folders; none for a directory that isn't there. Ours start with a dot. */
async function* readNames(path: string): AsyncGenerator<string> {
  let dir: Dir;
  try {
    dir = await opendir(path, { bufferSize: READ_AHEAD });
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  for await (const entry of dir) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) yield `${entry.name}/`;
    else if (entry.isFile()) yield entry.name;
  }
}
