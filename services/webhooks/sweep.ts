/**
 * Finds what was forgotten: messages of the outbox that Redis does not know (any more), and videos of the last day of which an event
 * was lost on its way here.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { Dispatch } from "./dispatch.ts";
import type { DueDeliveries } from "./due-deliveries.ts";
import type { EndpointStore } from "./endpoint-store.ts";
import type { Endpoints } from "./endpoints.ts";
import type { VideoMessage } from "./messages.ts";
import type { Outbox } from "./outbox.ts";

export interface SweepPorts {
  outbox: Pick<Outbox, "pending" | "prune" | "forgetEndpoint">;
  due: Pick<DueDeliveries, "add">;
  store: Pick<EndpointStore, "prune" | "deleted">;
  endpoints: Pick<Endpoints, "all">;
  dispatch: Pick<Dispatch, "tell">;
  /** Of videos that were posted since then, the newest first: what has happened to each. */
  videos(sinceMs: number): AsyncIterable<{ createdAt: string; messages: VideoMessage[] }>;
  /** @returns what ends the lock; undefined: another node does it */
  lock(): Promise<(() => Promise<void>) | undefined>;
  look(): void;
  clock: Clock;
  logger: Pick<Logger, "debug" | "warn">;
}

const OUTBOX_EVERY_MS = 30_000;
const VIDEOS_EVERY_MS = 3_600_000;
const FIRST_MS = 1_000;
const FIRST_VIDEOS_MS = 60_000;
const VIDEOS_BACK_MS = 86_400_000;

export function openSweep({ outbox, store, due, endpoints, dispatch, videos, lock, look, clock, logger }: SweepPorts) {
  let closed = false;
  const cancels = new Map<string, () => void>();
  const running = new Set<Promise<void>>();

  async function sweepOutbox(): Promise<void> {
    for await (const pending of outbox.pending()) {
      if (closed) return;
      await due.add(pending);
    }
    look();
  }

  async function sweepVideos(): Promise<void> {
    const release = await lock();
    if (release === undefined) return;
    try {
      await outbox.prune();
      await store.prune().catch((error: unknown) => logger.warn(`What may be left of deleted webhooks could not be erased: ${errorMessage(error)}`));
      // One that was deleted in another region, or while a message for it was on its way.
      for (const id of await store.deleted()) await outbox.forgetEndpoint(id);
      if ((await endpoints.all()).size === 0) return;
      for await (const { createdAt, messages } of videos(clock.date() - VIDEOS_BACK_MS)) {
        if (closed) return;
        for (const message of messages) await dispatch.tell(message, message.tenant, ({ record }) => record.createdAt <= createdAt);
      }
    } finally {
      await release();
    }
  }

  function repeat(name: string, work: () => Promise<void>, firstMs: number, everyMs: number): void {
    const run = (): void => {
      const round = work().catch((error: unknown) => logger.debug(`${name} is looked through again later: ${errorMessage(error)}`)).finally(() => {
        running.delete(round);
        if (!closed) cancels.set(name, clock.after(everyMs * (0.75 + clock.random() / 2), run));
      });
      running.add(round);
    };
    cancels.set(name, clock.after(firstMs, run));
  }

  repeat("The outbox", sweepOutbox, FIRST_MS, OUTBOX_EVERY_MS);
  repeat("Videos", sweepVideos, FIRST_VIDEOS_MS, VIDEOS_EVERY_MS);
  return {
    sweepOutbox, sweepVideos,
    async close(): Promise<void> {
      closed = true;
      for (const cancel of cancels.values()) cancel();
      await Promise.all(running);
    },
  };
}

export type Sweep = ReturnType<typeof openSweep>;
