/**
 * Sees to it that what viewers are about to begin is there: what a timetable says, soonest first, then what those who watch
 * now will go on to. It asks for one run at a time, within an hour's budget, and calls off what is not expected any more.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import type { Plan } from "../../media/plan.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import type { SegmentsExpected } from "../cache/cache.contract.ts";
import type { WarmParams, WarmResult } from "../scheduler/scheduler.contract.ts";
import type { Expectation, ForecastMemory, Made } from "./memory.ts";
import { planOpening, type RenditionShares } from "./opening.ts";
import { nextBell } from "./timetable.ts";
import type { Timetables } from "./timetables.ts";

export interface ForecasterPorts {
  memory: Pick<ForecastMemory, "expected" | "made" | "settle" | "noteMade" | "noteBegun" | "begunSince" | "spent" | "spend" | "lastLecture">;
  timetables: Pick<Timetables, "all">;
  /** undefined: there is no such video, or no plan, or it is not this tenant's. */
  plan(videoId: string, tenant?: string): Promise<Plan | undefined>;
  /** What those who watch the like of it took lately, of a video whose plan was asked for. */
  shares(videoId: string): RenditionShares;
  warm(params: WarmParams): Promise<WarmResult>;
  unwarm(videoId: string): Promise<void>;
  /** Tells the region's caches to take it into memory. */
  expect(expected: Omit<SegmentsExpected, "region">): void;
  count(what: "predicted" | "used" | "wasted", seconds: number, bytes: number): void;
  now(): number;
}
export interface ForecasterLimits { cpuSec: number; bytes: number }

/** A lecture hour is looked at so long before its bell: an hour of the budget makes it. */
export const LEAD_MS = 3_600_000;
/** After the bell some are late. */
export const LATE_MS = 15 * 60_000;
/** Memory is filled so long before: what is there earlier may be gone by then. */
export const MEMORY_MS = 3 * 60_000;
/** What was made and nobody began within so long was made in vain. */
const VAIN_MS = 86_400_000 / 2;
/** By then a run that was queued has ended, or waited for too long. */
const RUN_MS = 10 * 60_000;
const MAX_ADOPTED = 2_000;
/** Of a sheet of previews, about. */
const SHEET_BYTES = 200_000;
const TIMETABLE_MS = 15_000;
/** Videos of a tick: each is looked at until a run can be queued. */
const MOST_LOOKED_AT = 50;
/** So long there is nothing to do for a video that is there, or that there is not: room for those after it on the list. */
const SETTLED_MS = 60_000;
const MAX_SETTLED = 5_000;

/** When the run has ended, or waited for too long, of what is in vain at `until`. */
const runEnd = (until: number): number => until - VAIN_MS + RUN_MS;
/** Whether it is known by now what came of it. Of what viewers have begun it was clear from the start, but until its run ends it may be called off. */
const isSettled = ({ until, begun }: Made, now: number): boolean => (begun === true ? runEnd(until) : until) < now;

const bySoonest = (a: Expectation, b: Expectation): number => a.neededAt - b.neededAt || b.weight - a.weight;
/** When it is to be taken into memory, which is once; never, where that is now or was. */
const memoryAt = ({ neededAt }: Expectation, now: number): number => (neededAt - MEMORY_MS > now ? neededAt - MEMORY_MS : Infinity);

export function openForecaster(ports: ForecasterPorts, limits: ForecasterLimits) {
  /** Videos for which something was queued here, or by whoever did this before and left it in `made`. */
  const pending = new Set<string>();
  /** What was taken over so of each: until when its last run counts. */
  const adopted = new LRUCache<string, number>(upTo(MAX_ADOPTED));
  /** Beginnings that were taken into memory: the video, and when. */
  const inMemory = new Map<string, number>();
  /** Videos, as a tenant or nobody expects them, for which there was nothing to do; until when that is taken for granted. */
  const settled = new LRUCache<string, number>(upTo(MAX_SETTLED));

  /** Soonest first of each tenant, and one of each in turn: a full hour of one keeps no other waiting. */
  async function listHours(now: number): Promise<(Expectation & { tenant: string })[]> {
    const lists: (Expectation & { tenant: string })[][] = [];
    for (const [tenant, entries] of await ports.timetables.all(TIMETABLE_MS)) {
      const hours: (Expectation & { tenant: string })[] = [];
      for (const entry of entries) {
        const bell = nextBell(entry, now - LATE_MS);
        if (bell === undefined || bell > now + LEAD_MS) continue;
        const videoId = entry.video ?? (entry.course === undefined ? undefined : await ports.memory.lastLecture(tenant, entry.course));
        if (videoId !== undefined) hours.push({ videoId, tenant, neededAt: bell, until: bell + LATE_MS, weight: entry.expectedViewers ?? 1 });
      }
      lists.push(hours.toSorted(bySoonest));
    }
    const rounds = Math.max(0, ...lists.map(({ length }) => length));
    return Array.from({ length: rounds }, (_, round) => lists.flatMap((hours) => hours[round] ?? []).toSorted(bySoonest)).flat();
  }

  /** @returns whether there is still room for work of others on the list */
  async function prepare({ videoId, tenant, neededAt, until }: Expectation & { tenant?: string }, now: number): Promise<boolean> {
    const plan = await ports.plan(videoId, tenant);
    const opening = plan === undefined ? [] : planOpening(plan, ports.shares(videoId));
    const last = opening[0]?.last;
    if (plan === undefined || last === undefined) return true;
    const spent = await ports.memory.spent(now);
    const renditions = opening.map(({ rendition }) => rendition.name);
    const result = spent.bytes >= limits.bytes ? { state: "dear" as const } : await ports.warm({ id: videoId, renditions: [...renditions, STORYBOARD], last, cpuSec: limits.cpuSec - spent.cpuSec });
    if (result.state === "queued") {
      const rendition = opening.find((one) => one.rendition.name === result.rendition)?.rendition;
      const seconds = rendition === undefined ? 0 : ((plan.boundaries[result.last + 1] ?? 0) - (plan.boundaries[result.first] ?? 0)) / plan.timescale;
      const bytes = rendition === undefined ? SHEET_BYTES : Math.round((seconds * ("averageBandwidth" in rendition ? rendition.averageBandwidth : rendition.bandwidth)) / 8);
      pending.add(videoId);
      await ports.memory.spend(now, result.cpuSec, bytes);
      const begun = await ports.memory.begunSince(videoId, now - VAIN_MS);
      await ports.memory.noteMade({ videoId, rendition: result.rendition, seconds, bytes, until: now + VAIN_MS, ...(begun ? { begun } : {}) });
      ports.count("predicted", seconds, bytes);
    }
    if ((result.state === "warm" || result.state === "dear") && neededAt - now <= MEMORY_MS && !inMemory.has(videoId)) {
      inMemory.set(videoId, until);
      ports.expect({ videoId, renditions, last });
    }
    return result.state === "warm" || result.state === "gone" || result.state === "dear";
  }

  return {
    async tick(): Promise<void> {
      const now = ports.now();
      const wanted: (Expectation & { tenant?: string })[] = [...(await listHours(now)), ...(await ports.memory.expected(now)).toSorted((a, b) => b.weight - a.weight)];
      const ids = new Set(wanted.map(({ videoId }) => videoId));
      const all = await ports.memory.made();
      for (const { videoId, until } of all) {
        if (runEnd(until) < now || (adopted.get(videoId) ?? 0) >= until) continue;
        adopted.set(videoId, until);
        pending.add(videoId);
      }
      for (const videoId of pending) if (!ids.has(videoId)) {
        await ports.unwarm(videoId);
        pending.delete(videoId);
      }
      for (const [videoId, until] of inMemory) if (until < now) inMemory.delete(videoId);
      for (const made of all) if (isSettled(made, now) && (await ports.memory.settle(made))) ports.count(made.begun === true ? "used" : "wasted", made.seconds, made.bytes);
      const looked = new Set<string>();
      for (const expectation of wanted) {
        if (looked.size >= MOST_LOOKED_AT) break;
        const key = `${expectation.tenant ?? ""} ${expectation.videoId}`; // another's name for a video leads nowhere
        if (looked.has(key) || (settled.get(key) ?? 0) > now) continue;
        looked.add(key);
        if (!(await prepare(expectation, now))) break;
        settled.set(key, Math.min(now + SETTLED_MS, memoryAt(expectation, now)));
      }
    },
    /** Somebody began this video. */
    async used(videoId: string): Promise<void> {
      await ports.memory.noteBegun(videoId, ports.now());
      for (const made of await ports.memory.made()) if (made.videoId === videoId && (await ports.memory.settle(made))) ports.count("used", made.seconds, made.bytes);
    },
  };
}

export type Forecaster = ReturnType<typeof openForecaster>;
