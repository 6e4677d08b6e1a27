/**
 * What happens to a file that was made: into Redis for other nodes while a viewer waits, through the check, into the
 * object store, and then it is announced. Nobody who waits for the bytes waits for this.
 */
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import type { ServiceBroker } from "moleculer";
import { errorMessage, fail } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { mediaName, type SegmentName } from "../../media/media-names.ts";
import { announce, announceToAll } from "../../mixins/announce.ts";
import { cancelled, isCancelled } from "../../mixins/cancelled.ts";
import { withoutRedis } from "../../mixins/redis.ts";
import { putPart, storageCalls } from "../../mixins/storage-calls.ts";
import { unstoredBytes } from "../../mixins/unstored-bytes.ts";
import { openBacklog } from "./backlog.ts";
import type { Inspection } from "./inspection.ts";
import type { SegmentReplaced, SegmentStored } from "./transcoder.contract.ts";
import type { Made } from "./workshop.ts";

/** How long a segment stays in Redis for other nodes: until the store has it, and the first rush is over. */
const WARM_SEC = 60;
const MAX_WARM_BYTES = 1024 * 1024;
/** Init segments of which it is remembered whether the store took them. */
const MAX_INITS = 1_000;
/** Faults that are remembered until somebody asks. */
const MAX_UNSTORED = 10_000;

export function openPublisher(broker: ServiceBroker, redis: Redis, keys: RedisKeys, inspection: Inspection) {
  const storage = storageCalls(broker);
  /** Files on their way into the store, by video. */
  const publishing = new Map<string, Set<Promise<void>>>();
  const unstored = new LRUCache<string, true>(upTo(MAX_UNSTORED));
  const backlog = openBacklog(unstoredBytes(broker).set);
  /** Init segments on their way into the store, or there, by rendition. Every run that makes a first segment has made one. */
  const inits = new LRUCache<string, Promise<void>>(upTo(MAX_INITS));

  async function warm(videoId: string, { rendition, segment, bytes }: Made): Promise<void> {
    if (bytes.byteLength > MAX_WARM_BYTES) return;
    await withoutRedis(() => redis.set(keys.warmSegment(videoId, rendition, mediaName(segment)), bytes, "EX", WARM_SEC), null, broker.logger);
  }

  /** Says whether it is there to stay: what came after the deletion of its video is taken back. */
  async function store(videoId: string, { rendition, segment, bytes, mayStore }: Made): Promise<boolean> {
    if ((await mayStore?.()) === false) throw cancelled(); // another node makes it now
    const key = objectKeys.media(videoId, rendition, mediaName(segment));
    return (await putPart(storage, videoId, key, bytes)) !== "gone";
  }

  /** What viewers got meanwhile is forgotten for those who come. */
  async function replace(videoId: string, { rendition, segment }: Made): Promise<void> {
    await withoutRedis(() => redis.del(keys.warmSegment(videoId, rendition, mediaName(segment))), 0, broker.logger);
    announceToAll(broker, "segment.replaced", { videoId, rendition, segment } satisfies SegmentReplaced);
  }

  async function process(videoId: string, made: Made): Promise<void> {
    const { rendition, segment, bytes } = made;
    if (segment === "init") {
      inspection.note(videoId, rendition, bytes);
      if (made.awaited) await warm(videoId, made);
      await store(videoId, made);
      return;
    }
    const inspected = inspection.inspect(videoId, rendition, segment, bytes);
    inspected.catch(() => undefined); // awaited below
    if (made.awaited) await warm(videoId, made);
    const good = await inspected;
    if (good === undefined) return;
    if (good !== bytes) await replace(videoId, made);
    // Of a rendition whose first segment is stored, the init segment is: nothing else would miss it.
    if (segment === 0) await inits.get(`${videoId}/${rendition}`);
    const stays = await store(videoId, { ...made, bytes: good });
    if (stays) announce(broker, "segment.stored", { videoId, rendition, segment, bytes: good.byteLength } satisfies SegmentStored);
  }

  return {
    /** Resolves when the store keeps up with what is made. @throws when `signal` aborts */
    calm: (signal: AbortSignal): Promise<void> => backlog.calm(signal),
    /** Begins to put the file into the store, unless it is there, or too much waits for the store. Never throws. */
    publish(videoId: string, made: Made): void {
      const key = objectKeys.media(videoId, made.rendition, mediaName(made.segment));
      const work = backlog.hold(made.bytes.byteLength, () => process(videoId, made)) ?? Promise.reject(fail("storage_unavailable", "Too much waits for the object store."));
      const pending = publishing.get(videoId) ?? new Set();
      publishing.set(videoId, pending.add(work));
      if (made.segment === "init") inits.set(`${videoId}/${made.rendition}`, work);
      work.catch((error: unknown) => {
        unstored.set(key, true);
        const level = isCancelled(error) ? "debug" : "warn";
        broker.logger[level](`Video ${videoId}: ${made.rendition}/${mediaName(made.segment)} could not be stored: ${errorMessage(error)}`);
      }).finally(() => {
        pending.delete(work);
        if (pending.size === 0) publishing.delete(videoId);
      });
    },
    /** Forgets earlier faults of these: they are being made anew. */
    retry(videoId: string, rendition: string, segments: readonly SegmentName[]): void {
      for (const segment of segments) unstored.delete(objectKeys.media(videoId, rendition, mediaName(segment)));
    },
    /** Those of the files that the store did not take when they were last made. */
    unstored(videoId: string, rendition: string, segments: readonly SegmentName[]): SegmentName[] {
      return segments.filter((segment) => unstored.has(objectKeys.media(videoId, rendition, mediaName(segment))));
    },
    /** Waits until what is on its way into the store, of this video or of all, has arrived or failed. */
    async settled(videoId?: string): Promise<void> {
      const pending = videoId === undefined ? [...publishing.values()].flatMap((works) => [...works]) : [...(publishing.get(videoId) ?? [])];
      await Promise.allSettled(pending);
    },
  };
}

export type Publisher = ReturnType<typeof openPublisher>;
