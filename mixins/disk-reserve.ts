/**
 * Has a cache on disk give way before the disk is full, whoever fills it: a node takes no work on a full one, and would wait for
 * room that it has itself.
 */
import { statfs } from "node:fs/promises";
import type { Logger } from "moleculer";
import { errorMessage } from "../config/errors.ts";

/** What a cache keeps, as lru-cache has it: `pop` removes the least recently used, and its file. */
export interface Evictable { readonly calculatedSize: number; pop(): unknown }
export interface DiskReserve { look(): Promise<void>; close(): void }

/** More than what a node calls full, than what it wants free at its start, and than what FFmpeg writes between two looks. */
const RESERVE_BYTES = 96 * 1024 * 1024;
const LOOK_MS = 2_000;

export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

export function openDiskReserve(dir: string, cache: Evictable, logger: Pick<Logger, "debug">, free = freeBytes): DiskReserve {
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    try {
      let lacking = RESERVE_BYTES - (await free(dir));
      while (lacking > 0 && cache.calculatedSize > 0) {
        const before = cache.calculatedSize;
        cache.pop();
        lacking -= before - cache.calculatedSize;
      }
    } catch (error) {
      logger.debug(`The disk of ${dir} does not say what is free: ${errorMessage(error)}`);
    }
  }

  const lookOnce = (): Promise<void> => (looking ??= look().finally(() => { looking = undefined; }));
  const timer = setInterval(() => void lookOnce(), LOOK_MS);
  timer.unref();
  return { look: lookOnce, close: () => clearInterval(timer) };
}
