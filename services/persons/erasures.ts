/**
 * Orders to erase a person on this node: those that it is given, and those that others left when they died. Which one works on an
 * order a lock in Redis says; without Redis two may, which does no harm.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { ErasureOrder, ErasureOrders } from "./erasure-orders.ts";

export interface ErasuresPorts {
  orders: Pick<ErasureOrders, "open">;
  carryOut(order: ErasureOrder, signal: AbortSignal): Promise<void>;
  /** @returns what ends the lock; undefined when another has it */
  lock(orderId: string): Promise<(() => Promise<void>) | undefined>;
  clock: Pick<Clock, "after" | "random">;
  logger: Pick<Logger, "info" | "warn">;
}
export interface Erasures {
  /** Begins with an order, unless somebody is at it. */
  begin(order: ErasureOrder): void;
  /** Ends when what runs has ended, at the next step. */
  close(): Promise<void>;
}

const FIRST_LOOK_MS = 1_000;
const LOOK_EVERY_MS = 10_000;

export function openErasures({ orders, carryOut, lock, clock, logger }: ErasuresPorts): Erasures {
  const closing = new AbortController();
  const running = new Map<string, Promise<void>>();
  let cancel = (): void => undefined;
  let looking: Promise<void> = Promise.resolve();

  async function run(order: ErasureOrder): Promise<void> {
    try {
      const unlock = await lock(order.id);
      if (unlock === undefined) return;
      try {
        await carryOut(order, closing.signal);
        logger.info(`Erasure ${order.id} is done.`);
      } finally {
        await unlock();
      }
    } catch (error) {
      if (!closing.signal.aborted) logger.warn(`Erasure ${order.id} is gone on with later: ${errorMessage(error)}`);
    }
  }

  function begin(order: ErasureOrder): void {
    if (closing.signal.aborted || running.has(order.id)) return;
    running.set(order.id, run(order).finally(() => running.delete(order.id)));
  }

  async function look(): Promise<void> {
    try {
      for await (const order of orders.open()) begin(order);
    } catch (error) {
      logger.warn(`Orders to erase somebody are looked for again soon: ${errorMessage(error)}`);
    }
    if (!closing.signal.aborted) plan(LOOK_EVERY_MS);
  }

  function plan(ms: number): void {
    cancel = clock.after(ms * (0.5 + clock.random()), () => { looking = look(); }); // not all nodes at once
  }

  plan(FIRST_LOOK_MS);
  return {
    begin,
    async close() {
      closing.abort();
      cancel();
      await looking;
      await Promise.all(running.values());
    },
  };
}
