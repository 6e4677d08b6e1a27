/**
 * source: the one door to what users name. It alone fetches URLs, by ranges, under the address rules, into blocks that
 * everybody shares; and it takes uploads in. It understands nothing of media. It runs on every node that reads sources.
 */
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { replyBytes } from "../../mixins/byte-reply.ts";
import { loadConfig, type Config } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { blockCache, type BlockCache } from "./block-cache.ts";
import { blockReader } from "./block-reader.ts";
import { checkSource, parseForCaller } from "./check-source.ts";
import { openDiskBlocks } from "./disk-blocks.ts";
import { httpSources } from "./http-source.ts";
import { ORIGIN_LIMITS, type OriginLimits } from "./origin-limits.ts";
import { openOrigin, type Origin } from "./origin.ts";
import { dnsResolver, type ResolveHost } from "./resolve-host.ts";
import type { CheckParams, ReadParams, ReceiveParams, SourceFacts, SourceForgotten, SourceParams, Upload, UploadIdParams } from "./source.contract.ts";
import { brokerMeter } from "./source-meter.ts";
import { parseAllowedOrigins } from "./source-url.ts";
import { openSources, type Sources } from "./sources.ts";
import { getUpload, receiveUpload, sweepUploads, type UploadStore } from "./stored-uploads.ts";
import { uploadStore } from "./upload-store.ts";

type Settings = ServiceSettingSchema & Pick<Config, "dataDir" | "sourceAllow" | "sourceMaxBytes" | "sourceCacheBytes" | "store">;
interface State {
  uploads: UploadStore;
  cache: BlockCache;
  origin: Origin;
  sources: Sources;
  parseUrl: (text: string) => URL;
  stopping: AbortController;
  sweeping: Promise<void>;
}
/** What tests replace. */
export interface SourcePorts { resolve?: ResolveHost; limits?: OriginLimits }

const source = {
  type: "object",
  props: {
    kind: { type: "enum", values: ["url", "upload"] },
    url: { type: "string", optional: true },
    uploadId: { type: "string", pattern: /^[0-9a-z]{26}$/, optional: true },
  },
} as const;
const bytePosition = { type: "number", integer: true, min: 0 } as const;

/** An action's own time limit in ms (0: none), which Moleculer has and its types lack. */
function within(timeout: number): object {
  return { timeout };
}

export function sourceService(settings: Settings, { limits = ORIGIN_LIMITS, resolve = dnsResolver(limits.resolveMs) }: SourcePorts = {}) {
  const { dataDir, sourceAllow, sourceMaxBytes, sourceCacheBytes, store } = settings; // no more: settings are told to the mesh
  const allowed = parseAllowedOrigins(sourceAllow);
  const schema: ServiceSchema<Settings, object, State> = {
    name: "source",
    settings: { dataDir, sourceAllow, sourceMaxBytes, sourceCacheBytes, store, $secureSettings: ["dataDir", "sourceAllow", "store"] },
    dependencies: ["storage"],
    actions: {
      /** Whether a URL may be fetched at all. @throws bad_url, source_refused */
      check: {
        params: { url: "string" },
        async handler(ctx: Context<CheckParams>): Promise<null> {
          await checkSource(this.parseUrl(ctx.params.url), allowed, resolve, (reason) => this.logger.warn(reason));
          return null;
        },
      },
      open: {
        params: { source },
        ...within(120_000), // an origin that gives no size is read to its end first
        async handler(ctx: Context<SourceParams>): Promise<SourceFacts> {
          return await this.sources.open(ctx.params.source);
        },
      },
      read: {
        params: { source, version: "string", start: bytePosition, end: bytePosition },
        ...within(60_000), // three attempts
        async handler(ctx: Context<ReadParams>): Promise<Buffer | Readable> {
          return replyBytes(ctx, await this.sources.read(ctx.params));
        },
      },
      receive: {
        params: { bytes: { type: "number", integer: true, min: 0, optional: true } },
        ...within(0), // as long as the client goes on sending
        async handler(ctx: Context<ReceiveParams>): Promise<Upload> {
          const { stream } = ctx;
          if (!(stream instanceof Readable)) throw fail("bad_request", "An upload must come as a stream.");
          return await receiveUpload(this.uploads, stream, ctx.params.bytes, sourceMaxBytes);
        },
      },
      upload: {
        params: { uploadId: source.props.uploadId },
        async handler(ctx: Context<UploadIdParams>): Promise<Upload> {
          return await getUpload(this.uploads, ctx.params.uploadId);
        },
      },
      /** Every node drops what it keeps of a source. */
      forget: {
        params: { source },
        async handler(ctx: Context<SourceParams>): Promise<null> {
          const key = this.sources.keyOf(ctx.params.source);
          await this.sources.forget(key);
          await ctx.broadcast("source.forgotten", { key });
          return null;
        },
      },
    },
    events: {
      "source.forgotten": {
        async handler(ctx: Context<SourceForgotten>): Promise<void> {
          await this.sources.forget(ctx.params.key);
        },
      },
    },
    async started() {
      const meter = brokerMeter(this.broker);
      this.stopping = new AbortController();
      setMaxListeners(0, this.stopping.signal); // every request listens
      this.parseUrl = (text) => parseForCaller(text, allowed, (reason) => this.logger.warn(reason));
      this.uploads = uploadStore(this.broker);
      this.cache = blockCache(await openDiskBlocks(join(dataDir, "cache", "source"), sourceCacheBytes, this.logger));
      const reader = blockReader(this.cache, meter);
      this.origin = openOrigin({ allowed, resolve, limits, meter });
      const http = httpSources({
        origin: this.origin, reader, limits, maxBytes: sourceMaxBytes, cacheBytes: sourceCacheBytes, signal: this.stopping.signal,
        note: (url, reason) => this.logger.warn(`${url.host}: ${reason}`),
        keep: (cacheKey, n, bytes) => this.cache.put(cacheKey, n, bytes, true),
        drop: (cacheKey) => this.cache.forget(cacheKey),
      });
      this.sources = openSources({ http, uploads: this.uploads, keepUploadsOnDisk: store.kind === "s3", cache: this.cache, reader, parseUrl: this.parseUrl });
      this.sweeping = sweepUploads(this.uploads, Date.now()).then(
        (removed) => void (removed > 0 && this.logger.info(`removed ${removed} unfinished uploads`)),
        (error: unknown) => this.logger.warn(`unfinished uploads stay for now: ${errorMessage(error)}`),
      );
    },
    async stopped() {
      this.stopping?.abort(); // absent when started() failed
      await this.sweeping;
      await this.origin?.close();
      await this.cache?.close();
    },
  };
  return schema;
}

export default sourceService(loadConfig(process.env));
