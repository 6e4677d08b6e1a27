/**
 * Marks in the own store of what another region may lack, so that a restart finds it again. A mark is durable before the
 * write it is for is answered, and stays for a while after the last copy: an encode writes its video's mark once.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";

export interface MarkOptions {
  own: Pick<ObjectStore, "put" | "remove">;
  region: string;
  /** Names this process. */
  writer: string;
  /** Whether something of the unit waits to be copied. */
  hasWork(unit: string): boolean;
  logger: Pick<Logger, "debug">;
  lingerMs: number;
}

/** `left`: what it is for was forgotten for want of room; the mark stays for who reads marks. */
interface State { holds: number; marked: boolean; left: boolean; usedAt: number; tail: Promise<void> }

const fresh = (): State => ({ holds: 0, marked: false, left: false, usedAt: 0, tail: Promise.resolve() });

export function openMarks({ own, region, writer, hasWork, logger, lingerMs }: MarkOptions) {
  const states = new Map<string, State>();
  const keyOf = (unit: string): string => objectKeys.replicationMark(region, unit, writer);

  /** One step of a unit at a time: a mark that is being removed is not taken for one that is there. */
  function inTurn(state: State, step: () => Promise<void>): Promise<void> {
    const done = state.tail.then(step);
    state.tail = done.catch(() => undefined);
    return done;
  }

  async function unmark(unit: string, state: State): Promise<void> {
    if (state.holds > 0 || hasWork(unit)) return;
    if (state.marked && !state.left) await own.remove(keyOf(unit));
    state.marked = false;
    if (states.get(unit) === state && state.holds === 0) states.delete(unit);
  }

  async function sweep(idleMs: number): Promise<void> {
    const idle = [...states].filter(([unit, state]) => state.holds === 0 && performance.now() - state.usedAt >= idleMs && !hasWork(unit));
    await Promise.all(idle.map(([unit, state]) => inTurn(state, () => unmark(unit, state)).catch((error: unknown) => logger.debug(`A mark stays for now: ${errorMessage(error)}`))));
  }

  const timer = setInterval(() => void sweep(lingerMs), Math.max(20, lingerMs / 2));
  return {
    /** Resolves when the unit's mark is durable. What it returns ends the hold. @throws what writing the mark throws */
    async hold(unit: string): Promise<() => void> {
      const state = states.get(unit) ?? fresh();
      states.set(unit, state);
      state.holds++;
      const release = (): void => {
        state.holds--;
        state.usedAt = performance.now();
      };
      try {
        await inTurn(state, async () => {
          if (state.marked && !state.left) return;
          await own.put(keyOf(unit), Buffer.from("{}"));
          state.marked = true;
          state.left = false;
        });
      } catch (error) {
        release();
        throw error;
      }
      return release;
    },
    /** Lets the mark stay when the unit is forgotten here. */
    leave(unit: string): void {
      const state = states.get(unit);
      if (state !== undefined) state.left = true;
    },
    /** Whether the mark is one that this process remembers, and will remove. */
    knows: (unit: string): boolean => states.get(unit)?.left === false,
    /** Removes a mark that was left, unless the unit is written of again. */
    async drop(unit: string): Promise<void> {
      const state = states.get(unit) ?? fresh();
      await inTurn(state, async () => {
        if (state.holds > 0 || (state.marked && !state.left)) return;
        await own.remove(keyOf(unit));
        state.marked = false;
      });
    },
    /** Leaves the marks of what is not copied yet. */
    async close(): Promise<void> {
      clearInterval(timer);
      await sweep(0);
    },
  };
}

export type Marks = ReturnType<typeof openMarks>;
