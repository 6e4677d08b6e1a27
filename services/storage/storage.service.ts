/**
 * storage: this node's door to the object store, where everything permanent lives. It runs on every node that touches
 * media, so bytes do not cross the mesh; a caller on another node gets them as a stream.
 */
import { Readable } from "node:stream";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type StoreLocation } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { replyBytes } from "../../mixins/byte-reply.ts";
import type { ObjectStore } from "./object-store.ts";
import { openObjectStore } from "./open-object-store.ts";
import type { HeadResult, KeyParams, ListParams, ListResult, PutParams, PutResult, ReadRangeParams, RemovePrefixParams, RemovePrefixResult, UploadParams, UploadResult } from "./storage.contract.ts";

interface Settings extends ServiceSettingSchema { location: StoreLocation }
interface State { store: ObjectStore; sweeper: NodeJS.Timeout }
interface Methods { sweep(): void }

const SWEEP_MS = 3_600_000;

/** `open` is the seam that tests replace. */
export function storageService(settings: Settings, open = openObjectStore) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "storage",
    settings,
    actions: {
      put: {
        params: { key: "string", ifAbsent: "boolean|optional" },
        async handler(ctx: Context<PutParams>): Promise<PutResult> {
          const { key, bytes, ifAbsent = false } = ctx.params;
          return await this.store.put(key, bytes, { ifAbsent });
        },
      },
      get: {
        params: { key: "string" },
        async handler(ctx: Context<KeyParams>): Promise<Buffer | Readable | null> {
          const bytes = await this.store.get(ctx.params.key);
          return bytes === undefined ? null : replyBytes(ctx, bytes);
        },
      },
      readRange: {
        params: { key: "string", start: "number|min:0", end: "number|min:0" },
        async handler(ctx: Context<ReadRangeParams>): Promise<Buffer | Readable | null> {
          const bytes = await this.store.getRange(ctx.params.key, ctx.params.start, ctx.params.end);
          return bytes === undefined ? null : replyBytes(ctx, bytes);
        },
      },
      head: {
        params: { key: "string" },
        async handler(ctx: Context<KeyParams>): Promise<HeadResult | null> {
          return (await this.store.head(ctx.params.key)) ?? null;
        },
      },
      list: {
        params: { prefix: "string", after: "string|optional", limit: "number|optional|integer|min:1", delimiter: "string|optional" },
        async handler(ctx: Context<ListParams>): Promise<ListResult> {
          return await this.store.list(ctx.params);
        },
      },
      upload: {
        params: { key: "string", maxBytes: "number|min:0" },
        async handler(ctx: Context<UploadParams>): Promise<UploadResult> {
          if (!(ctx.stream instanceof Readable)) throw fail("bad_request", "An upload needs a stream.");
          return await this.store.upload(ctx.params.key, ctx.stream, { maxBytes: ctx.params.maxBytes });
        },
      },
      remove: {
        params: { key: "string" },
        async handler(ctx: Context<KeyParams>): Promise<void> {
          await this.store.remove(ctx.params.key);
        },
      },
      removePrefix: {
        params: { prefix: "string" },
        async handler(ctx: Context<RemovePrefixParams>): Promise<RemovePrefixResult> {
          return { removed: await this.store.removePrefix(ctx.params.prefix) };
        },
      },
      check: {
        async handler(): Promise<void> {
          await this.store.probe();
        },
      },
    },
    methods: {
      sweep() {
        this.store.sweep().catch((error: unknown) => this.logger.warn(`Leftovers of interrupted writes could not be removed: ${errorMessage(error)}`));
      },
    },
    async started() {
      this.store = await open(this.settings.location);
      this.sweep();
      this.sweeper = setInterval(() => this.sweep(), SWEEP_MS);
    },
    async stopped() {
      clearInterval(this.sweeper);
      await this.store?.close();
    },
  };
  return schema;
}

export default storageService({ location: loadConfig(process.env).store });
