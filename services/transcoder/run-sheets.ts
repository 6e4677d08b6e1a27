/** Sheets of previews from the queue. A node that dies leaves those that are stored; whoever takes the work again finds them. */
import { objectKeys } from "../../config/object-keys.ts";
import type { Work } from "../../mixins/work-queue/queue-worker.ts";
import type { Storyboards } from "./storyboards.ts";
import type { ChunkParams, ChunkResult } from "./transcoder.contract.ts";
import type { TwinObjects } from "./twin-objects.ts";
import type { VideoJobs } from "./video-jobs.ts";

export interface SheetTools { jobs: VideoJobs; storyboards: Storyboards; twins: TwinObjects }

export async function runSheets({ jobs, storyboards, twins }: SheetTools, { videoId, first, last }: ChunkParams, work?: Work): Promise<ChunkResult> {
  const count = last - first + 1;
  const missing: number[] = [];
  for (let sheet = first; sheet <= last; sheet++) if ((await twins.take(videoId, objectKeys.sheet(videoId, sheet))) === undefined) missing.push(sheet);
  if (missing.length === 0) return { stored: count, skipped: 0 };
  try {
    await jobs.run(videoId, async (job) => {
      for (const [done, sheet] of missing.entries()) {
        await storyboards.ensure(job, sheet);
        work?.progress((done + 1) / missing.length);
      }
    }, work);
    return { stored: count, skipped: 0 };
  } catch (error) {
    if (!(await jobs.isGone(videoId))) throw error;
    return { stored: 0, skipped: count }; // nobody wants it any more
  }
}
