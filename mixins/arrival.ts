/** Sources that are read while they arrive: what a read that failed lacked, and waiting for it. */
import type { ServiceBroker } from "moleculer";
import { findErrorCode } from "../config/errors.ts";
import type { ReadSource } from "./demuxer/demuxer.ts";
import { MAX_ARRIVAL_MS, type ArrivalParams, type ArrivalResult, type LackData, type SourceRef } from "../services/source/source.contract.ts";

/** Of bytes from the beginning: how many are needed, and how many there were. */
export interface Lack { needed: number; arrived: number }
/** A source as it was opened. */
export interface Arriving { source: SourceRef; version: string }

/** What was lacking of its source, when that is why the work failed. */
export function findLack(error: unknown): Lack | undefined {
  if (findErrorCode(error) !== "source_pending" || typeof error !== "object" || error === null || !("data" in error)) return undefined;
  const { needed, arrived = 0 } = { ...(error.data as Partial<LackData> | undefined) };
  return typeof needed === "number" && typeof arrived === "number" ? { needed, arrived } : undefined;
}

/** Whether so many bytes are there, after `waitMs` (up to MAX_ARRIVAL_MS) at the latest. @throws upload_incomplete when they never will be */
export async function awaitArrival(broker: ServiceBroker, { source, version }: Arriving, bytes: number, waitMs: number): Promise<boolean> {
  const params: ArrivalParams = { source, version, bytes, waitMs: Math.min(MAX_ARRIVAL_MS, Math.max(0, Math.ceil(waitMs))) };
  const { arrived } = await broker.call<ArrivalResult, ArrivalParams>("source.arrival", params, { timeout: params.waitMs + 5_000 });
  return arrived >= bytes;
}

/**
 * Reads like `read`, and once more when what was lacking has come within `waitMs`: for who reads on and on, mostly further
 * than is needed.
 */
export function readWaiting(broker: ServiceBroker, arriving: Arriving, read: ReadSource, waitMs: number): ReadSource {
  return async (start, end) => {
    try {
      return await read(start, end);
    } catch (error) {
      if (findLack(error) === undefined || !(await awaitArrival(broker, arriving, end, waitMs))) throw error;
      return await read(start, end);
    }
  };
}
