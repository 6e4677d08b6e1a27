/** Wraps the keys of all envelopes by the ring's first key, and puts into envelopes what was written before there were keys. */
import { errorMessage, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import { formatEnvelope, isEnvelope, parseEnvelope, sealEnvelope, unwrapEnvelope } from "./envelope.ts";
import type { KeyRing } from "./key-ring.ts";
import { replace } from "./seal-older.ts";
import { findEnvelopeFolder } from "./units.ts";

export interface EnvelopesReport {
  /** Envelopes, by the id of the key that wraps theirs now. */
  wrappedBy: Record<string, number>;
  rewrapped: number;
  /** Objects that were plain; with `check` they are. */
  plain: number;
  /** Those whose key could not be had, with the reason. */
  failed: string[];
  /** Older versions, plain or wrapped by whatever wrapped them then, and all of deleted endpoints: removed, or with `check` and after a failure counted. */
  older: number;
  /** Such as a lock keeps. */
  locked: number;
}

const MAX_NAMED = 100;

/** @param store as it is kept, not decrypted @param options `check`: nothing is written */
export async function rewrapEnvelopes({ store, ring, check }: { store: ObjectStore; ring: KeyRing; check: boolean }): Promise<EnvelopesReport> {
  const report: EnvelopesReport = { wrappedBy: {}, rewrapped: 0, plain: 0, failed: [], older: 0, locked: 0 };
  for (let after: string | undefined; ;) {
    const page = await store.list({ prefix: objectKeys.allWebhooks, ...(after === undefined ? {} : { after }) });
    for (const { key } of page.objects) if (findEnvelopeFolder(key) !== undefined) await settle(key);
    if (page.next === undefined) break;
    after = page.next;
  }
  const { older, locked } = await store.prune(objectKeys.allWebhooks, { check: check || report.failed.length > 0 });
  return { ...report, older, locked };

  async function settle(key: string): Promise<void> {
    try {
      const by = await rewrap(key);
      if (by !== undefined) report.wrappedBy[by] = (report.wrappedBy[by] ?? 0) + 1;
    } catch (error) {
      if (findErrorCode(error) === "storage_unavailable" || findErrorCode(error) === "storage_full") throw error;
      if (report.failed.length < MAX_NAMED) report.failed.push(`${key} (${errorMessage(error)})`);
    }
  }

  /** @returns id of the key that wraps it now; undefined: none does */
  async function rewrap(key: string): Promise<string | undefined> {
    const bytes = await store.get(key);
    if (bytes === undefined) return undefined;
    if (!isEnvelope(bytes)) {
      report.plain++;
      if (check) return undefined;
      await replace(store, key, await sealEnvelope(ring, key, bytes));
      return ring.firstId;
    }
    const envelope = parseEnvelope(bytes);
    if (envelope.key.by === ring.firstId || check) return envelope.key.by;
    const renewed = await ring.wrap(await unwrapEnvelope(ring, key, envelope), { unit: key, keyId: envelope.key.id });
    await replace(store, key, formatEnvelope({ ...envelope, key: { id: envelope.key.id, ...renewed } }));
    report.rewrapped++;
    return renewed.by;
  }
}
