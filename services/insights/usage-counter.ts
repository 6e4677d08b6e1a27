/**
 * Counts what is reported: a report waits here for a moment, Redis says whether and for what it counts, and what a moment's
 * reports come to is added there, all of it or nothing. Whoever dies loses that moment; while Redis is away reports wait.
 */
import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import type { RedisKeys } from "../../config/redis-keys.ts";
import type { Clock } from "../../mixins/clock.ts";
import { admittedOf, completeBucketsOf, countReport, viewMsOf, watchingOf, type Admission } from "./count-report.ts";
import { addAll, type Tally } from "./tally.ts";
import type { UsageReport } from "./usage-report.ts";
import type { RunUsageScript } from "./usage-scripts.ts";
import type { Viewer, ViewerNames } from "./viewer-names.ts";

/** `report` is of within the video; `viewer` undefined: asks not to be followed; `at` in ms since 1970. */
export interface TakenReport { videoId: string; durationMs: number; report: UsageReport; viewer: Viewer; isQuiet: boolean; at: number }

export interface CounterPorts {
  run: RunUsageScript;
  keys: Pick<RedisKeys, "usageSession" | "usageMarks" | "usageHousehold" | "usageTold" | "usageDay" | "usageViewers" | "usageDirty" | "usageOpen">;
  names: ViewerNames;
  clock: Pick<Clock, "after">;
  /** Told of each report that counts, with as much of it as does. */
  onCount(taken: TakenReport, admission: Admission): void;
  /** Told of each report that found no room. */
  onDrop(): void;
  onError(error: unknown): void;
}

/** `asking`: by which Redis knows this report again when its answer was lost. */
interface WaitingReport extends TakenReport { asking: string }
interface DayTally { id: string; day: string; videoId: string; durationMs: number; viewers: Set<string>; tally: Tally }

const COUNT_EVERY_MS = 1_000;
const AT_ONCE = 500;
/** Of reports that wait, while Redis is away. */
const MAX_WAITING = 20_000;
/** Reports may come late, and the first one tells of what was before it. */
const GRACE_MS = 90_000;
/** Sessions whose watching is known here, too, so that they are not new to a Redis that lost everything. */
const MAX_KNOWN_SESSIONS = 20_000;
/** Of one address or network, for one video on one day: a large class at school. */
const MOST_SESSIONS = 500;
/** From its last report on. */
const SESSION_SEC = 6 * 3_600;
/** Some node writes it long before. */
const DAY_SEC = 4 * 86_400;

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export function openUsageCounter({ run, keys, names, clock, onCount, onDrop, onError }: CounterPorts) {
  const waiting: WaitingReport[] = [];
  /** Media ms, by video and session. */
  const watchedMs = new LRUCache<string, number>(upTo(MAX_KNOWN_SESSIONS));
  /** Counted, and not yet in Redis, or nobody knows. */
  const owed = new Map<string, DayTally>();
  let counting: Promise<void> = Promise.resolve();
  let cancel: (() => void) | undefined;

  /** @returns undefined when it came before */
  async function admit({ videoId, durationMs, report, at, asking }: WaitingReport, household: string, watching: ReturnType<typeof watchingOf>): Promise<Admission | undefined> {
    const session = `${videoId} ${report.session}`;
    const answer = parseNumbers(await run(
      "admit", keys.usageSession(videoId, report.session), keys.usageMarks(videoId, report.session), keys.usageHousehold(dayOf(at), videoId, household),
      at, report.seq, watching.mediaMs, watching.wallMs, GRACE_MS, MOST_SESSIONS, viewMsOf(durationMs), completeBucketsOf(durationMs), SESSION_SEC,
      asking, watchedMs.get(session) ?? 0, watching.stallMs, report.startupMs ?? -1, watching.actsMs, report.ended ? 1 : 0, ...watching.heat.keys(),
    ));
    if (answer.length === 0) return undefined;
    const [fits, begun, started, viewed, completed, mediaMs = 0, acted, opened, ended, ...fresh] = answer;
    if (mediaMs > 0) watchedMs.set(session, mediaMs);
    return { fits: fits === 1, begun: begun === 1, started: started === 1, viewed: viewed === 1, completed: completed === 1, mediaMs, acted: acted === 1, opened: opened === 1, ended: ended === 1, fresh };
  }

  async function countOne(taken: WaitingReport, sums: Map<string, DayTally>): Promise<void> {
    const { videoId, durationMs, report, viewer, isQuiet, at } = taken;
    const day = dayOf(at);
    const named = await names.of(day);
    const watching = watchingOf(report, durationMs);
    const admission = await admit(taken, named.household(viewer.origin), watching);
    if (admission === undefined) return;
    const name = `${day}/${videoId}`;
    const sum = sums.get(name) ?? { id: randomBytes(8).toString("hex"), day, videoId, durationMs, viewers: new Set(), tally: new Map() };
    sums.set(name, sum);
    const admitted = admittedOf(report, admission);
    addAll(sum.tally, countReport(admitted, durationMs, watching, admission));
    if (admission.viewed && !isQuiet) sum.viewers.add(named.viewer(viewer));
    if (admission.fits) onCount({ ...taken, report: admitted }, admission);
  }

  async function merge({ id, day, videoId, durationMs, viewers, tally }: DayTally): Promise<void> {
    if (tally.size > 0) {
      await run(
        "merge", keys.usageTold(id), keys.usageDay(day, videoId), keys.usageViewers(day, videoId), keys.usageDirty, keys.usageOpen,
        `${day}/${videoId}`, DAY_SEC, randomBytes(8).toString("hex"), durationMs, viewers.size, ...viewers, ...[...tally].flat(),
      );
    }
    owed.delete(id);
  }

  async function countWaiting(): Promise<void> {
    for (const one of owed.values()) await merge(one);
    while (waiting.length > 0) {
      const batch = waiting.splice(0, AT_ONCE);
      const sums = new Map<string, DayTally>();
      const ended = await Promise.allSettled(batch.map((taken) => countOne(taken, sums)));
      for (const sum of sums.values()) owed.set(sum.id, sum);
      const failed = ended.flatMap((one, at) => (one.status === "rejected" ? [{ taken: batch[at], reason: one.reason as unknown }] : []));
      waiting.unshift(...failed.flatMap(({ taken }) => (taken === undefined ? [] : [taken])));
      for (const sum of sums.values()) await merge(sum);
      if (failed[0] !== undefined) throw failed[0].reason;
    }
  }

  function count(): Promise<void> {
    cancel?.();
    cancel = undefined;
    counting = counting.then(countWaiting).catch((error: unknown) => {
      onError(error);
      plan();
    });
    return counting;
  }

  function plan(): void {
    cancel ??= clock.after(COUNT_EVERY_MS, () => void count());
  }

  return {
    take(taken: TakenReport): void {
      if (waiting.length >= MAX_WAITING) return onDrop();
      waiting.push({ ...taken, asking: randomBytes(6).toString("base64url") });
      plan();
    },
    /** All that has been taken is counted, where Redis answers. Never rejects. */
    count,
    waiting: () => waiting.length,
    async close(): Promise<void> {
      await count();
      cancel?.();
    },
  };
}

function parseNumbers(answer: unknown): number[] {
  return Array.isArray(answer) ? answer.map(Number) : [];
}

export type UsageCounter = ReturnType<typeof openUsageCounter>;
