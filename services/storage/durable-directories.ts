/**
 * Makes names durable. A file's fsync keeps its bytes; that it can be found after a power cut takes an fsync of its
 * directory, and of that directory's parent when it is new, and so on up.
 */
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { isAbsent, systemCode } from "./directory-faults.ts";

/** Directories remembered as durable: those of the videos being worked on, a dozen of each. One that is forgotten costs a sync or two. */
const REMEMBERED = 2_000;

export function durableDirectories(root: string) {
  const durable = new LRUCache<string, true>(upTo(REMEMBERED));
  return {
    /** Makes a directory and those above it. */
    async make(dir: string): Promise<void> {
      for (let at = dir; at !== root; at = dirname(at)) durable.delete(at); // what was known someone has removed meanwhile
      await mkdir(dir, { recursive: true });
    },
    /** Makes the names in `dir` durable. Several at once: a journaling file system commits them together. */
    async sync(dir: string): Promise<void> {
      const dirs = [dir];
      for (let at = dir; at !== root && !durable.has(at);) {
        at = dirname(at);
        dirs.push(at);
      }
      await Promise.all(dirs.map(syncDirectory));
      durable.set(dir, true);
    },
  };
}

export type DurableDirectories = ReturnType<typeof durableDirectories>;

async function syncDirectory(dir: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(dir, "r");
  } catch (error) {
    if (isAbsent(error)) return; // removed meanwhile, with all its names
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (systemCode(error) !== "EINVAL") throw error; // a file system that doesn't sync directories keeps names by itself
  } finally {
    await handle.close();
  }
}
