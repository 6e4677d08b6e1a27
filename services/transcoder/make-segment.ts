/** A segment for a viewer who waits. */
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import type { MakeParams } from "./transcoder.contract.ts";
import type { TwinObjects } from "./twin-objects.ts";
import type { VideoJobs } from "./video-jobs.ts";
import type { Workshop } from "./workshop.ts";

export interface SegmentTools { jobs: VideoJobs; workshop: Workshop; twins: TwinObjects }

/**
 * Resolves with the first bytes; the job lasts until its run has ended.
 * @throws what made it fail before there were any; a later failure is in the bytes
 */
export async function makeSegment({ jobs, workshop, twins }: SegmentTools, { videoId, rendition, segment, waiter }: MakeParams): Promise<GrowingBytes> {
  const taken = await twins.getSegment(videoId, rendition, segment);
  if (taken !== undefined) return GrowingBytes.of(taken);
  const answer = Promise.withResolvers<GrowingBytes>();
  let begun = false;
  jobs.runPatiently(videoId, async (job) => {
    const { bytes, done } = workshop.make(job, rendition, segment, waiter);
    bytes.started().then(() => {
      begun = true;
      answer.resolve(bytes);
    }, () => undefined); // a failure before that is the job's
    await done;
  }, () => !begun).catch(answer.reject);
  return await answer.promise;
}
