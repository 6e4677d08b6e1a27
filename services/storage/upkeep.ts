/** What a store needs beside calls: to be swept now and then, and to be tried without being worn out by trying. */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { ObjectStore } from "./object-store.ts";

const SWEEP_EVERY_MS = 3_600_000;
/** Every node's health is asked for every few seconds, often by several. */
const PROBE_HOLDS_MS = 2_000;

export interface Upkeep {
  /** A probe that is at most 2 s old; a failure is never kept. @throws storage_unavailable, storage_full */
  check(): Promise<void>;
  /** Ends when what runs has ended. */
  stop(): Promise<void>;
}

/** Sweeps at once and every hour, and says at once in the log when the store cannot be used. */
export function startUpkeep(store: ObjectStore, logger: Logger): Upkeep {
  let probing: Promise<void> | undefined;
  let probedAt = -Infinity;
  const check = async (): Promise<void> => {
    if (performance.now() - probedAt < PROBE_HOLDS_MS) return;
    probing ??= store.probe().finally(() => { probing = undefined; });
    await probing;
    probedAt = performance.now();
  };
  const sweep = async (): Promise<void> => {
    try {
      const removed = await store.sweep();
      if (removed > 0) logger.info(`removed ${removed} leftovers of interrupted writes`);
    } catch (error) {
      logger.warn(`Leftovers of interrupted writes stay for now: ${errorMessage(error)}`);
    }
  };
  const first = check().then(sweep, (error: unknown) => logger.warn(`The object store cannot be used: ${errorMessage(error)}`));
  let sweeping: Promise<void> = first;
  const timer = setInterval(() => { sweeping = sweep(); }, SWEEP_EVERY_MS);
  return {
    check,
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
