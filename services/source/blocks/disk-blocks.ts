/**
 * Blocks on the node's disk, bounded, least recently used first out. It is a cache: nothing is synced, a block is
 * known by its length, and a disk that is full or broken only makes it smaller.
 */
import { readFile as readFileCallback, writeFile as writeFileCallback } from "node:fs";
import { mkdir, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { LRUCache } from "lru-cache";
import { errorMessage } from "../../../config/errors.ts";
import { bornAt, expireInTime, MAX_AGE } from "../../../mixins/disk-age.ts";
import { freeBytes, openDiskReserve } from "../../../mixins/disk-reserve.ts";

/** Those of `fs/promises` go through a FileHandle, which doubles what a small file costs the event loop. */
const readFile = promisify(readFileCallback);
const writeFile = promisify(writeFileCallback);

/** How long a disk that failed is left alone. */
const REST_MS = 30_000;
/** Half-written files older than this are nobody's any more; other nodes may share the directory. */
const LEFTOVER_MS = 3_600_000;
/** Writes under way before `put` makes its caller wait. */
const MAX_WRITES = 32;

interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface DiskBlocks {
  has(key: string, n: number): boolean;
  /** Undefined when it is not there in full. */
  get(key: string, n: number, length: number): Promise<Buffer | undefined>;
  /** Resolves as soon as there is room for more writes; the block itself may still be on its way. */
  put(key: string, n: number, bytes: Buffer): Promise<void>;
  /** Whether blocks can be kept at the moment. */
  isUsable(): boolean;
  /** Drops every block whose key starts so. */
  forget(keyPrefix: string): Promise<void>;
  /** Bytes. */
  size(): number;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** Files are `<dir>/<key>/<n>`. Takes over what an earlier run left there, oldest first out. @param free bytes of the disk, for tests */
export async function openDiskBlocks(dir: string, maxBytes: number, log: Log, free = freeBytes): Promise<DiskBlocks> {
  const writes = new Set<Promise<void>>();
  /** Blocks that are being written: here, as far as readers are concerned, since memory may have let go of them. */
  const coming = new Map<string, Buffer>();
  const folders = new Set<string>();
  let restUntil = 0;
  let broken = false;
  let serial = 0;

  const fileOf = (id: string): string => join(dir, id);
  const index = new LRUCache<string, number>({
    ...MAX_AGE,
    maxSize: maxBytes,
    sizeCalculation: (length) => length,
    dispose: (_length, id, reason) => {
      if (reason === "evict" || reason === "expire") unlink(fileOf(id)).catch((error: unknown) => log.debug(`source cache: ${errorMessage(error)}`));
    },
  });

  const degrade = (error: unknown): void => {
    if (!broken) log.warn(`Source blocks are kept in memory only, the disk fails: ${errorMessage(error)}`);
    broken = true;
    restUntil = Date.now() + REST_MS;
    folders.clear();
  };

  async function write(key: string, n: number, bytes: Buffer): Promise<void> {
    const id = `${key}/${n}`;
    const temporary = `${fileOf(id)}.${process.pid}.${serial++}.tmp`;
    try {
      if (!folders.has(key)) await mkdir(join(dir, key), { recursive: true });
      folders.add(key);
      await writeFile(temporary, bytes);
      await rename(temporary, fileOf(id));
      index.set(id, bytes.length);
      if (broken) log.info("Source blocks are kept on disk again");
      broken = false;
    } catch (error) {
      degrade(error);
      await rm(temporary, { force: true }).catch((failure: unknown) => log.debug(`source cache: ${errorMessage(failure)}`));
    }
  }

  for (const { id, length, writtenMs } of await tidy(dir, degrade)) index.set(id, length, bornAt(writtenMs));
  const endExpiry = expireInTime(index);
  const reserve = openDiskReserve(dir, index, log, free);

  return {
    has: (key, n) => index.has(`${key}/${n}`) || coming.has(`${key}/${n}`),
    async get(key, n, length) {
      const id = `${key}/${n}`;
      const written = coming.get(id);
      if (written !== undefined) return written;
      if (index.get(id) === undefined) return undefined;
      try {
        const bytes = await readFile(fileOf(id));
        if (bytes.length === length) return bytes;
      } catch (error) {
        log.debug(`source cache: ${errorMessage(error)}`); // another node's eviction, or the disk
      }
      index.delete(id);
      return undefined;
    },
    async put(key, n, bytes) {
      const id = `${key}/${n}`;
      if (bytes.length > maxBytes || index.has(id) || coming.has(id) || Date.now() < restUntil) return;
      coming.set(id, bytes);
      const writing = write(key, n, bytes).finally(() => {
        writes.delete(writing);
        coming.delete(id);
      });
      writes.add(writing);
      if (writes.size > MAX_WRITES) await Promise.race(writes);
    },
    isUsable: () => Date.now() >= restUntil,
    async forget(keyPrefix) {
      await Promise.all(writes);
      const keys = new Set<string>();
      for (const id of index.keys()) {
        if (!id.startsWith(keyPrefix)) continue;
        keys.add(id.slice(0, id.indexOf("/")));
        index.delete(id);
      }
      for (const key of keys) {
        folders.delete(key);
        await rm(join(dir, key), { recursive: true, force: true });
      }
    },
    size: () => index.calculatedSize,
    async close() {
      endExpiry();
      reserve.close();
      await Promise.all(writes);
    },
  };
}

interface KeptBlock { id: string; length: number; writtenMs: number }

/** What is there, least recently written first; leftovers and empty folders go. */
async function tidy(dir: string, degrade: (error: unknown) => void): Promise<KeptBlock[]> {
  const found: KeptBlock[] = [];
  try {
    await mkdir(dir, { recursive: true });
    for (const key of await readdir(dir)) {
      let kept = 0;
      for (const name of await readdir(join(dir, key))) {
        const file = join(dir, key, name);
        const { size, mtimeMs } = await stat(file);
        if (/^\d+$/.test(name)) found.push({ id: `${key}/${name}`, length: size, writtenMs: mtimeMs });
        else if (Date.now() - mtimeMs > LEFTOVER_MS) {
          await unlink(file);
          continue;
        }
        kept += 1;
      }
      if (kept === 0) await rm(join(dir, key), { recursive: true });
    }
  } catch (error) {
    degrade(error);
  }
  return found.filter(({ length }) => length > 0).sort((a, b) => a.writtenMs - b.writtenMs);
}
