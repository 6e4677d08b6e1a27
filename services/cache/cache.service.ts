/**
 * cache: finds a segment where it is cheapest to find (memory, the region's Redis, the object store), and has it made
 * when nobody has it. What many ask for at once is fetched or made once.
 */
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { mediaName } from "../../media/media-names.ts";
import type { Plan } from "../../media/plan.ts";
import { inOrderOfStart } from "../../media/start-order.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import { closeRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import type { VideoEventPayload, VideoIdParams } from "../videos/videos.contract.ts";
import type { SegmentParams, SegmentResult, Tier } from "./cache.contract.ts";
import { flightLock } from "./flight-lock.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; memoryBytes: number }
interface State { redis: Redis; keys: RedisKeys; memory: LRUCache<string, Buffer>; flights: Map<string, Promise<SegmentResult>> }
interface Methods {
  find(params: SegmentParams): Promise<SegmentResult>;
  findStored(params: SegmentParams): Promise<SegmentResult | undefined>;
  make(params: SegmentParams): Promise<SegmentResult>;
}

/** An encode under load; the player would give up soon after. */
const MAKE_MS = 30_000;

export function cacheService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "cache",
    settings: { ...settings, $secureSettings: ["redisUrl"] },
    dependencies: ["storage"],
    actions: {
      segment: {
        params: { videoId: "string", rendition: "string", segment: [{ type: "equal", value: "init" }, { type: "number", integer: true, min: 0 }] },
        async handler(ctx: Context<SegmentParams>): Promise<SegmentResult> {
          const { videoId, rendition, segment } = ctx.params;
          const key = objectKeys.media(videoId, rendition, mediaName(segment));
          const bytes = this.memory.get(key);
          const result = bytes === undefined ? await this.find(ctx.params) : { bytes, tier: "memory" as const };
          this.broker.metrics.increment("lectern.cache.requests.total", { tier: result.tier });
          return result;
        },
      },
    },
    events: {
      /** The opening is made while the player is still asking for playlists. */
      "video.planned": {
        async handler(ctx: Context<VideoEventPayload>) {
          const { videoId } = ctx.params;
          const plan = await ctx.call<Plan | null, VideoIdParams>("videos.plan", { id: videoId });
          if (plan === null) return;
          const openers = [inOrderOfStart(plan)[0]?.name, plan.audio?.name].filter((name) => name !== undefined);
          const made = await Promise.allSettled(openers.flatMap((rendition) => (["init", 0] as const).map((segment) => this.find({ videoId, rendition, segment }))));
          // Nobody waits for these; who asks for one is told.
          for (const result of made) if (result.status === "rejected") this.logger.debug(`Video ${videoId}: its opening was not made: ${errorMessage(result.reason)}`);
        },
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        const prefix = objectKeys.video(ctx.params.videoId);
        for (const key of this.memory.keys()) if (key.startsWith(prefix)) this.memory.delete(key);
      },
    },
    methods: {
      /** One search a key at a time; the others wait for it. */
      async find(params: SegmentParams): Promise<SegmentResult> {
        const key = objectKeys.media(params.videoId, params.rendition, mediaName(params.segment));
        const underWay = this.flights.get(key);
        if (underWay !== undefined) return await underWay;
        const search = (async () => (await this.findStored(params)) ?? (await this.make(params)))();
        this.flights.set(key, search);
        try {
          const result = await search;
          this.memory.set(key, Buffer.from(result.bytes.buffer, result.bytes.byteOffset, result.bytes.byteLength));
          this.broker.metrics.set("lectern.cache.memory.bytes", this.memory.calculatedSize);
          return result;
        } finally {
          this.flights.delete(key);
        }
      },
      async findStored({ videoId, rendition, segment }: SegmentParams): Promise<SegmentResult | undefined> {
        const name = mediaName(segment);
        const warm = await withoutRedis(() => this.redis.getBuffer(this.keys.warmSegment(videoId, rendition, name)), null, this.logger);
        if (warm !== null) return { bytes: warm, tier: "redis" };
        const stored = await this.broker.call<unknown, object>("storage.get", { key: objectKeys.media(videoId, rendition, name) });
        return stored === null ? undefined : { bytes: await readReply(stored), tier: "store" };
      },
      /** Between nodes, the one that holds the lock makes it; the others take it from where that puts it. */
      async make(params: SegmentParams): Promise<SegmentResult> {
        const { videoId, rendition, segment } = params;
        const lock = flightLock(this.redis, this.keys.flight(videoId, rendition, mediaName(segment)), this.broker.nodeID, this.logger);
        const found = await lock.acquireOr(() => this.findStored(params));
        if (found !== undefined) return found;
        try {
          const made = await this.broker.call<unknown, SegmentParams>("transcoder.make", params, { timeout: MAKE_MS });
          return { bytes: await readReply(made), tier: "made" as Tier };
        } finally {
          await lock.release();
        }
      },
    },
    async started() {
      const { redisUrl, namespace, memoryBytes } = this.settings;
      this.keys = redisKeys(namespace);
      this.redis = await openRedis(redisUrl, this.logger);
      this.memory = new LRUCache({ maxSize: memoryBytes, sizeCalculation: (bytes) => Math.max(1, bytes.byteLength) });
      this.flights = new Map();
      this.broker.metrics.register({ name: "lectern.cache.requests.total", type: "counter", labelNames: ["tier"], description: "Segments asked of the cache, by where they were" });
      this.broker.metrics.register({ name: "lectern.cache.memory.bytes", type: "gauge", description: "Segments kept in memory", unit: "byte" });
    },
    async stopped() {
      closeRedis(this.redis);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default cacheService({ redisUrl: config.redisUrl, namespace: config.namespace, memoryBytes: config.cacheMemoryBytes });
