/** Blocks of sources on this node: memory above disk. */
import { LRUCache } from "lru-cache";
import type { DiskBlocks } from "./disk-blocks.ts";

/** The system has what was lately on the disk in its memory, too. */
const MEMORY_BYTES = 8 * 1024 * 1024;

export interface BlockCache {
  findInMemory(key: string, n: number): Buffer | undefined;
  isOnDisk(key: string, n: number): boolean;
  /** Undefined when the disk has lost it. */
  readFromDisk(key: string, n: number, length: number): Promise<Buffer | undefined>;
  /** Resolves when more can be taken. `disk: false` where the disk already holds the same bytes elsewhere. */
  put(key: string, n: number, bytes: Buffer, disk: boolean): Promise<void>;
  forget(keyPrefix: string): Promise<void>;
  close(): Promise<void>;
}

export function blockCache(disk: DiskBlocks, memoryBytes = MEMORY_BYTES): BlockCache {
  const memory = new LRUCache<string, Buffer>({ maxSize: memoryBytes, sizeCalculation: (bytes) => bytes.length });
  return {
    findInMemory: (key, n) => memory.get(`${key}/${n}`),
    isOnDisk: (key, n) => disk.has(key, n),
    async readFromDisk(key, n, length) {
      const bytes = await disk.get(key, n, length);
      if (bytes !== undefined) memory.set(`${key}/${n}`, bytes);
      return bytes;
    },
    async put(key, n, bytes, onDisk) {
      memory.set(`${key}/${n}`, bytes);
      if (onDisk) await disk.put(key, n, bytes);
    },
    async forget(keyPrefix) {
      for (const id of memory.keys()) if (id.startsWith(keyPrefix)) memory.delete(id);
      await disk.forget(keyPrefix);
    },
    async close() {
      memory.clear();
      await disk.close();
    },
  };
}
