/**
 * audit: who did what, in a log that shows when it was changed. It writes its node's own chain of records into the object store,
 * ties all chains together, answers questions about them and lets them be taken along. It decides nothing. Any number may run.
 */
import { Readable } from "node:stream";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { setAuditSink, whoOf, type AuditSink } from "../../config/audit-sink.ts";
import { loadConfig, type Config } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { newId } from "../../config/new-id.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { openPseudonyms } from "../../config/pseudonym.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { UploadFinished } from "../source/source.contract.ts";
import type { QueryParams, QueryResult, RecordParams, RecordResult } from "./audit.contract.ts";
import { formatLines, type Checkpoint } from "./chain/chain.ts";
import { openChainWriter, type ChainWriter } from "./chain/chain-writer.ts";
import { openCheckpoints, type Checkpoints } from "./checkpoints.ts";
import { exportLog } from "./export-log.ts";
import { openKeyFile } from "./key-file.ts";
import { logReader, type LogReader } from "./log-reader.ts";
import { queryLog } from "./query.ts";
import { countRefusals } from "./refusals.ts";
import { dropOldDays } from "./retention.ts";

export type AuditSettings = Pick<Config, "region" | "namespace" | "auditKey" | "auditDays" | "pseudonymKey" | "meshSecret">;
type Settings = ServiceSettingSchema & Pick<Config, "region" | "auditDays">;
interface State { chain: ChainWriter; sink: AuditSink; reader: LogReader; checkpoints: Checkpoints; calls: ReturnType<typeof storageCalls>; timers: NodeJS.Timeout[]; running: Promise<unknown> }
interface Methods { every(ms: number, what: string, work: () => Promise<unknown>): void }

const FLUSH_MS = 60_000;
const CHECKPOINT_MS = 60_000;
const SWEEP_MS = 6 * 3_600_000;
const CLOSE_MS = 5_000;
const DAY_MS = 86_400_000;
const time = { type: "string", pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/, optional: true } as const;
const name = { type: "string", max: 200, optional: true } as const;

export function auditService({ region, namespace, auditKey, auditDays, pseudonymKey, meshSecret }: AuditSettings, now: () => Date = () => new Date()) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "audit",
    settings: { region, auditDays },
    dependencies: ["storage"],
    actions: {
      query: {
        params: { since: time, until: time, subject: name, about: name, video: name, action: name, result: name, after: { ...name, max: 300 }, limit: { type: "number", integer: true, min: 1, max: 1_000, optional: true } },
        async handler(ctx: Context<QueryParams>): Promise<QueryResult> {
          const { subject } = ctx.params;
          return await queryLog({ ...ctx.params, ...(subject === undefined ? {} : { subject: this.sink.ofSubject(subject) }) }, {
            reader: this.reader, tenant: callerOf(ctx)?.tenant,
            onDamage: (object) => this.logger.error(`${object} of the audit log cannot be read: it has been changed.`),
          });
        },
      },
      /** All of this region's log, as a stream; for a caller on this node, which takes it as fast as it can. @throws forbidden for a tenant's key */
      export: {
        async handler(ctx: Context): Promise<Readable> {
          if (callerOf(ctx)?.tenant !== undefined) throw fail("forbidden", "The log is of all tenants.");
          await this.checkpoints.make().catch((error: unknown) => this.logger.warn(`No checkpoint before the export: ${errorMessage(error)}`));
          return Readable.from(exportLog(region, this.reader, this.calls.get, now()), { objectMode: false });
        },
      },
      /** For services that have something to say: an erasure, say. Answered when it is durable. */
      record: {
        params: { type: { type: "string", pattern: /^[a-z][a-z-]{0,40}$/ }, subject: name, target: { type: "object", optional: true }, result: name },
        async handler(ctx: Context<RecordParams>): Promise<RecordResult> {
          const { type, subject, target, result = "ok" } = ctx.params;
          const who = subject === undefined ? whoOf(this.sink, callerOf(ctx)) : { subject: this.sink.ofSubject(subject) };
          const { seq, durable } = this.sink.append({ type, who, result, ...(target === undefined ? {} : { target }), ...(ctx.requestID === null ? {} : { requestId: ctx.requestID }) });
          await durable;
          return { chain: this.chain.durable()?.chain ?? "", seq };
        },
      },
      /** What all chains have come to. Null while there are none. */
      checkpoint: {
        async handler(): Promise<Checkpoint | null> {
          return (await this.checkpoints.make()) ?? null;
        },
      },
    },
    events: {
      "upload.finished"(ctx: Context<UploadFinished>) {
        this.sink.note({ type: "access", action: "upload.finished", who: { subject: "node" }, target: { upload: ctx.params.uploadId, sha256: ctx.params.sha256 }, result: "ok" });
      },
    },
    methods: {
      every(this: State & { logger: { warn(text: string): void } }, ms: number, what: string, work: () => Promise<unknown>): void {
        this.timers.push(setInterval(() => {
          this.running = this.running.then(work).catch((error: unknown) => this.logger.warn(`${what} waits for the next time: ${errorMessage(error)}`));
        }, ms * (0.9 + Math.random() / 5))); // not all nodes at once
      },
    },
    created() {
      setAuditSink(this.broker, "opening");
    },
    async started() {
      const key = await openKeyFile(auditKey, now());
      const pseudonyms = openPseudonyms(pseudonymKey ?? meshSecret, namespace);
      this.calls = storageCalls(this.broker);
      this.reader = logReader(this.calls, region);
      this.timers = [];
      this.running = Promise.resolve();
      let published: Promise<unknown> | undefined;
      const put = async (object: string, bytes: Buffer): Promise<boolean> => (await this.calls.put(object, bytes, true, undefined, now().getTime() + auditDays * DAY_MS)).stored;
      /** Whatever is signed is written after the key that signed it. */
      const create = async (object: string, bytes: Buffer): Promise<boolean> => {
        published ??= put(objectKeys.auditKey(region, key.certificate.key), formatLines([key.certificate])).catch((error: unknown) => {
          published = undefined;
          throw error;
        });
        const [stored] = await Promise.all([put(object, bytes), published]);
        return stored;
      };
      this.chain = openChainWriter({ region, writer: newId(now().getTime()), node: this.broker.nodeID, key, create, read: this.calls.get, now, logger: this.logger });
      this.checkpoints = openCheckpoints({ region, key, reader: this.reader, create, own: this.chain.durable, now, logger: this.logger });
      const refusals = countRefusals(this.chain.note, now);
      let closing: Promise<void> | undefined;
      const close = async (): Promise<void> => {
        this.timers.forEach(clearInterval);
        await this.running;
        refusals.flush();
        await this.chain.close(CLOSE_MS);
        if (this.chain.durable() !== undefined) await this.checkpoints.make().catch((error: unknown) => this.logger.warn(`No last checkpoint of the audit log: ${errorMessage(error)}`));
      };
      this.sink = {
        append: this.chain.append, note: this.chain.note, refuse: refusals.add,
        close: () => (closing ??= close()),
        ofSubject: pseudonyms.ofSubject, ofAddress: (address) => pseudonyms.of("address", address), ofValue: (value) => pseudonyms.of("value", value),
      };
      this.every(FLUSH_MS, "What was refused", async () => refusals.flush());
      this.every(CHECKPOINT_MS, "A checkpoint of the audit log", () => this.checkpoints.make());
      this.every(SWEEP_MS, "The end of old parts of the audit log", () => dropOldDays({ region, days: auditDays, key, reader: this.reader, storage: this.calls, create: put, now, logger: this.logger }));
      setAuditSink(this.broker, this.sink);
    },
    async stopped() {
      await this.sink?.close(); // absent when started() failed
      setAuditSink(this.broker, undefined);
    },
  };
  return schema;
}

export default auditService(loadConfig(process.env));
