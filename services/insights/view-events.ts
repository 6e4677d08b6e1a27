/** Tells the mesh of those who watch, of nobody more often than is needed: who learns from it wants the course of things, not every step. */
import type { ViewMoved, ViewProgressed } from "./insights.contract.ts";
import type { KnownVideo } from "./known-videos.ts";
import type { UsageReport } from "./usage-report.ts";

export interface ViewEventPorts {
  moved(event: ViewMoved): void;
  progressed(event: ViewProgressed): void;
  /** @throws video_not_found */
  find(videoId: string): Promise<KnownVideo>;
  /** ms since 1970. */
  now(): number;
}

/** Of each kind: what one node says in a second. */
export const MOST_A_SECOND = 100;

export function openViewEvents({ moved, progressed, find, now }: ViewEventPorts) {
  const isFree = { moved: perSecond(now), progressed: perSecond(now) };

  /** What cannot be had of it, or is another tenant's, is not named. */
  async function findPrevious(id: string | undefined, tenant: string): Promise<string | undefined> {
    if (id === undefined) return undefined;
    const before = await find(id).catch(() => undefined);
    return before?.access.tenant === tenant && !before.access.deleted ? id : undefined;
  }

  return {
    /** Of each report. */
    progress({ ranges }: UsageReport, videoId: string): void {
      const last = ranges.at(-1);
      if (last !== undefined && isFree.progressed()) progressed({ videoId, position: last.toMs / 1_000, rate: last.rate });
    },
    /** When a session has begun to watch. @param isQuiet where they came from is not said */
    async start({ previous }: UsageReport, videoId: string, isQuiet: boolean, at: number): Promise<void> {
      if (!isFree.moved()) return;
      const { access: { tenant }, course } = await find(videoId);
      const fromVideoId = previous === videoId || isQuiet ? undefined : await findPrevious(previous, tenant);
      moved({ tenant, ...(course === undefined ? {} : { course }), ...(fromVideoId === undefined ? {} : { fromVideoId }), toVideoId: videoId, at });
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
