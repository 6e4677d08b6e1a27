/**
 * The plans of videos that are being watched, and who may watch them. Word of a video that was blocked comes by an event;
 * should that be lost, a plan that is asked for is asked about again: beside the answer, then before it.
 */
import { LRUCache } from "lru-cache";
import type { VideoAccess } from "../../config/access/watching.ts";
import { findErrorCode } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import type { Plan } from "../../media/plan.ts";
import type { Protection, WatchAnswer } from "../videos/videos.contract.ts";

export interface KnownPlan { plan: Plan; protection: Protection; access: VideoAccess }
interface Entry { known: KnownPlan; at: number; refreshing?: Promise<void> | undefined }

const MAX_PLANS = 500;
const FRESH_MS = 15_000;
/** Nobody is answered from what is older, unless nobody can say how it is now. */
const STALE_MS = 60_000;

/** @param look how the video is now */
export function openKnownPlans(look: (id: string) => Promise<WatchAnswer>, now: () => number = () => performance.now()) {
  const entries = new LRUCache<string, Entry>(upTo(MAX_PLANS));
  /** How often a plan was forgotten: an answer that was on its way then is not kept. */
  let forgotten = 0;

  /** Never rejects: whoever asks next finds the plan gone, and asks why. */
  async function refresh(id: string, entry: Entry): Promise<void> {
    try {
      const { plan, protection = "none", access, fault } = await look(id);
      if (entries.peek(id) !== entry) return;
      if (fault !== undefined) entries.delete(id);
      else if (plan !== null) entries.set(id, { known: { plan, protection, access }, at: now() });
    } catch (error) {
      if (findErrorCode(error) === "video_not_found" && entries.peek(id) === entry) entries.delete(id);
    } finally {
      entry.refreshing = undefined;
    }
  }

  /** What may be answered from without waiting; looks beside that how it is now, where it is not quite fresh. */
  function recall(id: string): KnownPlan | undefined {
    const entry = entries.get(id);
    if (entry === undefined) return undefined;
    const age = now() - entry.at;
    if (age > FRESH_MS) entry.refreshing ??= refresh(id, entry);
    return age > STALE_MS ? undefined : entry.known;
  }

  return {
    recall,
    /** Undefined: nothing that still counts. */
    async get(id: string): Promise<KnownPlan | undefined> {
      const known = recall(id);
      if (known !== undefined) return known;
      await entries.get(id)?.refreshing;
      return entries.get(id)?.known;
    },
    /** To be taken before a plan is asked for, and given back with it. */
    mark: (): number => forgotten,
    keep(id: string, known: KnownPlan, mark: number): void {
      if (forgotten === mark) entries.set(id, { known, at: now() });
    },
    forget(id: string): void {
      forgotten++;
      entries.delete(id);
    },
  };
}

export type KnownPlans = ReturnType<typeof openKnownPlans>;
