/**
 * source: the one door to what users name. It alone fetches URLs, by ranges, under the address rules, into blocks that
 * everybody shares; and it takes uploads in. It understands nothing of media. It runs on every node that reads sources.
 */
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { fail, findErrorCode } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { newId } from "../../config/new-id.ts";
import { personOf } from "../../config/pseudonym.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { DEFAULT_TENANT, tenantOf } from "../../config/tenants.ts";
import { announce, announceToAll } from "../../mixins/announce.ts";
import { replyBytes } from "../../mixins/byte-reply.ts";
import { personMarks, type PersonMarks } from "../../mixins/person-marks.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import { sourceName } from "../../mixins/source-reader.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { checkSource, parseForCaller } from "./access/check-source.ts";
import { openPolicyFile, type LivePolicy } from "./access/policy-file.ts";
import { dnsResolver, type ResolveHost } from "../../mixins/guarded-dial/resolve-host.ts";
import { parseAllowedOrigins, type PostedUrl } from "../../mixins/guarded-dial/public-url.ts";
import { blockCache, type BlockCache } from "./blocks/block-cache.ts";
import { blockReader } from "./blocks/block-reader.ts";
import { BLOCK_BYTES } from "./blocks/blocks.ts";
import { openDiskBlocks } from "./blocks/disk-blocks.ts";
import type { IdentityState } from "./egress/identity.ts";
import { httpSources } from "./origin/http-source.ts";
import { ORIGIN_LIMITS, type OriginLimits } from "./origin/origin-limits.ts";
import { openOrigin, type Origin } from "./origin/origin.ts";
import { checkSite } from "./origin/polite-client.ts";
import { redisBudgets } from "./politeness/budget-store.ts";
import { redisOwners } from "./region/group-owners.ts";
import { regionPeers } from "./region/region-peers.ts";
import { digestRanges } from "./range-digests.ts";
import { brokerMeter, type SourceMeter } from "./source-meter.ts";
import {
  CHECKSUM_ALGORITHMS, MAX_ARRIVAL_MS, type AppendParams, type AppendResult, type ArrivalParams, type ArrivalResult, type BeginParams, type BlocksParams, type CheckParams, type CheckResult, type DigestsParams, type DigestsResult, type KnownUpload,
  type ReadParams, type ReceiveParams, type SourceFacts, type SourceForgotten, type SourceParams, type Upload, type UploadArrived, type UploadFinished, type UploadIdParams, type UploadProgress, type UrlSource,
} from "./source.contract.ts";
import { openSources, type Sources } from "./sources.ts";
import { resumableUploads, type ResumableUploads } from "./uploads/resumable-uploads.ts";
import { receiveUpload, type UploadStore } from "./uploads/stored-uploads.ts";
import { uploadArrivals, type UploadArrivals } from "./uploads/upload-arrivals.ts";
import { uploadSources } from "./uploads/upload-sources.ts";
import { uploadStore } from "./uploads/upload-store.ts";
import { startUploadSweep, type UploadSweep } from "./uploads/upload-sweep.ts";

/** `redisUrl` absent: this node counts for itself what hosts are asked for. */
type Settings = ServiceSettingSchema & Pick<Config, "dataDir" | "sourceAllow" | "sourceMaxBytes" | "sourceCacheBytes" | "store"> & Partial<Pick<Config, "sourcePolicy" | "redisUrl" | "namespace" | "region">>;
interface State {
  uploads: UploadStore;
  resumable: ResumableUploads;
  arrivals: UploadArrivals;
  cache: BlockCache;
  origin: Origin;
  meter: SourceMeter;
  sources: Sources;
  policy: LivePolicy;
  redis: Redis | undefined;
  marks: PersonMarks;
  parse: (source: UrlSource) => PostedUrl;
  stopping: AbortController;
  sweep: UploadSweep;
}
/** What tests replace. */
export interface SourcePorts { resolve?: ResolveHost; limits?: OriginLimits }

const uploadId = { type: "string", pattern: /^[0-9a-z]{26}$/ } as const;
const source = {
  type: "object",
  props: {
    kind: { type: "enum", values: ["url", "upload"] },
    url: { type: "string", optional: true },
    tenant: { type: "string", optional: true },
    uploadId: { ...uploadId, optional: true },
  },
} as const;
const bytePosition = { type: "number", integer: true, min: 0 } as const;
const MAX_RANGES = 64;
const checksum = { type: "object", optional: true, props: { algorithm: { type: "enum", values: [...CHECKSUM_ALGORITHMS] }, digest: "string" } } as const;

/** An action's own time limit in ms (0: none), which Moleculer has and its types lack. */
function within(timeout: number): object {
  return { timeout };
}

function getStream({ stream }: Context<unknown>): Readable {
  if (!(stream instanceof Readable)) throw fail("bad_request", "An upload must come as a stream.");
  return stream;
}

/** Files an upload by who sends it. */
async function noteSender(marks: PersonMarks, ctx: Context<unknown>, id: string): Promise<void> {
  const caller = callerOf(ctx);
  const person = personOf(caller?.subject);
  if (person !== undefined) await marks.sent.note(person, { tenant: tenantOf(caller ?? {}), id });
}

export function sourceService(settings: Settings, { limits = ORIGIN_LIMITS, resolve = dnsResolver(limits.resolveMs) }: SourcePorts = {}) {
  const { dataDir, sourceAllow, sourcePolicy, sourceMaxBytes, sourceCacheBytes, store, redisUrl, namespace = "", region = "" } = settings; // no more: settings are told to the mesh
  const allowed = parseAllowedOrigins(sourceAllow);
  const schema: ServiceSchema<Settings, object, State> = {
    name: "source",
    settings: { dataDir, sourceAllow, sourcePolicy, sourceMaxBytes, sourceCacheBytes, store, redisUrl, namespace, region, $secureSettings: ["dataDir", "sourceAllow", "sourcePolicy", "store", "redisUrl"] },
    dependencies: ["storage"],
    actions: {
      /** Whether a URL may be fetched at all, and posted by this tenant. @throws bad_url, source_refused */
      check: {
        params: { url: "string", tenant: { type: "string", optional: true } },
        async handler(ctx: Context<CheckParams>): Promise<CheckResult> {
          const { url } = this.parse({ kind: "url", ...ctx.params });
          await checkSource(url, allowed, resolve, (reason) => this.logger.warn(reason));
          return { url: url.href };
        },
      },
      open: {
        params: { source },
        ...within(120_000), // an origin that gives no size is read to its end first
        async handler(ctx: Context<SourceParams>): Promise<SourceFacts> {
          try {
            return await this.sources.open(ctx.params.source);
          } catch (error) {
            this.meter.refusal(findErrorCode(error) ?? "unknown");
            throw error;
          }
        },
      },
      read: {
        params: { source, version: "string", start: bytePosition, end: bytePosition, ahead: { type: "boolean", optional: true } },
        ...within(60_000), // three attempts
        async handler(ctx: Context<ReadParams>): Promise<Buffer | Readable> {
          return replyBytes(ctx, await this.sources.read(ctx.params));
        },
      },
      digests: {
        params: { source, version: "string", ranges: { type: "array", max: MAX_RANGES, items: { type: "object", props: { start: bytePosition, end: bytePosition } } } },
        ...within(60_000),
        async handler(ctx: Context<DigestsParams>): Promise<DigestsResult> {
          return { digests: await digestRanges((params) => this.sources.read(params), ctx.params) };
        },
      },
      /** Lets who lacks a part of a source wait for it outside of whatever a read would hold up. */
      arrival: {
        params: { source, version: "string", bytes: bytePosition, waitMs: { ...bytePosition, max: MAX_ARRIVAL_MS } },
        ...within(MAX_ARRIVAL_MS + 5_000),
        async handler(ctx: Context<ArrivalParams>): Promise<ArrivalResult> {
          return await this.sources.arrival(ctx.params);
        },
      },
      /** For another node of the region, which would otherwise ask the origin. */
      blocks: {
        params: { source, version: "string", first: bytePosition, last: bytePosition },
        ...within(30_000),
        async handler(ctx: Context<BlocksParams>): Promise<Buffer | Readable> {
          const { first, last, ...rest } = ctx.params;
          return replyBytes(ctx, await this.sources.readOwn({ ...rest, start: first * BLOCK_BYTES, end: (last + 1) * BLOCK_BYTES }));
        },
      },
      receive: {
        params: { bytes: { type: "number", integer: true, min: 0, optional: true } },
        ...within(0), // as long as the client goes on sending
        async handler(ctx: Context<ReceiveParams>): Promise<Upload> {
          const uploadId = newId();
          const noted = noteSender(this.marks, ctx, uploadId); // while its bytes come
          noted.catch(() => undefined); // told below, unless the bytes fail first
          const upload = await receiveUpload(this.uploads, getStream(ctx), ctx.params.bytes, sourceMaxBytes, uploadId);
          await noted;
          return upload;
        },
      },
      upload: {
        params: { uploadId },
        async handler(ctx: Context<UploadIdParams>): Promise<KnownUpload> {
          return await this.resumable.known(ctx.params.uploadId);
        },
      },
      begin: {
        params: { uploadId, size: bytePosition, metadata: { type: "object", optional: true } },
        async handler(ctx: Context<BeginParams>): Promise<null> {
          await Promise.all([this.resumable.begin(ctx.params), noteSender(this.marks, ctx, ctx.params.uploadId)]);
          return null;
        },
      },
      progress: {
        params: { uploadId },
        ...within(0), // it may have to be finished first
        async handler(ctx: Context<UploadIdParams>): Promise<UploadProgress> {
          return await this.resumable.progress(ctx.params.uploadId);
        },
      },
      append: {
        params: { uploadId, offset: bytePosition, checksum },
        ...within(0), // as long as the client goes on sending
        async handler(ctx: Context<AppendParams>): Promise<AppendResult> {
          return { offset: await this.resumable.append(ctx.params, getStream(ctx)) };
        },
      },
      abandon: {
        params: { uploadId },
        async handler(ctx: Context<UploadIdParams>): Promise<null> {
          await this.resumable.abandon(ctx.params.uploadId);
          return null;
        },
      },
      /** How this node's ways out to origins fare. */
      egress: {
        handler(): IdentityState[] {
          return this.origin.egress();
        },
      },
      /** Every node drops what it keeps of a source. */
      forget: {
        params: { source },
        async handler(ctx: Context<SourceParams>): Promise<null> {
          const key = this.sources.keyOf(ctx.params.source);
          await this.sources.forget(key);
          announceToAll(this.broker, "source.forgotten", { key, name: sourceName(ctx.params.source) } satisfies SourceForgotten);
          return null;
        },
      },
    },
    events: {
      "upload.arrived"(ctx: Context<UploadArrived>) {
        this.arrivals.note(ctx.params.uploadId);
      },
      "source.forgotten": {
        async handler(ctx: Context<SourceForgotten>): Promise<void> {
          await this.sources.forget(ctx.params.key);
        },
      },
    },
    async started() {
      this.marks = personMarks(storageCalls(this.broker));
      this.meter = brokerMeter(this.broker);
      this.stopping = new AbortController();
      setMaxListeners(0, this.stopping.signal); // every request listens
      this.policy = await openPolicyFile(sourcePolicy, this.logger, (policy) => this.origin.renewPolicy(policy));
      this.redis = redisUrl === undefined ? undefined : await openRedis(redisUrl, this.logger);
      this.parse = ({ url: text, tenant = DEFAULT_TENANT }) => {
        const url = parseForCaller(text, allowed, (reason) => this.logger.warn(reason));
        const policy = this.policy.current();
        checkSite(policy, url, tenant);
        return policy.hasList(tenant) ? { url, tenant } : { url };
      };
      this.uploads = uploadStore(this.broker);
      this.arrivals = uploadArrivals(this.uploads);
      this.resumable = resumableUploads(this.uploads, sourceMaxBytes, {
        arrived: (id) => announceToAll(this.broker, "upload.arrived", { uploadId: id } satisfies UploadArrived),
        finished: ({ uploadId: id, sha256 }) => announce(this.broker, "upload.finished", { uploadId: id, sha256 } satisfies UploadFinished),
      });
      this.cache = blockCache(await openDiskBlocks(join(dataDir, "cache", "source"), sourceCacheBytes, this.logger));
      const reader = blockReader(this.cache, this.meter);
      this.origin = openOrigin({
        allowed, resolve, limits, meter: this.meter, policy: this.policy, region, note: (reason) => this.logger.warn(reason),
        ...(this.redis === undefined ? {} : { budgets: redisBudgets(this.redis, redisKeys(namespace)) }),
      });
      const http = httpSources({
        origin: this.origin, reader, limits, maxBytes: sourceMaxBytes, cacheBytes: sourceCacheBytes, signal: this.stopping.signal,
        note: (url, reason) => this.logger.warn(`${url.host}: ${reason}`),
        onRetry: this.meter.retry,
        ...(this.redis === undefined ? {} : { region: regionPeers(this.broker, redisOwners(this.redis, redisKeys(namespace), this.broker.nodeID, (reason) => this.logger.warn(reason))) }),
        keep: (cacheKey, n, bytes) => this.cache.put(cacheKey, n, bytes, true),
        drop: (cacheKey) => this.cache.forget(cacheKey),
      });
      this.sources = openSources({ http, uploads: uploadSources(this.uploads, this.arrivals, store.kind === "s3"), arrivals: this.arrivals, cache: this.cache, reader, parse: this.parse });
      this.sweep = startUploadSweep(this.uploads, this.logger);
    },
    async stopped() {
      this.stopping?.abort(); // absent when started() failed
      await this.sweep?.stop();
      this.policy?.close();
      await this.origin?.close();
      closeRedis(this.redis);
      await this.cache?.close();
    },
  };
  return schema;
}

export default sourceService(loadConfig(process.env));
