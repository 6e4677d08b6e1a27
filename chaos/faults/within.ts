import { setTimeout as delay } from "node:timers/promises";

const LOOK_MS = 40;

/** What `look` finds, as soon as it finds something. @throws Error after `limitMs`, saying that `what` did not come about */
export async function within<T>(limitMs: number, what: string, look: () => Promise<T | false | undefined> | T | false | undefined, everyMs = LOOK_MS): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() - startedAt > limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await delay(everyMs);
  }
}
