/** What must be true when everything is quiet, read from the store and from Redis themselves. */
import { objectKeys } from "../../../config/object-keys.ts";
import { renditionsOf } from "../../../media/plan-video.ts";
import { plannedSegments } from "../../../media/policy.ts";
import type { Plan } from "../../../media/plan.ts";
import type { Outcome, Verdict, VideoRecord } from "../../../services/videos/videos.contract.ts";
import type { Promised } from "./client.ts";
import type { World } from "./world.ts";

const read = <T>(objects: ReadonlyMap<string, Buffer>, key: string): T | undefined => {
  const bytes = objects.get(key);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as T);
};

/** Segments that the policy wants and that are neither stored nor refused. */
export function findUnsettled(objects: ReadonlyMap<string, Buffer>, videoId: string): string[] {
  const [record, plan] = [read<VideoRecord>(objects, objectKeys.record(videoId)), read<Plan>(objects, objectKeys.plan(videoId))];
  if (record === undefined || plan === undefined) return ["record or plan"];
  return renditionsOf(plan).flatMap((rendition) => {
    const segments = Array.from({ length: plannedSegments(plan, rendition, record.policy) }, (_, n) => n);
    return segments.filter((n) => !objects.has(objectKeys.media(videoId, rendition.name, `${n}.m4s`)) && !objects.has(objectKeys.refusal(videoId, rendition.name, String(n))))
      .map((n) => `${rendition.name}/${n}`);
  });
}

/** What was promised of the video, and does not hold. */
export function checkVideo({ store: { objects }, lectureOf }: World, videoId: string, promised: Promised): string[] {
  const isThere = (key: string): boolean => objects.has(key);
  const faults: string[] = [];
  const fault = (what: string): void => { faults.push(`video ${videoId}: ${what}`); };
  if ([...objects.keys()].some((key) => key.startsWith(objectKeys.open(videoId)))) fault("is still marked as unfinished");
  if (isThere(objectKeys.tombstone(videoId))) {
    if (!promised.deleteAsked) fault("was deleted, and nobody asked for that");
    const left = [...objects.keys()].filter((key) => key.startsWith(objectKeys.video(videoId)));
    if (left.length > 0) fault(`is deleted, and there is still ${left.join(", ")}`);
    for (const [key, bytes] of objects) if (key.startsWith("claims/") && bytes.includes(videoId)) fault("is deleted, and still claims its source");
    return faults;
  }
  if (promised.deleted) fault("is said to be deleted, and is not");
  if (!isThere(objectKeys.record(videoId))) {
    if (promised.accepted) fault("was accepted, and is lost");
    return faults;
  }
  const [verdict, outcome] = [read<Verdict>(objects, objectKeys.verdict(videoId)), read<Outcome>(objects, objectKeys.outcome(videoId))];
  const lecture = lectureOf(videoId);
  if (verdict === undefined && outcome === undefined) {
    if (promised.accepted) fault("was accepted, and nobody has looked at it");
  } else if (verdict?.accepted === false) {
    if (lecture?.verdict.accepted !== false) fault("was rejected, and is fine");
  } else if (outcome === undefined) fault("has no end");
  else if (outcome.complete) {
    const unsettled = findUnsettled(objects, videoId);
    if (unsettled.length > 0) fault(`is complete without ${unsettled.join(", ")}`);
  } else {
    const [reason] = outcome.reasons;
    if (reason?.class === "cancelled" && !promised.cancelAsked) fault("was cancelled, and nobody asked for that");
    if (reason?.class !== "cancelled" && reason?.class !== "worker_lost" && lecture?.poison === undefined) fault(`failed, and could be made: ${JSON.stringify(reason)}`);
  }
  return faults;
}
