/** Pure: reads what the scripts wrote of a group's work (`tell` and `note` in lua/common.lua). */
import type { GroupStory, QueueLane } from "./work-queue.contract.ts";

const SPENT = "spent:";

/** @param nowMs until when the last step is counted */
export function readStory(story: Readonly<Record<string, string>>, nowMs: number): GroupStory {
  const number = (field: string): number => Number(story[field] ?? 0);
  const now = { active: number("active"), waiting: number("waiting"), delayed: number("delayed") };
  const doing = now.active > 0 ? "active" : now.waiting > 0 ? "waiting" : now.delayed > 0 ? "delayed" : undefined;
  const ms = (state: keyof typeof now): number => number(`${state}Ms`) + (doing === state ? Math.max(0, nowMs - number("at")) : 0);
  return {
    queuedAt: number("queuedAt"), lane: story["lane"] as QueueLane, ahead: number("ahead"),
    activeMs: ms("active"), waitingMs: ms("waiting"), delayedMs: ms("delayed"), now,
    taken: number("taken"), completed: number("completed"), failures: number("failures"), stalls: number("stalls"),
    spent: Object.entries(story).filter(([field]) => field.startsWith(SPENT))
      .map(([field, value]) => ({ owner: field.slice(SPENT.length), ms: Number(value) })).toSorted((a, b) => b.ms - a.ms),
  };
}
