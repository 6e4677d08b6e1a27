/** An audit log in memory: written as nodes write it, exported as nodes export it. */
import { objectKeys } from "../../config/object-keys.ts";
import { formatLines } from "../../services/audit/chain/chain.ts";
import { openChainWriter, type ChainWriter } from "../../services/audit/chain/chain-writer.ts";
import { makeSigningKey, parseSigningKey, type SigningKey } from "../../services/audit/chain/signing-key.ts";
import { openCheckpoints } from "../../services/audit/checkpoints.ts";
import { exportLog } from "../../services/audit/export-log.ts";
import { logReader } from "../../services/audit/log-reader.ts";
import { dropOldDays } from "../../services/audit/retention.ts";
import { memoryStorageCalls } from "./memory-storage-calls.ts";

export const REGION = "eu";
export const quiet = { warn: () => undefined, error: () => undefined, info: () => undefined };
export const freshKey = (before?: SigningKey): SigningKey => parseSigningKey(makeSigningKey(new Date(), before));

export function auditLog({ key = freshKey(), days = 400, storage = memoryStorageCalls() }: { key?: SigningKey; days?: number; storage?: ReturnType<typeof memoryStorageCalls> } = {}) {
  let ms = Date.parse("2026-11-26T08:00:00Z");
  const now = (): Date => new Date(ms);
  const create = async (name: string, bytes: Buffer): Promise<boolean> => (await storage.put(name, bytes, true)).stored;
  const reader = logReader(storage, REGION);
  const publish = (shown: SigningKey): void => void storage.objects.set(objectKeys.auditKey(REGION, shown.certificate.key), formatLines([shown.certificate]));
  publish(key);
  return {
    key, storage, reader, create, now, publish,
    pass: (passed: number): void => { ms += passed; },
    openWriter: (writer: string, signing = key): ChainWriter => openChainWriter({ region: REGION, writer, node: `node-${writer}`, key: signing, create, read: storage.get, now, logger: quiet }),
    checkpoints: (own?: ChainWriter, signing = key) => openCheckpoints({ region: REGION, key: signing, reader, create, own: () => own?.durable(), now, logger: quiet }),
    sweep: () => dropOldDays({ region: REGION, days, key, reader, storage, create, now, logger: quiet }),
    async lines(): Promise<string[]> {
      const chunks: Buffer[] = [];
      for await (const chunk of exportLog(REGION, reader, storage.get, now())) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
    },
  };
}

export type AuditLog = ReturnType<typeof auditLog>;

/** Each in a write of its own. */
export async function append(writer: ChainWriter, ...videos: string[]): Promise<void> {
  for (const video of videos) await writer.append({ type: "done", action: "videos.remove", result: "ok", target: { video }, who: { subject: "key:1", tenant: video.split("-")[0] ?? "" } }).durable;
}

/** With the count that it ends with put right, as who leaves lines out would. */
export function recount(lines: readonly string[]): string[] {
  return [...lines.slice(0, -1), `{"kind":"end","lines":${lines.length - 1}}`];
}
