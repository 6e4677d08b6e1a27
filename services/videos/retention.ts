/**
 * Deletes videos that have been kept for as long as their tenant's rule says. Every node looks once an hour, at a time of its
 * own; a deletion that two of them begin is one.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { Catalog } from "./catalog.ts";

/** Days by tenant; `*`: of all others. Who is not named keeps for ever. */
export type RetentionRules = Readonly<Record<string, number>>;
export const OTHERS = "*";

export interface RetentionPorts {
  rules: RetentionRules;
  catalog: Pick<Catalog, "createdBefore" | "inTenants">;
  /** Deletes a video for good. */
  remove(videoId: string): Promise<void>;
  clock: Clock;
  logger: Pick<Logger, "info" | "warn">;
}

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 3_600_000;
/** At the start, Redis may still be filled. */
const FIRST_LOOK_MS = 60_000;
const PAGE = 100;

/** @returns ends it, when what runs has ended */
export function keepRetention(ports: RetentionPorts): () => Promise<void> {
  const { rules, clock, logger } = ports;
  if (Object.keys(rules).length === 0) return async () => undefined;
  const closing = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    try {
      const removed = await removeExpired(ports, closing.signal);
      if (removed > 0) logger.info(`Retention: ${removed} videos were deleted.`);
    } catch (error) {
      logger.warn(`Retention is looked after again in an hour: ${errorMessage(error)}`);
    }
    if (!closing.signal.aborted) plan(LOOK_EVERY_MS);
  };
  const plan = (ms: number): void => { cancel = clock.after(ms * (0.5 + clock.random()), () => { looking = look(); }); };
  plan(FIRST_LOOK_MS);
  return async () => {
    closing.abort();
    cancel();
    await looking;
  };
}

/** A video that cannot be deleted now is left for the next time. @returns how many were deleted */
export async function removeExpired({ rules, catalog, remove, clock, logger }: RetentionPorts, signal?: AbortSignal): Promise<number> {
  const named = Object.keys(rules).filter((tenant) => tenant !== OTHERS);
  let removed = 0;
  for (const [tenant, days] of Object.entries(rules)) {
    const beforeMs = clock.date() - days * DAY_MS;
    let after: string | undefined;
    do {
      const page = await catalog.createdBefore(beforeMs, PAGE, tenant === OTHERS ? undefined : tenant, after);
      const others = tenant === OTHERS ? await catalog.inTenants(page.ids, named) : new Set<string>();
      for (const id of page.ids.filter((one) => !others.has(one))) {
        if (signal?.aborted === true) return removed;
        try {
          await remove(id);
          removed++;
        } catch (error) {
          logger.warn(`Video ${id} is kept longer than its tenant's rule says: ${errorMessage(error)}`);
        }
      }
      after = page.next;
    } while (after !== undefined);
  }
  return removed;
}
