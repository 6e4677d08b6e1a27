/**
 * Looks that wait for more of an upload: each is taken again as soon as what the last one lacked is there. Nothing depends on
 * this memory: without it a reconciler looks again, only later.
 */
import type { ServiceBroker } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { awaitArrival } from "../../mixins/arrival.ts";
import type { SourceRef } from "../source/source.contract.ts";
import type { VideoIdParams } from "../videos/videos.contract.ts";

const MAX_PENDING = 1_000;
const WAIT_MS = 20_000;

export function openPendingLooks(broker: ServiceBroker, lookMs: number) {
  const pending = new Set<string>();
  let closed = false;

  async function waitFor(source: SourceRef, bytes: number): Promise<void> {
    try {
      while (!closed && !(await awaitArrival(broker, source, bytes, WAIT_MS)));
    } catch (error) {
      if (findErrorCode(error) !== "upload_incomplete") throw error; // that is for the look to find
    }
  }

  async function lookAgain(id: string, source: SourceRef, bytes: number): Promise<void> {
    await waitFor(source, bytes).finally(() => pending.delete(id));
    if (!closed) await broker.call<void, VideoIdParams>("validator.validate", { id }, { timeout: lookMs, retries: 0 });
  }

  return {
    /** @param bytes of the source, from the beginning, that the look lacked */
    add(id: string, source: SourceRef, bytes: number): void {
      if (closed || pending.has(id) || pending.size >= MAX_PENDING) return;
      pending.add(id);
      lookAgain(id, source, bytes).catch((error: unknown) => broker.logger.debug(`Video ${id} was not looked at again: ${errorMessage(error)}`));
    },
    close(): void {
      closed = true;
    },
  };
}

export type PendingLooks = ReturnType<typeof openPendingLooks>;
