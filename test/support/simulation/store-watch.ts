/** Looks at each object as it comes and goes: at what no state at the end would show. */
import { objectKeys } from "../../../config/object-keys.ts";
import type { Outcome } from "../../../services/videos/videos.contract.ts";
import { findUnsettled } from "./invariants.ts";
import type { StorePorts } from "./object-store.ts";
import type { World } from "./world.ts";

export interface StoreWatch extends Pick<StorePorts, "onPut" | "onCreated" | "onRemoved" | "onConflict"> {
  /** How often the video was opened once more. */
  reopened(videoId: string): number;
}

const OUTCOME = /^videos\/(.*)\/outcome\.json$/;
const isMedia = (key: string): boolean => key.includes("/media/");

/** @param world told late: the store is a part of it */
export function watchStore(world: () => World): StoreWatch {
  /** Moments at which an outcome was taken away, so that its video is tried again. */
  const reopenings = new Map<string, number[]>();

  function judge(videoId: string, outcome: Outcome): void {
    const { journal, store, failedRuns } = world();
    journal.count(outcome.complete ? "video complete" : "video failed");
    if (outcome.complete) {
      if (findUnsettled(store.objects, videoId).length > 0) journal.violate(`video ${videoId} ended as complete before it was`);
      return;
    }
    const wasTried = (failedRuns.get(videoId) ?? 0) >= (reopenings.get(videoId)?.at(-1) ?? 0);
    if (outcome.reasons[0]?.class === "encode_failed" && !wasTried) journal.violate(`video ${videoId} was opened once more, and failed without another try`);
  }

  return {
    reopened: (videoId) => reopenings.get(videoId)?.length ?? 0,
    onConflict: (key) => world().journal.violate(`${key} was written again, with something else`),
    onPut(key, isThere, life) {
      const { publishing, redis, loop, journal } = world();
      const token = publishing.get(`${life.process.name} ${key}`);
      if (token !== undefined && redis.leaseEnds(token) < loop.now()) journal.count(isThere ? "stale write refused" : "stale write, the first of its key");
    },
    onCreated(key, bytes, life) {
      if (!isMedia(key)) world().journal.write(life.process.name, `store: + ${key}`);
      const videoId = OUTCOME.exec(key)?.[1];
      if (videoId !== undefined) judge(videoId, JSON.parse(bytes.toString()) as Outcome);
    },
    onRemoved(key, bytes, life) {
      const { journal, store, loop } = world();
      if (!isMedia(key)) journal.write(life.process.name, `store: − ${key}`);
      const videoId = OUTCOME.exec(key)?.[1];
      if (videoId === undefined || store.objects.has(objectKeys.tombstone(videoId))) return;
      if ((JSON.parse(bytes.toString()) as Outcome).complete) journal.violate(`video ${videoId} was complete, and was opened once more`);
      reopenings.set(videoId, [...(reopenings.get(videoId) ?? []), loop.now()]);
    },
  };
}
