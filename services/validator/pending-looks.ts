/**
 * Looks that wait for more of a source: each is taken again as soon as what the last one lacked is there. Nothing depends on
 * this memory: without it a reconciler looks again, only later.
 */
import type { ServiceBroker } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { awaitArrival, type Arriving, type Lack } from "../../mixins/arrival.ts";
import type { VideoIdParams } from "../videos/videos.contract.ts";

const MAX_PENDING = 1_000;
const WAIT_MS = 20_000;
/** An index may be scattered over the file: each look is to have so much more than the one before. */
const GROWTH = 1.125;

export function openPendingLooks(broker: ServiceBroker, lookMs: number) {
  const pending = new Set<string>();
  let closed = false;

  async function waitFor(arriving: Arriving, bytes: number): Promise<void> {
    try {
      while (!closed && !(await awaitArrival(broker, arriving, bytes, WAIT_MS)));
    } catch (error) {
      if (findErrorCode(error) !== "upload_incomplete") throw error; // that is for the look to find
    }
  }

  async function lookAgain(id: string, arriving: Arriving, bytes: number): Promise<void> {
    await waitFor(arriving, bytes).finally(() => pending.delete(id));
    if (!closed) await broker.call<void, VideoIdParams>("validator.validate", { id }, { timeout: lookMs, retries: 0 });
  }

  return {
    /** @param lack of the look that was taken, at a source of `size` bytes */
    add(id: string, arriving: Arriving, { needed, arrived, size }: Lack & { size: number }): void {
      if (closed || pending.has(id) || pending.size >= MAX_PENDING) return;
      pending.add(id);
      const enough = Math.max(needed, Math.min(size, Math.ceil(arrived * GROWTH)));
      lookAgain(id, arriving, enough).catch((error: unknown) => broker.logger.debug(`Video ${id} was not looked at again: ${errorMessage(error)}`));
    },
    close(): void {
      closed = true;
    },
  };
}

export type PendingLooks = ReturnType<typeof openPendingLooks>;
