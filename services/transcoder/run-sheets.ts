/** Sheets of previews from the queue. A node that dies leaves those that are stored; whoever takes the work again finds them. */
import type { Work } from "../../mixins/work-queue/queue-worker.ts";
import type { Storyboards } from "./storyboards.ts";
import type { ChunkParams, ChunkResult } from "./transcoder.contract.ts";
import type { VideoJobs } from "./video-jobs.ts";

export interface SheetTools { jobs: VideoJobs; storyboards: Storyboards }

export async function runSheets({ jobs, storyboards }: SheetTools, { videoId, first, last }: ChunkParams, work?: Work): Promise<ChunkResult> {
  const count = last - first + 1;
  try {
    await jobs.run(videoId, async (job) => {
      for (let sheet = first; sheet <= last; sheet++) {
        await storyboards.ensure(job, sheet);
        work?.progress((sheet - first + 1) / count);
      }
    }, work);
    return { stored: count, skipped: 0 };
  } catch (error) {
    if (!(await jobs.isGone(videoId))) throw error;
    return { stored: 0, skipped: count }; // nobody wants it any more
  }
}
