/** Chunks of the queue: of what a chunk names, only what the store does not have, and what was not refused, is made. */
import type { ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { findRendition } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { mediaName, type SegmentName } from "../../media/media-names.ts";
import { worksHere } from "../../mixins/works-here.ts";
import type { KeyParams } from "../storage/storage.contract.ts";
import { planRuns } from "./encode-runs.ts";
import { isRefused } from "./inspection.ts";
import type { Profiles } from "./profiles.ts";
import type { Publisher } from "./publisher.ts";
import type { Work } from "../../mixins/work-queue/queue-worker.ts";
import type { ChunkParams, ChunkResult } from "./transcoder.contract.ts";
import type { TwinObjects } from "./twin-objects.ts";
import type { VideoJobs } from "./video-jobs.ts";
import type { Workshop } from "./workshop.ts";

export interface ChunkTools { broker: ServiceBroker; profiles: Profiles; jobs: VideoJobs; workshop: Workshop; publisher: Publisher; twins: TwinObjects }

/** @throws storage_unavailable when segments were made and the store did not take them, and what making them throws */
export async function runChunk({ broker, profiles, jobs, workshop, publisher, twins }: ChunkTools, { videoId, renditions, first, last, lane }: ChunkParams, work?: Work): Promise<ChunkResult> {
  const all = renditions.length * (last - first + 1);
  // The queue of a region that was dark remembers what others have taken over. What a viewer here waits for is made all the same.
  if (lane !== "play" && !(await worksHere(broker, videoId))) return { stored: 0, skipped: all };
  const refusedBefore = await countRefused(broker, videoId, renditions, first, last);
  const wanted = await Promise.all(renditions.map(async (rendition) => [rendition, await findMissing(broker, videoId, rendition, first, last)] as const));
  const missing = new Map(await Promise.all(wanted.map(async ([rendition, segments]) => [rendition, await twins.takeSegments(videoId, rendition, segments)] as const)));
  for (const [rendition, segments] of missing) publisher.retry(videoId, rendition, withInit(segments));
  const worth = wanted.flatMap(([, segments]) => segments).length;
  if ([...missing.values()].every((segments) => segments.length === 0)) {
    await profiles.recall(videoId); // for what viewers have made here
    return result(worth, all, refusedBefore, refusedBefore);
  }
  const made = [...missing.values()].flat().length;
  let done = 0;
  const onOutput = (segment: boolean): void => work?.progress(Math.min(1, (segment ? ++done : done) / made));
  try {
    await jobs.run(videoId, async (job) => {
      job.onOutput = onOutput;
      // A viewer who waits does not wait for a look.
      if (lane !== "play" && renditions.some((name) => isEncodedPicture(job.plan, name))) await profiles.learn(job);
      const runs = planRuns(job.plan, renditions, first, last, (rendition, segment) => missing.get(rendition)?.includes(segment) ?? false);
      for (const run of runs) await workshop.makeRun(job, run);
    }, work);
  } catch (error) {
    if (!(await jobs.isGone(videoId))) throw error;
    return { stored: 0, skipped: all }; // nobody wants it any more
  }
  await publisher.settled(videoId); // the job is done when its segments are safe
  for (const [rendition, segments] of missing) {
    if (publisher.unstored(videoId, rendition, withInit(segments)).length > 0) throw fail("storage_unavailable", "Segments were made and could not be stored.");
  }
  const refused = await countRefused(broker, videoId, renditions, first, last);
  return result(worth, all, refusedBefore, refused);
}

function result(wanted: number, all: number, refusedBefore: number, refused: number): ChunkResult {
  return { stored: wanted - (refused - refusedBefore), skipped: all - wanted - refusedBefore, ...(refused === 0 ? {} : { refused }) };
}

function isEncodedPicture(plan: Plan, name: string): boolean {
  const rendition = findRendition(plan, name);
  return rendition?.kind === "video" && rendition.mode === "encode";
}

async function countRefused(broker: ServiceBroker, videoId: string, renditions: readonly string[], first: number, last: number): Promise<number> {
  const segments = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const refused = await Promise.all(renditions.flatMap((rendition) => segments.map((segment) => isRefused(broker, videoId, rendition, segment))));
  return refused.filter(Boolean).length;
}

/** The first segment's run makes the init segment, too. */
const withInit = (segments: readonly number[]): SegmentName[] => (segments[0] === 0 ? ["init", ...segments] : [...segments]);

/**
 * Numbers of the segments that the store does not have, and that are worth another try. The first is one of them while the
 * init segment is missing: who made it for a viewer may have died with it, and nobody else makes it.
 */
async function findMissing(broker: ServiceBroker, videoId: string, rendition: string, first: number, last: number): Promise<number[]> {
  const segments = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const isThere = async (segment: SegmentName): Promise<boolean> => (await broker.call<unknown, KeyParams>("storage.head", { key: objectKeys.media(videoId, rendition, mediaName(segment)) })) !== null;
  const there = await Promise.all(segments.map(async (segment) => (await isThere(segment)) && (segment > 0 || (await isThere("init")))));
  const missing = segments.filter((_, i) => there[i] === false);
  const refused = await Promise.all(missing.map((segment) => isRefused(broker, videoId, rendition, segment)));
  return missing.filter((_, i) => refused[i] !== true);
}
