/**
 * A process's own chain. Records get their place at once and go to the store in batches: one at a time, each of all that came
 * while the one before was written, so that a lone record waits for nobody and a hundred cost two writes. What was given a
 * place is written sooner or later, under the same name and with the same bytes, however often the store fails.
 */
import type { Logger } from "moleculer";
import type { Appended, AuditEntry } from "../../../config/audit-sink.ts";
import { errorMessage, fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { formatLines, hourOf, NOTHING, sealRecord, signHead, type AuditRecord, type Place } from "./chain.ts";
import type { SigningKey } from "./signing-key.ts";

export interface ChainOptions {
  region: string;
  /** Of this process, and of no other ever. */
  writer: string;
  node: string;
  key: SigningKey;
  /** Creates an object; false when it is there. */
  create(key: string, bytes: Buffer): Promise<boolean>;
  read(key: string): Promise<Buffer | null>;
  now(): Date;
  logger: Pick<Logger, "warn" | "error" | "info">;
  maxWaiting?: number;
}

export interface ChainWriter {
  append(entry: AuditEntry): Appended;
  note(entry: AuditEntry): void;
  /** What this chain has come to in the store. */
  durable(): Place | undefined;
  /** Writes what waits and an end, if anything was ever written. Gives up after `patienceMs`. */
  close(patienceMs: number): Promise<void>;
}

/** Fits into one message of the mesh, where the store is on another node. */
const MAX_BATCH_BYTES = 400 * 1024;
const MAX_RECORD_BYTES = 8 * 1024;
const MAX_WAITING = 10_000;
const RETRY_MS = [100, 250, 500, 1_000, 2_000, 4_000];

interface Waiting { record: AuditRecord; size: number; resolve(): void; reject(error: unknown): void }

export function openChainWriter({ region, writer, node, key, create, read, now, logger, maxWaiting = MAX_WAITING }: ChainOptions): ChainWriter {
  const chain = `${region}/${writer}`;
  const waiting: Waiting[] = [];
  let last: Pick<AuditRecord, "seq" | "hash" | "at"> = { seq: 0, hash: NOTHING, at: "" };
  let written: Place | undefined;
  let writing: Promise<void> | undefined;
  let running = false;
  let failures = 0;
  let lost = 0;
  let closed = false;
  let wake: () => void = () => undefined;

  function place(entry: AuditEntry): Appended {
    const at = now().toISOString();
    const record = sealRecord({ kind: "record", v: 1, chain, seq: last.seq + 1, at: at < last.at ? last.at : at, node, prev: last.hash, ...entry });
    const size = Buffer.byteLength(JSON.stringify(record));
    if (size > MAX_RECORD_BYTES) throw fail("bad_request", "What is to be recorded is too long.");
    last = record;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push({ record, size, resolve, reject });
    wake();
    if (!running) writing = write();
    return { seq: record.seq, durable: promise };
  }

  function append(entry: AuditEntry): Appended {
    if (closed) throw fail("not_ready", "The node stops.");
    // What has been done is recorded all the same.
    if (waiting.length >= maxWaiting && entry.type !== "done") throw fail("overloaded", "Too much waits to be written into the audit log.");
    if (last.seq === 0) place({ type: "opened" }).durable.catch(() => undefined);
    if (lost > 0 && waiting.length < maxWaiting) {
      place({ type: "lost", count: lost }).durable.catch(() => undefined);
      lost = 0;
    }
    return place(entry);
  }

  async function write(): Promise<void> {
    running = true;
    await Promise.resolve(); // what is told in the same turn goes into the same batch
    while (waiting.length > 0) {
      const batch = takeBatch();
      const { at } = batch.at(-1)?.record ?? last;
      const end = batch.at(-1)?.record ?? { seq: 0, hash: NOTHING };
      const head = signHead(key, { chain, seq: end.seq, hash: end.hash }, at);
      const bytes = formatLines([...batch.map(({ record }) => record), head]);
      await store(objectKeys.auditRecords(region, hourOf(at), writer, batch[0]?.record.seq ?? 0), bytes, batch);
      written = { chain, seq: end.seq, hash: end.hash };
      waiting.splice(0, batch.length);
      for (const { resolve } of batch) resolve();
    }
    running = false; // in the same turn that found nothing waiting
  }

  /** Of one hour, for they share a folder. */
  function takeBatch(): Waiting[] {
    const hour = hourOf(waiting[0]?.record.at ?? "");
    let size = 0;
    const end = waiting.findIndex(({ record, size: own }) => hourOf(record.at) !== hour || (size += own) > MAX_BATCH_BYTES);
    return waiting.slice(0, end < 0 ? waiting.length : end);
  }

  async function store(name: string, bytes: Buffer, batch: readonly Waiting[]): Promise<void> {
    for (;;) {
      try {
        // The answer to a write that succeeded may have been lost: then it is our own that is there.
        if (!(await create(name, bytes)) && (await read(name))?.equals(bytes) !== true) logger.error(`${name} of the audit log has been taken by somebody else: what was to be written there will be missing.`);
        if (failures > 0) logger.info("The audit log is written again.");
        failures = 0;
        return;
      } catch (error) {
        if (failures === 0) logger.warn(`The audit log cannot be written, so nothing is changed until it can: ${errorMessage(error)}`);
        for (const { reject } of [...batch, ...waiting]) reject(error);
        const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pause);
          wake = () => { clearTimeout(timer); resolve(); }; // who comes meanwhile is told how it is now
        });
        wake = () => undefined;
      }
    }
  }

  return {
    append,
    note(entry) {
      try {
        append(entry).durable.catch(() => undefined);
      } catch {
        lost++; // told when there is room again
      }
    },
    durable: () => written,
    async close(patienceMs) {
      if (last.seq > 0 && !closed) place({ type: "closed" }).durable.catch(() => undefined);
      closed = true;
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, patienceMs);
      await Promise.race([writing, limit.promise]);
      clearTimeout(timer);
      if (waiting.length > 0) logger.error(`${waiting.length} records of the audit log were not written.`);
    },
  };
}
