/** A node's own directory for caches: nodes of one machine must not write into each other's. */
import { join } from "node:path";
import { prepareDataDirectory } from "../start/data-directory.ts";
import { tryDataLock, type DataLock } from "../start/data-lock.ts";
import { StartError } from "../start/start-error.ts";

const MAX_NODES = 64;

/** The first of `<data>`, `<data>/nodes/1`, `<data>/nodes/2`, … that no living process uses: a restart finds its cache again. */
export function openNodeDirectory(dataDir: string): { dir: string; lock: DataLock } {
  for (let n = 0; n <= MAX_NODES; n++) {
    const dir = n === 0 ? dataDir : join(dataDir, "nodes", String(n));
    prepareDataDirectory(dir);
    const lock = tryDataLock(dir);
    if ("close" in lock) return { dir, lock };
  }
  throw new StartError(`More than ${MAX_NODES} nodes use the data directory ${dataDir}; LECTERN_DATA names another.`);
}
