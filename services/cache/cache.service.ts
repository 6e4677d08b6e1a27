/**
 * cache: finds a segment where it is cheapest to find (memory, the region's Redis, the object store), and has it made
 * when nobody has it. What many ask for at once is fetched or made once.
 */
import type { Redis } from "ioredis";
import { Errors, type Context, type ServiceSchema, type ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage } from "../../config/errors.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { traced } from "../../config/tracing/tracer.ts";
import { mediaName } from "../../media/media-names.ts";
import { ownBytes } from "../../media/own-bytes.ts";
import type { Plan } from "../../media/plan.ts";
import { inOrderOfStart } from "../../media/start-order.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { growReply, readReply } from "../../mixins/byte-reply.ts";
import { cancelled } from "../../mixins/cancelled.ts";
import type { GrowingBytes } from "../../mixins/growing-bytes.ts";
import { spentBy, sumOf, tellSpent, type Spent } from "../../mixins/play-spent.ts";
import { closeRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import { readSegment, replySegment, wholeSegment, type SegmentAnswer } from "../../mixins/segment-answer.ts";
import { offerNothing, segmentsAtHand } from "../../mixins/segments-at-hand.ts";
import { unstoredBytes } from "../../mixins/unstored-bytes.ts";
import type { MakeParams, SheetParams, StillParams, WaiterLeft } from "../transcoder/transcoder.contract.ts";
import type { VideoEventPayload, VideoIdParams } from "../videos/videos.contract.ts";
import type { ImageResult, OpenParams, SegmentParams, SegmentResult, SegmentsExpected } from "./cache.contract.ts";
import { flightLock } from "./flight-lock.ts";
import { openImages, type Images, type TimedImage } from "./images.ts";
import { openSearches, type Joined, type Searches, type Seeker } from "./searches.ts";
import { openValuedCache, type ValuedCache } from "./valued-cache.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; memoryBytes: number; region?: string }
interface State { metrics: MetricWriter<"cache">; redis: Redis; keys: RedisKeys; memory: ValuedCache<string, Buffer>; searches: Searches; images: Images }
/** Bytes of which the first are there, and what those were spent on. */
interface Made { bytes: GrowingBytes; spent: Spent }
interface Methods {
  countAnswer(answer: SegmentAnswer): void;
  open(params: OpenParams): Promise<SegmentAnswer>;
  search(params: SegmentParams, join: (seek: (seeker: Seeker) => Promise<SegmentAnswer>) => Promise<SegmentAnswer>): Promise<SegmentAnswer>;
  find(params: SegmentParams, seeker: Seeker): Promise<SegmentAnswer>;
  findStored(params: SegmentParams): Promise<SegmentResult | undefined>;
  askHolder(holder: string, params: SegmentParams, seeker: Seeker): Promise<SegmentAnswer | undefined>;
  haveMade(params: SegmentParams, seeker: Seeker): Promise<Made>;
  make(params: SegmentParams, seeker: Seeker): Promise<SegmentAnswer>;
}

const NAMED = { videoId: "string", rendition: "string", segment: [{ type: "equal", value: "init" }, { type: "number", integer: true, min: 0 }] };
/** Of the memory for segments this stays for viewers, however much waits for the store. */
const LEAST_SHARE = 1 / 4;
/** Renditions of a video, and segments of each, that are taken into memory before they are asked for. */
const MAX_EXPECTED = 64;
/** Until the first bytes of an encode under load, and from some to the next; the player would give up soon after. */
const MAKE_MS = 30_000;

export function cacheService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "cache",
    settings: { ...settings, $secureSettings: ["redisUrl"] },
    dependencies: ["storage"],
    actions: {
      /** A segment whole, for who has no use for a part of it. */
      segment: {
        params: NAMED,
        async handler(ctx: Context<SegmentParams>): Promise<SegmentResult> {
          return await wholeSegment(await this.open(ctx.params));
        },
      },
      /** A segment as soon as its first bytes are there. */
      open: {
        params: { ...NAMED, waiter: { type: "string", optional: true } },
        async handler(ctx: Context<OpenParams>) {
          const answer = await this.open(ctx.params);
          tellSpent(ctx, answer.spent);
          return replySegment(ctx, answer);
        },
      },
      /** The transcoder knows which frame is shown at `at`, and whether the store has it. */
      still: {
        async handler(ctx: Context<StillParams>): Promise<ImageResult> {
          const { videoId, at, width, format } = ctx.params;
          return tellImage(ctx, await this.images.get(`${objectKeys.video(videoId)}shown/${at}-${width}.${format}`, "transcoder.still", ctx.params));
        },
      },
      sheet: {
        async handler(ctx: Context<SheetParams>): Promise<ImageResult> {
          return tellImage(ctx, await this.images.get(objectKeys.sheet(ctx.params.videoId, ctx.params.sheet), "transcoder.sheet", ctx.params));
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
          const openers = [inOrderOfStart(plan)[0]?.name, plan.audio[0]?.name].filter((name) => name !== undefined);
          const made = await Promise.allSettled(openers.flatMap((rendition) => (["init", 0] as const).map((segment) => this.open({ videoId, rendition, segment }).then(wholeSegment))));
          // Nobody waits for these; who asks for one is told.
          for (const result of made) if (result.status === "rejected") this.logger.debug(`Video ${videoId}: its opening was not made: ${errorMessage(result.reason)}`);
        },
      },
      /** Into memory before the bell: what the store has, one after the other; nothing is made for it. */
      "segments.expected": {
        async handler(ctx: Context<SegmentsExpected>) {
          const { region, videoId, renditions, last } = ctx.params;
          if (region !== this.settings.region) return;
          for (const rendition of renditions.slice(0, MAX_EXPECTED)) {
            for (const segment of ["init" as const, ...Array.from({ length: Math.min(last + 1, MAX_EXPECTED) }, (_, n) => n)]) {
              const key = objectKeys.media(videoId, rendition, mediaName(segment));
              if (this.memory.has(key)) continue;
              const found = await this.findStored({ videoId, rendition, segment });
              if (found !== undefined) this.memory.set(key, ownBytes(found.bytes));
            }
          }
        },
      },
      "waiter.left"(ctx: Context<WaiterLeft>) {
        const search = this.searches.leave(ctx.params.waiter);
        if (search !== undefined) announceToAll(this.broker, "waiter.left", { waiter: search } satisfies WaiterLeft);
      },
      "segment.replaced"(ctx: Context<SegmentParams>) {
        const { videoId, rendition, segment } = ctx.params;
        this.memory.delete(objectKeys.media(videoId, rendition, mediaName(segment)));
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        const prefix = objectKeys.video(ctx.params.videoId);
        for (const key of this.memory.keys()) if (key.startsWith(prefix)) this.memory.delete(key);
      },
    },
    methods: {
      /** One search a segment at a time; the others join it. */
      async open({ waiter, ...params }: OpenParams): Promise<SegmentAnswer> {
        const key = objectKeys.media(params.videoId, params.rendition, mediaName(params.segment));
        const bytes = this.memory.get(key);
        const keep = async (found: SegmentAnswer): Promise<void> => {
          const { bytes: whole } = await wholeSegment(found);
          this.memory.set(key, ownBytes(whole));
          this.metrics.set("lectern_cache_memory_bytes", this.memory.bytes);
        };
        const answer = bytes === undefined ? await this.search(params, (seek) => awaitSearch(this.searches.join(key, waiter, seek, keep))) : { bytes, tier: "memory" as const };
        this.countAnswer(answer);
        return answer;
      },
      /** Who joins a search of another's has no more of it in their trace than how long it took. */
      async search(params: SegmentParams, join: (seek: (seeker: Seeker) => Promise<SegmentAnswer>) => Promise<SegmentAnswer>): Promise<SegmentAnswer> {
        const tags: Record<string, string> = {};
        return await traced("cache.search", tags, async () => {
          const answer = await join((seeker) => this.find(params, seeker));
          tags["lectern.tier"] = answer.tier;
          return answer;
        });
      },
      countAnswer(answer: SegmentAnswer): void {
        this.metrics.count("lectern_cache_requests_total", { tier: answer.tier });
        const count = (bytes: number): void => this.metrics.add("lectern_cache_bytes_total", bytes, { tier: answer.tier });
        if ("bytes" in answer) return count(answer.bytes.byteLength);
        answer.growing.ended().then(() => count(answer.growing.size), () => undefined); // who reads it is told of a failure
      },
      async find(params: SegmentParams, seeker: Seeker): Promise<SegmentAnswer> {
        const startedAt = performance.now();
        const answer: SegmentAnswer = (await this.findStored(params)) ?? (await this.make(params, seeker));
        const { spent = {} } = answer;
        return { ...answer, spent: { ...spent, cache: Math.max(0, performance.now() - startedAt - sumOf(spent)) } };
      },
      async findStored({ videoId, rendition, segment }: SegmentParams): Promise<SegmentResult | undefined> {
        const name = mediaName(segment);
        const warm = await traced("cache.redis", {}, () => withoutRedis(() => this.redis.getBuffer(this.keys.warmSegment(videoId, rendition, name)), null, this.logger));
        if (warm !== null) return { bytes: warm, tier: "redis" };
        const stored = await this.broker.call<unknown, object>("storage.get", { key: objectKeys.media(videoId, rendition, name) });
        return stored === null ? undefined : { bytes: await readReply(stored), tier: "store" };
      },
      /**
       * What the node that is making it has of it; none when that has nothing to say. When it dies, its lock is not waited
       * for: whoever waited goes to the transcoder, where their calls meet.
       */
      async askHolder(holder: string, params: SegmentParams, seeker: Seeker): Promise<SegmentAnswer | undefined> {
        try {
          const asked: OpenParams = { ...params, waiter: seeker.id };
          const call = this.broker.call<Parameters<typeof readSegment>[0], OpenParams>("cache.open", asked, { nodeID: holder, timeout: MAKE_MS, retries: 0 });
          const answer = readSegment(await call, MAKE_MS);
          if ("growing" in answer) await answer.growing.started();
          return { ...answer, spent: spentBy(call) };
        } catch (error) {
          this.logger.debug(`${holder} does not say what it is making: ${errorMessage(error)}`);
          return error instanceof Errors.RequestRejectedError ? await madeAnswer(await this.haveMade(params, seeker)) : undefined;
        }
      },
      /** Resolves with the first bytes. */
      async haveMade(params: SegmentParams, { id, signal }: Seeker): Promise<Made> {
        if (signal.aborted) throw cancelled();
        const call = this.broker.call<unknown, MakeParams>("transcoder.make", { ...params, waiter: id }, { timeout: MAKE_MS });
        const bytes = growReply(await call, MAKE_MS);
        await bytes.started();
        return { bytes, spent: spentBy(call) };
      },
      /** Between nodes, the one that holds the lock makes it; the others have it from that one, or from where that puts it. */
      async make(params: SegmentParams, seeker: Seeker): Promise<SegmentAnswer> {
        const { videoId, rendition, segment } = params;
        const name = mediaName(segment);
        const asked = new Set([this.broker.nodeID]);
        const lock = flightLock(this.redis, this.keys.flight(videoId, rendition, name), this.broker.nodeID, this.logger);
        const found = await lock.acquireOr<SegmentAnswer>(seeker.signal, async (holder) => {
          const stored = await this.findStored(params);
          if (stored !== undefined || holder === undefined || asked.has(holder)) return stored;
          asked.add(holder);
          return await this.askHolder(holder, params, seeker);
        });
        if (found !== undefined) return found;
        try {
          const made = await traced("cache.make", {}, () => this.haveMade(params, seeker)); // until its first bytes
          made.bytes.ended().catch(() => undefined).finally(() => lock.release()); // who reads it is told of a failure
          return await madeAnswer(made);
        } catch (error) {
          await lock.release();
          throw error;
        }
      },
    },
    async started() {
      const { redisUrl, namespace, memoryBytes } = this.settings;
      this.metrics = registerMetrics(this.broker, "cache");
      this.keys = redisKeys(namespace);
      this.redis = await openRedis(redisUrl, this.logger);
      this.memory = openValuedCache({ maxBytes: memoryBytes, sizeOf: (bytes) => bytes.byteLength });
      unstoredBytes(this.broker).follow((unstored) => this.memory.resize(Math.max(memoryBytes * LEAST_SHARE, memoryBytes - unstored)));
      this.images = openImages(this.broker, this.memory, MAKE_MS);
      this.searches = openSearches();
      segmentsAtHand(this.broker).lend = ({ id, rendition, segment }) => {
        const bytes = this.memory.get(objectKeys.media(id, rendition, mediaName(segment)));
        return bytes === undefined ? undefined : { bytes, answered: () => this.countAnswer({ bytes, tier: "memory" }) };
      };
    },
    async stopped() {
      offerNothing(this.broker, "lend");
      closeRedis(this.redis);
    },
  };
  return schema;
}

async function madeAnswer({ bytes, spent }: Made): Promise<SegmentAnswer> {
  return bytes.isGrowing ? { growing: bytes, tier: "made", spent } : { bytes: await bytes.whole(), tier: "made", spent };
}

function tellImage(ctx: Context, { spent, ...image }: TimedImage): ImageResult {
  tellSpent(ctx, spent);
  return image;
}

/** Who joins waits for less than the search has taken, and says so. */
async function awaitSearch({ answer, joined }: Joined): Promise<SegmentAnswer> {
  const startedAt = performance.now();
  const found = await answer;
  return joined ? { ...found, spent: { ...found.spent, join: performance.now() - startedAt } } : found;
}

const config = loadConfig(process.env);
export default cacheService({ redisUrl: config.redisUrl, namespace: config.namespace, memoryBytes: config.cacheMemoryBytes, region: config.region });
