/**
 * What a video's twin has need not be made: it is copied within the store, and told as if it had been made. A segment that
 * is there has passed its check. Segments go with one init segment, so of a rendition nothing is taken where those of the
 * two videos differ, as when another FFmpeg has made one of them.
 */
import { LRUCache } from "lru-cache";
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { mediaName, type SegmentName } from "../../media/media-names.ts";
import { announce } from "../../mixins/announce.ts";
import { copyPart, storageCalls } from "../../mixins/storage-calls.ts";
import type { CopyResult } from "../storage/storage.contract.ts";
import type { SegmentStored } from "./transcoder.contract.ts";

/** None of these throws: what cannot be had is made. */
export interface TwinObjects {
  /** The object's size, once the video has it; undefined: it has to be made. Not for segments. */
  take(videoId: string, key: string): Promise<number | undefined>;
  /** The same, with its bytes. */
  get(videoId: string, key: string): Promise<Buffer | undefined>;
  getSegment(videoId: string, rendition: string, segment: SegmentName): Promise<Buffer | undefined>;
  /** Those of the segments that have to be made. */
  takeSegments(videoId: string, rendition: string, segments: readonly number[]): Promise<number[]>;
}

const KEPT_RENDITIONS = 2_000;

/** `findTwin`: the id of the video's twin. */
export function openTwinObjects(broker: ServiceBroker, findTwin: (videoId: string) => Promise<string | undefined>): TwinObjects {
  const storage = storageCalls(broker);
  /** Whether the init segments of two videos' rendition are the same, once both are there. */
  const fitting = new LRUCache<string, boolean>(upTo(KEPT_RENDITIONS));
  const metrics = registerMetrics(broker, "transcoder");

  async function fromTwin<T>(videoId: string, take: (of: string) => Promise<T>): Promise<T | undefined> {
    try {
      const of = await findTwin(videoId);
      return of === undefined ? undefined : await take(of);
    } catch (error) {
      broker.logger.debug(`Video ${videoId}: nothing was taken from its twin: ${errorMessage(error)}`);
      return undefined;
    }
  }

  async function copy(videoId: string, of: string, key: string): Promise<CopyResult | undefined> {
    const result = await copyPart(storage, videoId, objectKeys.video(of) + key.slice(objectKeys.video(videoId).length), key);
    if (result?.copied === true) metrics.count("lectern_twin_objects_total");
    return result;
  }

  async function fits(videoId: string, of: string, rendition: string): Promise<boolean> {
    const name = `${videoId}/${rendition}`;
    const known = fitting.get(name);
    if (known !== undefined) return known;
    const initOf = (id: string): string => objectKeys.media(id, rendition, mediaName("init"));
    if ((await copy(videoId, of, initOf(videoId))) === undefined) return false;
    const [ours, theirs] = await Promise.all([storage.get(initOf(videoId)), storage.get(initOf(of))]);
    if (ours === null || theirs === null) return false;
    const same = ours.equals(theirs);
    fitting.set(name, same);
    if (!same) broker.logger.info(`Video ${videoId}: ${rendition} is made, although its twin has it: their init segments differ.`);
    return same;
  }

  async function takeSegment(videoId: string, of: string, rendition: string, segment: SegmentName): Promise<boolean> {
    const result = await copy(videoId, of, objectKeys.media(videoId, rendition, mediaName(segment)));
    if (result?.copied === true && segment !== "init") announce(broker, "segment.stored", { videoId, rendition, segment, bytes: result.size } satisfies SegmentStored);
    return result !== undefined;
  }

  return {
    take: (videoId, key) => fromTwin(videoId, async (of) => (await copy(videoId, of, key))?.size),
    get: (videoId, key) => fromTwin(videoId, async (of) => ((await copy(videoId, of, key)) === undefined ? undefined : ((await storage.get(key)) ?? undefined))),
    getSegment: (videoId, rendition, segment) => fromTwin(videoId, async (of) => {
      if (segment !== "init" && !(await fits(videoId, of, rendition))) return undefined;
      if (!(await takeSegment(videoId, of, rendition, segment))) return undefined;
      return (await storage.get(objectKeys.media(videoId, rendition, mediaName(segment)))) ?? undefined;
    }),
    async takeSegments(videoId, rendition, segments) {
      const fit = segments.length > 0 && (await fromTwin(videoId, (of) => fits(videoId, of, rendition)));
      if (fit !== true) return [...segments];
      const taken = await Promise.all(segments.map((segment) => fromTwin(videoId, (of) => takeSegment(videoId, of, rendition, segment))));
      return segments.filter((_, i) => taken[i] !== true);
    },
  };
}
