/** Images that the transcoder makes when they are asked for: in memory beside the segments, asked of it once by all who wait. */
import type { ServiceBroker } from "moleculer";
import { ownBytes } from "../../media/own-bytes.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import type { Spent } from "../../mixins/play-spent.ts";
import type { ImageResult } from "./cache.contract.ts";
import type { ValuedCache } from "./valued-cache.ts";

export interface TimedImage extends ImageResult { spent?: Spent }

export function openImages(broker: ServiceBroker, memory: Pick<ValuedCache<string, Buffer>, "get" | "set">, timeoutMs: number) {
  const flights = new Map<string, Promise<TimedImage>>();

  async function make(key: string, action: string, params: object): Promise<TimedImage> {
    const startedAt = performance.now();
    const bytes = await readReply(await broker.call<unknown, object>(action, params, { timeout: timeoutMs }));
    memory.set(key, ownBytes(bytes));
    return { bytes, tier: "made", spent: { image: performance.now() - startedAt } };
  }

  return {
    /** `key` begins with the video's prefix, so that a deleted video's images are forgotten with its segments. */
    async get(key: string, action: string, params: object): Promise<TimedImage> {
      const bytes = memory.get(key);
      if (bytes !== undefined) return { bytes, tier: "memory" };
      const underWay = flights.get(key);
      if (underWay !== undefined) {
        const startedAt = performance.now();
        const found = await underWay;
        return { ...found, spent: { ...found.spent, join: performance.now() - startedAt } };
      }
      const flight = make(key, action, params);
      flights.set(key, flight);
      try {
        return await flight;
      } finally {
        flights.delete(key);
      }
    },
  };
}

export type Images = ReturnType<typeof openImages>;
