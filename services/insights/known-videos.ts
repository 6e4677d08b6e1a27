/** What there is to know of the videos that are being watched: whose they are, how long, and who may watch. */
import { LRUCache } from "lru-cache";
import type { Revocations } from "../../config/access/grants.ts";
import type { VideoAccess } from "../../config/access/watching.ts";
import { upTo } from "../../config/lru-room.ts";
import type { PlanFault, VideoState, WatchAnswer } from "../videos/videos.contract.ts";

/** `durationMs` undefined: it has no plan yet. */
export interface KnownVideo { access: VideoAccess; durationMs: number | undefined; title?: string; course?: string; fault?: PlanFault; revoked?: Revocations }

export interface VideoPorts {
  /** @throws video_not_found */
  look(id: string, links: boolean): Promise<WatchAnswer>;
  state(id: string): Promise<VideoState | null>;
}

const MAX_VIDEOS = 2_000;
/** Word of a change comes by events; should one be lost, it is known after this. */
const FRESH_MS = 15_000;

export function openKnownVideos({ look, state }: VideoPorts, now: () => number = () => performance.now()) {
  const known = new LRUCache<string, { video: KnownVideo; at: number }>(upTo(MAX_VIDEOS));
  return {
    /** @param links whether the links that were ended are wanted, too @throws video_not_found */
    async get(id: string, links = false): Promise<KnownVideo> {
      const entry = known.get(id);
      if (entry !== undefined && now() - entry.at < FRESH_MS) return entry.video;
      const [{ access, plan, fault, revoked }, found] = await Promise.all([look(id, links), state(id)]);
      const { title, labels } = found?.record ?? {};
      const course = labels?.["course"];
      const video: KnownVideo = {
        access, durationMs: plan === null ? undefined : Math.round((1_000 * (plan.boundaries.at(-1) ?? 0)) / plan.timescale),
        ...(title === undefined ? {} : { title }), ...(course === undefined ? {} : { course }), ...(fault === undefined ? {} : { fault }),
      };
      known.set(id, { video, at: now() });
      return { ...video, ...(revoked === undefined ? {} : { revoked }) };
    },
    forget: (id: string) => known.delete(id),
  };
}

export type KnownVideos = ReturnType<typeof openKnownVideos>;
