/** Removes what was counted longer ago than the setting says, and does what else is due a few times a day. A removal that two nodes begin is one. */
import type { Logger } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { UsageStore } from "./usage-store.ts";

export interface SweepPorts { store: UsageStore; days: number; clock: Pick<Clock, "after" | "date" | "random">; logger: Pick<Logger, "warn"> }
/** Ends early when `signal` says so. */
export type Upkeep = (signal: AbortSignal) => Promise<unknown>;

const EVERY_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;

/** @returns how many days of videos were removed */
export async function sweepUsage({ store, days, clock }: Pick<SweepPorts, "store" | "days" | "clock">, signal?: AbortSignal): Promise<number> {
  const first = new Date(clock.date() - days * DAY_MS).toISOString().slice(0, 10);
  let removed = 0;
  for (const tenant of await store.folders(objectKeys.allWatched)) {
    for (const month of await store.folders(`${objectKeys.allWatched}${tenant}/`)) {
      if (month > first.slice(0, 7)) continue;
      for await (const videoId of store.watchedIn(tenant, month)) {
        if (signal?.aborted === true) return removed;
        const old = new Set((await store.parts(videoId, `${month}-01`, `${month}-31`)).map(({ day }) => day).filter((day) => day < first));
        for (const day of old) await store.removeDay(videoId, day);
        removed += old.size;
        if (month < first.slice(0, 7)) await store.unmark(tenant, month, videoId);
      }
    }
  }
  return removed;
}

/** @returns ends it, when what runs has ended */
export function keepUsageDays({ clock, logger }: Pick<SweepPorts, "clock" | "logger">, work: readonly Upkeep[]): () => Promise<void> {
  const closing = new AbortController();
  let keeping: Promise<unknown> = Promise.resolve();
  let cancel = (): void => undefined;
  async function keep(): Promise<void> {
    for (const one of work) await one(closing.signal).catch((error: unknown) => logger.warn(`What was counted is ended, or removed, some hours later: ${errorMessage(error)}`));
  }
  const plan = (): void => {
    cancel = clock.after(EVERY_MS * (0.5 + clock.random()), () => {
      keeping = keep().then(() => { if (!closing.signal.aborted) plan(); });
    });
  };
  plan();
  return async () => {
    closing.abort();
    cancel();
    await keeping;
  };
}
