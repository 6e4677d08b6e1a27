/**
 * Decides on a node who may watch a video that is private, and keeps for a while what it knows of ended links: an event says
 * when one is ended, and where that is lost the store does, ten seconds later at most.
 */
import { LRUCache } from "lru-cache";
import { isRevoked, type Revocations, type Use } from "../config/access/grants.ts";
import type { Caller } from "../config/access/permissions.ts";
import { mayWatch, type VideoAccess } from "../config/access/watching.ts";
import { upTo } from "../config/lru-room.ts";

interface Known { revoked: Revocations; at: number; reading?: Promise<Revocations> }

/** From this age on it is read anew, beside what is asked meanwhile. */
const STALE_MS = 5_000;
/** From this age on whoever asks waits for it. */
const OLD_MS = 10_000;
const MAX_VIDEOS = 5_000;

export type WatchGuard = ReturnType<typeof openWatchGuard>;

/** @param read what is revoked of a video's links, from the store */
export function openWatchGuard(read: (videoId: string) => Promise<Revocations>, now: () => number = Date.now) {
  const known = new LRUCache<string, Known>(upTo(MAX_VIDEOS));

  /** What came by an event meanwhile stays. */
  function note(videoId: string, revoked: Revocations): Revocations {
    const before = known.get(videoId)?.revoked;
    const merged = before === undefined ? revoked : { all: Math.max(before.all, revoked.all), links: [...new Set([...before.links, ...revoked.links])] };
    known.set(videoId, { revoked: merged, at: now() });
    return merged;
  }

  /** What is young enough to be answered from; where it is not quite, it is read anew beside that. */
  function recall(videoId: string): Revocations | undefined {
    const entry = known.get(videoId);
    if (entry === undefined) return undefined;
    const age = now() - entry.at;
    // While the store is away what was known holds: whoever plays goes on playing, and events still come.
    if (age >= STALE_MS) entry.reading ??= read(videoId).then((revoked) => note(videoId, revoked), () => entry.revoked).finally(() => { delete entry.reading; });
    return age < OLD_MS ? entry.revoked : undefined;
  }

  async function revocationsOf(videoId: string): Promise<Revocations> {
    return recall(videoId) ?? (await (known.get(videoId)?.reading ?? read(videoId).then((revoked) => note(videoId, revoked))));
  }

  return {
    note,
    /** Asks the store only about whoever came by a link. @throws what `read` throws, when nothing is known of the video's links */
    async allows(caller: Caller | undefined, video: VideoAccess, use: Use | "any"): Promise<boolean> {
      if (!mayWatch(caller, video, use, Date.now())) return false;
      return video.visibility === "public" || caller?.grant === undefined || !isRevoked(caller.grant, await revocationsOf(video.id));
    },
    /** The same without waiting: false also where the store has to be asked first. */
    allowsAtOnce(caller: Caller | undefined, video: VideoAccess, use: Use | "any"): boolean {
      if (!mayWatch(caller, video, use, Date.now())) return false;
      if (video.visibility === "public" || caller?.grant === undefined) return true;
      const revoked = recall(video.id);
      return revoked !== undefined && !isRevoked(caller.grant, revoked);
    },
    revocationsOf,
    forget: (videoId: string) => known.delete(videoId),
  };
}
