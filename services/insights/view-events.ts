/** Tells the mesh of those who watch, of nobody more often than is needed: who learns from it wants the course of things, not every step. */
import { LRUCache } from "lru-cache";
import type { ViewMoved, ViewProgressed } from "./insights.contract.ts";
import type { KnownVideo } from "./known-videos.ts";
import type { UsageReport } from "./usage-report.ts";

export interface ViewEventPorts {
  moved(event: ViewMoved): void;
  progressed(event: ViewProgressed): void;
  /** Of the video that somebody watched before. @throws video_not_found */
  find(videoId: string): Promise<KnownVideo>;
  /** ms since 1970. */
  now(): number;
}

const MAX_SESSIONS = 50_000;
/** Of each kind: what one node says in a second. */
export const MOST_A_SECOND = 100;

export function openViewEvents({ moved, progressed, find, now }: ViewEventPorts) {
  const begun = new LRUCache<string, true>({ max: MAX_SESSIONS });
  const isFree = { moved: perSecond(now), progressed: perSecond(now) };

  /** What cannot be had of it, or is another tenant's, is not named. */
  async function findPrevious(id: string | undefined, tenant: string): Promise<string | undefined> {
    if (id === undefined) return undefined;
    const before = await find(id).catch(() => undefined);
    return before?.access.tenant === tenant && !before.access.deleted ? id : undefined;
  }

  return {
    /** @param quiet where they came from is not said */
    async note(report: UsageReport, { access: { id: videoId, tenant }, course }: KnownVideo, quiet: boolean): Promise<void> {
      const last = report.ranges.at(-1);
      if (last !== undefined && isFree.progressed()) progressed({ videoId, position: last.toMs / 1_000, rate: last.rate });
      const session = `${videoId} ${report.session}`;
      if (last === undefined || begun.has(session) || !isFree.moved()) return;
      begun.set(session, true);
      const fromVideoId = report.previous === videoId || quiet ? undefined : await findPrevious(report.previous, tenant);
      moved({ tenant, ...(course === undefined ? {} : { course }), ...(fromVideoId === undefined ? {} : { fromVideoId }), toVideoId: videoId, at: now() });
    },
  };
}

function perSecond(now: () => number): () => boolean {
  let [second, count] = [0, 0];
  return () => {
    const current = Math.floor(now() / 1_000);
    if (current !== second) [second, count] = [current, 0];
    return ++count <= MOST_A_SECOND;
  };
}

export type ViewEvents = ReturnType<typeof openViewEvents>;
