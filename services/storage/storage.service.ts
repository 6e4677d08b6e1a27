/**
 * storage: keeps objects, and alone knows whether that is a directory or S3. It understands nothing of what it keeps.
 * It runs on every node that touches media, so that bytes need not cross the mesh.
 */
import { Readable } from "node:stream";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config, type StoreLocation } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { replyBytes } from "../../mixins/byte-reply.ts";
import { openSealing, type Sealing } from "./encryption/open-sealing.ts";
import { formatStore, openObjectStore } from "./open-object-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { listMeshNodes } from "./regions/mesh-nodes.ts";
import { regionMeter } from "./regions/region-meter.ts";
import { openRegionalStore, type RegionalStore } from "./regions/regional-store.ts";
import type { CopyParams, CopyResult, EraseParams, EraseResult, HeadResult, KeyParams, ListParams, ListResult, Placement, PlacementParams, PutParams, PutResult, ReadRangeParams, RecordPlace, RegionView, RemovePrefixParams, RemovePrefixResult, UploadParams, UploadResult, VideoAdopted, VideoKeyParams } from "./storage.contract.ts";
import { breakStore } from "./store-breaker.ts";
import { startUpkeep, type Upkeep } from "./upkeep.ts";

type Settings = ServiceSettingSchema & Pick<Config, "store"> & Partial<Pick<Config, "regions" | "storeKeys">>;
/** `regional`: the store below `objects`, when there are other regions. */
interface State { metrics: MetricWriter<"storage">; objects: Sealing["store"]; sealing: Sealing; regional: RegionalStore | undefined; upkeep: Upkeep }

const key = "string"; // object-key.ts has the rule
const bytePosition = { type: "number", integer: true, min: 0 } as const;
const byteLimit = { type: "number", integer: true, min: 1 } as const;

/** An action's own time limit in ms (0: none), which Moleculer has and its types lack. */
function within(timeout: number): object {
  return { timeout };
}

/**
 * What is written is not asked for a second time by itself: the first try may have got through and only its answer been
 * lost, and then the second would find its own object in the way; and a stream can be read only once.
 */
const once = { retryPolicy: { enabled: false } };

/** `openStore` is the seam that tests replace. */
export function storageService(settings: Settings, openStore = openObjectStore) {
  const schema: ServiceSchema<Settings, object, State> = {
    name: "storage",
    settings: { store: settings.store, $secureSettings: ["store"] },
    actions: {
      put: {
        ...once,
        params: { key, bytes: { type: "class", instanceOf: Uint8Array }, ifAbsent: { type: "boolean", optional: true }, keepUntil: { type: "number", optional: true }, place: { type: "object", optional: true } },
        async handler(ctx: Context<PutParams>): Promise<PutResult> {
          const { key, bytes, ifAbsent = false, keepUntil, place } = ctx.params;
          const put = await this.objects.put(key, bytes, { ifAbsent, ...(keepUntil === undefined ? {} : { keepUntil }), ...(this.regional === undefined || place === undefined ? {} : { place }) });
          if (put.stored) this.metrics.add("lectern_stored_bytes_total", bytes.byteLength);
          return put;
        },
      },
      copy: {
        ...once,
        params: { from: key, to: key },
        async handler(ctx: Context<CopyParams>): Promise<CopyResult | null> {
          return (await this.objects.copy(ctx.params.from, ctx.params.to)) ?? null;
        },
      },
      /** Bytes as mixins/byte-reply.ts has them; null when there is no such object. So does `readRange`. */
      get: {
        params: { key },
        async handler(ctx: Context<KeyParams>): Promise<Buffer | Readable | null> {
          const bytes = await this.objects.get(ctx.params.key);
          return bytes === undefined ? null : replyBytes(ctx, bytes);
        },
      },
      readRange: {
        params: { key, start: bytePosition, end: bytePosition },
        async handler(ctx: Context<ReadRangeParams>): Promise<Buffer | Readable | null> {
          const { key, start, end } = ctx.params;
          const bytes = await this.objects.getRange(key, start, end);
          return bytes === undefined ? null : replyBytes(ctx, bytes);
        },
      },
      head: {
        params: { key },
        async handler(ctx: Context<KeyParams>): Promise<HeadResult | null> {
          return (await this.objects.head(ctx.params.key)) ?? null;
        },
      },
      list: {
        params: { prefix: { type: "string", empty: true }, after: { type: "string", optional: true }, limit: { ...byteLimit, optional: true }, delimiter: { type: "equal", value: "/", optional: true } },
        async handler(ctx: Context<ListParams>): Promise<ListResult> {
          return await this.objects.list(ctx.params);
        },
      },
      upload: {
        ...once,
        params: { key, maxBytes: byteLimit },
        ...within(0), // as long as the source goes on
        async handler(ctx: Context<UploadParams>): Promise<UploadResult> {
          const { stream, params: { key, maxBytes } } = ctx;
          if (!(stream instanceof Readable)) throw fail("bad_request", "An upload must come as a stream.");
          const uploaded = await this.objects.upload(key, stream, { maxBytes });
          this.metrics.add("lectern_stored_bytes_total", uploaded.size);
          return uploaded;
        },
      },
      remove: {
        params: { key },
        async handler(ctx: Context<KeyParams>): Promise<null> {
          await this.objects.remove(ctx.params.key);
          return null;
        },
      },
      removePrefix: {
        params: { prefix: "string" },
        ...within(120_000), // a long video has ten thousand objects
        async handler(ctx: Context<RemovePrefixParams>): Promise<RemovePrefixResult> {
          return { removed: await this.objects.removePrefix(ctx.params.prefix) };
        },
      },
      /** For good: with all versions. @throws erasure_incomplete */
      erase: {
        params: { what: "string" },
        ...within(120_000),
        async handler(ctx: Context<EraseParams>): Promise<EraseResult> {
          return await this.objects.erase(ctx.params.what);
        },
      },
      /** Sees to it that a new video's record, when it comes, can be written at once. */
      prepare: {
        params: { videoId: "string" },
        async handler(ctx: Context<VideoKeyParams>): Promise<null> {
          await this.sealing.prepare(ctx.params.videoId);
          return null;
        },
      },
      /** Of a video that is not made after all. */
      discard: {
        params: { videoId: "string" },
        async handler(ctx: Context<VideoKeyParams>): Promise<null> {
          await this.sealing.discard(ctx.params.videoId);
          return null;
        },
      },
      /** Which regions a new video's record should name; null where there is one region. @throws region_unavailable */
      async place(): Promise<RecordPlace | null> {
        return this.regional?.place() ?? null;
      },
      /** Null where there is one region, and when no record is known here. */
      placement: {
        params: { videoId: "string" },
        async handler(ctx: Context<PlacementParams>): Promise<Placement | null> {
          return (await this.regional?.placement(ctx.params.videoId)) ?? null;
        },
      },
      /** This region and the others as this node sees them; empty where there is one region. */
      async regions(): Promise<RegionView[]> {
        return this.regional?.views() ?? [];
      },
      /** Whether objects can be kept and read right now. @throws storage_unavailable, storage_full */
      async check(): Promise<null> {
        await this.upkeep.check();
        return null;
      },
    },
    events: {
      /** Sooner than it is read in the store. */
      "video.adopted"(ctx: Context<VideoAdopted>) {
        this.regional?.noteAdoption(ctx.params.key);
      },
      "video.deleted"(ctx: Context<VideoKeyParams>) {
        this.sealing?.forget(ctx.params.videoId);
      },
    },
    created() {
      this.metrics = registerMetrics(this.broker, "storage");
      this.metrics.set("lectern_store_circuit_open", 0);
    },
    async started() {
      const { logger, metrics } = this;
      metrics.set("lectern_store_circuit_open", 0);
      const open = (location: StoreLocation): Promise<ObjectStore> => openStore(location, (message) => logger.warn(`${formatStore(location)}: ${message}`));
      const own = breakStore(await open(this.settings.store), {
        onFailure: () => metrics.count("lectern_store_failures_total"),
        onOpen(message) {
          metrics.set("lectern_store_circuit_open", 1);
          logger.warn(`The object store is away: ${message} Until a probe says that it is back, calls of it fail at once.`);
        },
        onClose(awayMs) {
          metrics.set("lectern_store_circuit_open", 0);
          logger.info(`The object store is back after ${(awayMs / 1000).toFixed(1)} s.`);
        },
      });
      this.logger.info(`keeps objects in ${formatStore(this.settings.store)}`);
      if (settings.regions !== undefined && settings.regions.others.length > 0) {
        this.regional = await openRegionalStore(own, settings.regions, {
          nodeId: this.broker.nodeID, instance: this.broker.instanceID, openStore: open, meter: regionMeter(this.broker), logger: this.logger,
          listNodes: () => listMeshNodes(this.broker),
          reveal: async (key, bytes) => await this.sealing?.reveal(key, bytes),
          announceDeleted: (videoId) => announceToAll(this.broker, "video.deleted", { videoId }),
        });
      }
      this.sealing = await openSealing(this.regional ?? own, own, settings.storeKeys ?? [], logger);
      this.objects = this.sealing.store;
      this.upkeep = startUpkeep(this.objects, this.logger);
    },
    async stopped() {
      await this.upkeep?.stop(); // these are absent when started() failed
      await this.objects?.close();
    },
  };
  return schema;
}

export default storageService(loadConfig(process.env));
