/** A broker with the real source service, above a `storage` that lives in memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ServiceBroker, type Context } from "moleculer";
import { ORIGIN_LIMITS, type OriginLimits } from "../../services/source/origin/origin-limits.ts";
import type { ReadParams, SourceFacts, SourceRef } from "../../services/source/source.contract.ts";
import { sourceService } from "../../services/source/source.service.ts";
import { NOTHING_ERASED, type PutParams, type PutResult } from "../../services/storage/storage.contract.ts";
import type { ResolveHost } from "../../mixins/guarded-dial/resolve-host.ts";
import { memoryUploadStore } from "./memory-upload-store.ts";

export interface SourceBrokerOptions {
  allow: readonly string[];
  dataDir?: string;
  maxBytes?: number;
  cacheBytes?: number;
  limits?: Partial<OriginLimits>;
  resolve?: ResolveHost;
  metrics?: boolean;
  sourcePolicy?: string;
  redisUrl?: string;
  /** In a mesh with others. */
  natsUrl?: string;
  nodeID?: string;
}

/** Impatient, so that a test of an origin's silence is short; but for a file that is read through, of which other tests are. */
const QUICK: OriginLimits = { ...ORIGIN_LIMITS, passageMs: 10_000, headersMs: 400, idleMs: 400, graceMs: 600, backOffMs: 5, retryAfterMaxMs: 1500 };

export async function startSourceBroker({ allow, dataDir, maxBytes = 2 ** 30, cacheBytes = 2 ** 30, limits = {}, resolve = async () => [], metrics = false, sourcePolicy, redisUrl, natsUrl, nodeID }: SourceBrokerOptions) {
  const ownDir = dataDir ?? (await mkdtemp(join(tmpdir(), "source-")));
  const { store, objects, times } = memoryUploadStore();
  const broker = new ServiceBroker({ logger: false, ...(natsUrl === undefined ? {} : { transporter: { type: "NATS" as const, options: { servers: natsUrl } }, serializer: "CBOR" as const }), ...(nodeID === undefined ? {} : { nodeID }), heartbeatInterval: 1, dependencyInterval: 5, metrics: { enabled: metrics, reporter: [] } });
  broker.createService({
    name: "storage",
    actions: {
      async put({ params: { key, bytes, ifAbsent } }: Context<PutParams & { bytes: Buffer }>): Promise<PutResult> {
        if (ifAbsent === true) return { stored: await store.create(key, bytes) };
        await store.put(key, bytes);
        return { stored: true };
      },
      get: (ctx: Context<{ key: string }>) => store.get(ctx.params.key),
      readRange: (ctx: Context<{ key: string; start: number; end: number }>) => store.readRange(ctx.params.key, ctx.params.start, ctx.params.end),
      head: (ctx: Context<{ key: string }>) => (objects.has(ctx.params.key) ? { size: objects.get(ctx.params.key)?.length, modifiedAt: times.get(ctx.params.key) } : null),
      list: (ctx: Context<{ prefix: string; after?: string }>) => store.list(ctx.params.prefix, ctx.params.after),
      removePrefix: (ctx: Context<{ prefix: string }>) => store.removePrefix(ctx.params.prefix),
      erase: async (ctx: Context<{ what: string }>) => {
        await store.erase(ctx.params.what);
        return NOTHING_ERASED;
      },
      upload: (ctx: Context<{ key: string; maxBytes: number }>) => store.upload(ctx.params.key, ctx.stream instanceof Readable ? ctx.stream : Readable.from([]), ctx.params.maxBytes),
    },
  });
  broker.createService(sourceService(
    { dataDir: ownDir, sourceAllow: allow, sourceMaxBytes: maxBytes, sourceCacheBytes: cacheBytes, store: { kind: "file", dir: ownDir }, sourcePolicy, redisUrl, namespace: "source-test" },
    { limits: { ...QUICK, ...limits }, resolve },
  ));
  await broker.start();
  return {
    broker,
    objects,
    open: (source: SourceRef) => broker.call<SourceFacts, { source: SourceRef }>("source.open", { source }),
    read: (source: SourceRef, version: string, start: number, end: number) => broker.call<Buffer, ReadParams>("source.read", { source, version, start, end }),
    /** All of a source, in reads of 512 KiB. */
    async readAll(source: SourceRef, facts: SourceFacts): Promise<Buffer> {
      const parts: Buffer[] = [];
      for (let at = 0; at < facts.size; at += 512 * 1024) {
        parts.push(await broker.call<Buffer, ReadParams>("source.read", { source, version: facts.version, start: at, end: Math.min(facts.size, at + 512 * 1024) }));
      }
      return Buffer.concat(parts);
    },
    async stop(): Promise<void> {
      await broker.stop();
      if (dataDir === undefined) await rm(ownDir, { recursive: true, force: true });
    },
  };
}

export type SourceBroker = Awaited<ReturnType<typeof startSourceBroker>>;
