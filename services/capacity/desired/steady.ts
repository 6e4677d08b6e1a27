/**
 * Holds a number of nodes still: up at once, down when nothing higher was asked for in a while, so that a quiet moment
 * drains no node that the next one needs. What was asked for lies in Redis, for whoever says it next. Pure.
 */
export interface Wish { at: number; transcoders: number }

const HOLD_MS = 15 * 60_000;
const MAX_WISHES = 100;

/** @returns what to keep, the highest first: of a wish that a later one equals nothing depends any more; and what to have now */
export function holdSteady(before: readonly Wish[], wish: Wish): { wishes: Wish[]; desired: number } {
  const higher = mergeWishes(before.filter(({ at }) => at > wish.at - HOLD_MS && at < wish.at)).filter(({ transcoders }) => transcoders > wish.transcoders);
  const wishes = [...higher.slice(0, MAX_WISHES - 1), wish];
  return { wishes, desired: wishes[0]?.transcoders ?? wish.transcoders };
}

/** Of several who held: what none of them asked for later, the oldest and highest first. */
export function mergeWishes(...lists: readonly (readonly Wish[])[]): Wish[] {
  const kept: Wish[] = [];
  for (const wish of lists.flat().toSorted((a, b) => b.at - a.at || b.transcoders - a.transcoders)) if (wish.transcoders > (kept.at(-1)?.transcoders ?? -1)) kept.push(wish);
  return kept.toReversed();
}

/** What came from Redis. */
export function parseWishes(value: unknown): Wish[] {
  if (!Array.isArray(value)) return [];
  return value.slice(-MAX_WISHES).flatMap((one: Partial<Record<keyof Wish, unknown>> | null) => {
    const { at, transcoders } = one ?? {};
    return typeof at === "number" && Number.isFinite(at) && typeof transcoders === "number" && Number.isInteger(transcoders) && transcoders >= 0 && transcoders <= 10_000 ? [{ at, transcoders }] : [];
  });
}
