/**
 * Decides on a node who may watch a video that is private, and keeps for a while what it knows of ended links: an event says
 * when one is ended, and where that is lost the store does, ten seconds later at most.
 */
import { LRUCache } from "lru-cache";
import { isRevoked, type Revocations, type Use } from "../config/access/grants.ts";
import type { Caller } from "../config/access/permissions.ts";
import { mayWatch, type VideoAccess } from "../config/access/watching.ts";

interface Known { revoked: Revocations; at: number; reading?: Promise<Revocations> }

/** From this age on it is read anew, beside what is asked meanwhile. */
const STALE_MS = 5_000;
/** From this age on whoever asks waits for it. */
const OLD_MS = 10_000;
const MAX_VIDEOS = 5_000;

export type WatchGuard = ReturnType<typeof openWatchGuard>;

/** @param read what is revoked of a video's links, from the store */
export function openWatchGuard(read: (videoId: string) => Promise<Revocations>, now: () => number = Date.now) {
  const known = new LRUCache<string, Known>({ max: MAX_VIDEOS });

  /** What came by an event meanwhile stays. */
  function note(videoId: string, revoked: Revocations): Revocations {
    const before = known.get(videoId)?.revoked;
    const merged = before === undefined ? revoked : { all: Math.max(before.all, revoked.all), links: [...new Set([...before.links, ...revoked.links])] };
    known.set(videoId, { revoked: merged, at: now() });
    return merged;
  }

  async function revocationsOf(videoId: string): Promise<Revocations> {
    const entry = known.get(videoId);
    if (entry === undefined) return note(videoId, await read(videoId));
    if (now() - entry.at < STALE_MS) return entry.revoked;
    // While the store is away what was known holds: whoever plays goes on playing, and events still come.
    entry.reading ??= read(videoId).then((revoked) => note(videoId, revoked), () => entry.revoked).finally(() => { delete entry.reading; });
    return now() - entry.at < OLD_MS ? entry.revoked : await entry.reading;
  }

  return {
    note,
    /** Asks the store only about whoever came by a link. @throws what `read` throws, when nothing is known of the video's links */
    async allows(caller: Caller | undefined, video: VideoAccess, use: Use | "any"): Promise<boolean> {
      if (!mayWatch(caller, video, use, Date.now())) return false;
      return video.visibility === "public" || caller?.grant === undefined || !isRevoked(caller.grant, await revocationsOf(video.id));
    },
    revocationsOf,
    forget: (videoId: string) => known.delete(videoId),
  };
}
