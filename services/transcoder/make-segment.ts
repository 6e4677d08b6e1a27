/** A segment for a viewer who waits. */
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import type { Spent } from "../../mixins/play-spent.ts";
import type { MakeParams } from "./transcoder.contract.ts";
import type { TwinObjects } from "./twin-objects.ts";
import type { VideoJobs } from "./video-jobs.ts";
import type { Workshop } from "./workshop.ts";

/** `spent`: on its first bytes. */
export interface MadeSegment { bytes: GrowingBytes; spent: Spent }
export interface SegmentTools { jobs: VideoJobs; workshop: Workshop; twins: TwinObjects }

/**
 * Resolves with the first bytes; the job lasts until its run has ended.
 * @throws what made it fail before there were any; a later failure is in the bytes
 */
export async function makeSegment({ jobs, workshop, twins }: SegmentTools, { videoId, rendition, segment, waiter }: MakeParams): Promise<MadeSegment> {
  const startedAt = performance.now();
  const taken = await twins.getSegment(videoId, rendition, segment);
  if (taken !== undefined) return { bytes: GrowingBytes.of(taken), spent: { cache: performance.now() - startedAt } };
  const answer = Promise.withResolvers<MadeSegment>();
  let begun = false;
  jobs.runPatiently(videoId, async (job) => {
    const { bytes, done, spent } = workshop.make(job, rendition, segment, waiter);
    bytes.started().then(() => {
      begun = true;
      answer.resolve({ bytes, spent: spent() });
    }, () => undefined); // a failure before that is the job's
    await done;
  }, () => !begun).catch(answer.reject);
  return await answer.promise;
}
