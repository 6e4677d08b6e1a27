/** Removes what was counted longer ago than the setting says. Every node looks a few times a day; a removal that two of them begin is one. */
import type { Logger } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { UsageStore } from "./usage-store.ts";

export interface SweepPorts { store: UsageStore; days: number; clock: Pick<Clock, "after" | "date" | "random">; logger: Pick<Logger, "warn"> }

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
export function keepUsageDays(ports: SweepPorts): () => Promise<void> {
  const closing = new AbortController();
  let sweeping: Promise<unknown> = Promise.resolve();
  let cancel = (): void => undefined;
  const plan = (): void => {
    cancel = ports.clock.after(EVERY_MS * (0.5 + ports.clock.random()), () => {
      sweeping = sweepUsage(ports, closing.signal).catch((error: unknown) => ports.logger.warn(`What was counted long ago stays for some hours: ${errorMessage(error)}`)).then(() => { if (!closing.signal.aborted) plan(); });
    });
  };
  plan();
  return async () => {
    closing.abort();
    cancel();
    await sweeping;
  };
}
