/** Receipts in the audit log: of which video how much was erased, and what could not be. */
import { LRUCache } from "lru-cache";
import type { Logger, ServiceBroker } from "moleculer";
import { auditSinkOf, whoOf } from "../../config/audit-sink.ts";
import { errorMessage, type ErrorCode } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import type { EraseResult } from "../storage/storage.contract.ts";

const INCOMPLETE: ErrorCode = "erasure_incomplete";
/** A deletion is gone on with until nothing is left: what was said of it already is not said again. */
const KEPT = 1_000;

/**
 * @returns writes a receipt. Where it cannot be written now, the deletion that was ordered is in the log all the same.
 */
export function erasureReceipts(broker: ServiceBroker, logger: Pick<Logger, "warn">): (videoId: string, erased: EraseResult) => Promise<void> {
  /** How many versions were said to remain. */
  const said = new LRUCache<string, number>(upTo(KEPT));
  return async (videoId, { objects, older, locked }) => {
    const sink = auditSinkOf(broker);
    if (sink === undefined || sink === "opening") return; // what was done is recorded nowhere here
    if (objects + older === 0 && said.get(videoId) === locked) return;
    try {
      const target = { video: videoId, objects, versions: older, ...(locked === 0 ? {} : { locked }) };
      await sink.append({ type: "erasure", who: whoOf(sink, undefined), target, result: locked === 0 ? "ok" : INCOMPLETE }).durable;
      said.set(videoId, locked);
    } catch (error) {
      logger.warn(`Video ${videoId} is erased, and the audit log has no receipt of it: ${errorMessage(error)}`);
    }
  };
}
