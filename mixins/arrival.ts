/** Sources that are read while they arrive: what a read that failed lacked, and waiting for it. */
import type { ServiceBroker } from "moleculer";
import { findErrorCode } from "../config/errors.ts";
import type { ReadSource } from "./demuxer/demuxer.ts";
import { MAX_ARRIVAL_MS, type ArrivalParams, type ArrivalResult, type SourceRef } from "../services/source/source.contract.ts";

/** How many bytes from the beginning of its source have to be there, when that is why the work failed. */
export function findLack(error: unknown): number | undefined {
  if (findErrorCode(error) !== "source_pending" || typeof error !== "object" || error === null || !("data" in error)) return undefined;
  const { data } = error;
  return typeof data === "object" && data !== null && "needed" in data && typeof data.needed === "number" ? data.needed : undefined;
}

/** Whether so many bytes are there, after `waitMs` (up to MAX_ARRIVAL_MS) at the latest. @throws upload_incomplete when they never will be */
export async function awaitArrival(broker: ServiceBroker, source: SourceRef, bytes: number, waitMs: number): Promise<boolean> {
  const params: ArrivalParams = { source, bytes, waitMs: Math.min(MAX_ARRIVAL_MS, Math.max(0, Math.ceil(waitMs))) };
  const { arrived } = await broker.call<ArrivalResult, ArrivalParams>("source.arrival", params, { timeout: params.waitMs + 5_000 });
  return arrived >= bytes;
}

/**
 * Reads like `read`, and once more when what was lacking has come within `waitMs`: for who reads on and on, mostly further
 * than is needed.
 */
export function readWaiting(broker: ServiceBroker, source: SourceRef, read: ReadSource, waitMs: number): ReadSource {
  return async (start, end) => {
    try {
      return await read(start, end);
    } catch (error) {
      if (findLack(error) === undefined || !(await awaitArrival(broker, source, end, waitMs))) throw error;
      return await read(start, end);
    }
  };
}
