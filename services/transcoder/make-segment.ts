/** A segment for a viewer who waits. */
import type { GrowingBytes } from "../../mixins/growing-bytes.ts";
import type { MakeParams } from "./transcoder.contract.ts";
import type { VideoJobs } from "./video-jobs.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Resolves with the first bytes; the job lasts until its run has ended.
 * @throws what made it fail before there were any; a later failure is in the bytes
 */
export async function makeSegment(jobs: VideoJobs, workshop: Workshop, { videoId, rendition, segment, waiter }: MakeParams): Promise<GrowingBytes> {
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
