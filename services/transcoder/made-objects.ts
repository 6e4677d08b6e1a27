/**
 * Objects that are made when they are asked for and kept in the store: made once for all who ask on this node at the
 * same time. Two nodes that make the same one make the same bytes.
 */
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import { putPart, storageCalls } from "../../mixins/storage-calls.ts";
import type { HeadResult, KeyParams } from "../storage/storage.contract.ts";
import type { TwinObjects } from "./twin-objects.ts";

export interface ObjectPorts {
  /** The object's bytes, from the store or from `make`; what was made is stored, and nobody waits for that. */
  getOrMake(videoId: string, key: string, make: () => Promise<Buffer>): Promise<Buffer>;
}

export function openMadeObjects(broker: ServiceBroker, twins: TwinObjects) {
  const storage = storageCalls(broker);
  const flights = new Map<string, Promise<Buffer>>();
  const ensuring = new Map<string, Promise<number>>();
  /** Being put into the store. */
  const storing = new Set<Promise<void>>();

  async function store(videoId: string, key: string, bytes: Buffer): Promise<void> {
    await putPart(storage, videoId, key, bytes);
  }

  async function fly(videoId: string, key: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const stored = await broker.call<unknown, KeyParams>("storage.get", { key });
    if (stored !== null) return await readReply(stored);
    const taken = await twins.get(videoId, key);
    if (taken !== undefined) return taken;
    const bytes = await make();
    const work = store(videoId, key, bytes).catch((error: unknown) => broker.logger.warn(`${key} could not be stored: ${errorMessage(error)}`));
    storing.add(work);
    void work.finally(() => storing.delete(work));
    return bytes;
  }

  return {
    async getOrMake(videoId: string, key: string, make: () => Promise<Buffer>): Promise<Buffer> {
      const underWay = flights.get(key);
      if (underWay !== undefined) return await underWay;
      const flight = fly(videoId, key, make);
      flights.set(key, flight);
      try {
        return await flight;
      } finally {
        flights.delete(key);
      }
    },
    /** Size of the object, which is made unless the store has it. Ends when it is stored. */
    async ensure(videoId: string, key: string, make: () => Promise<Buffer>): Promise<number> {
      const underWay = ensuring.get(key);
      if (underWay !== undefined) return await underWay;
      const flight = (async () => {
        const found = await broker.call<HeadResult | null, KeyParams>("storage.head", { key });
        const size = found?.size ?? (await twins.take(videoId, key));
        if (size !== undefined) return size;
        const bytes = await make();
        await store(videoId, key, bytes);
        return bytes.length;
      })();
      ensuring.set(key, flight);
      try {
        return await flight;
      } finally {
        ensuring.delete(key);
      }
    },
    /** Waits until what was made is stored. */
    async settled(): Promise<void> {
      await Promise.allSettled(storing);
    },
  };
}

export type MadeObjects = ReturnType<typeof openMadeObjects>;
