/**
 * Holds a number of nodes still: up at once, down when nothing higher was asked for in a while, so that a quiet moment
 * drains no node that the next one needs. What was asked for lies in Redis, for whoever says it next. Pure.
 */
export interface Wish { at: number; transcoders: number }

const HOLD_MS = 15 * 60_000;
const MAX_WISHES = 100;

/** @returns what to keep, and what to have now */
export function holdSteady(before: readonly Wish[], wish: Wish): { wishes: Wish[]; desired: number } {
  const wishes = [...before.filter(({ at }) => at > wish.at - HOLD_MS && at < wish.at), wish].slice(-MAX_WISHES);
  return { wishes, desired: Math.max(...wishes.map(({ transcoders }) => transcoders)) };
}

/** What came from Redis. */
export function parseWishes(value: unknown): Wish[] {
  if (!Array.isArray(value)) return [];
  return value.slice(-MAX_WISHES).flatMap((one: Partial<Record<keyof Wish, unknown>> | null) => {
    const { at, transcoders } = one ?? {};
    return typeof at === "number" && Number.isFinite(at) && typeof transcoders === "number" && Number.isInteger(transcoders) && transcoders >= 0 && transcoders <= 10_000 ? [{ at, transcoders }] : [];
  });
}
