/**
 * Knows how much the renditions of a video really weigh, once all their segments are stored. A player never waits for that:
 * it is told what is known, and the store is looked at for the next one.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { measureBandwidth, type Bandwidth, type Measured } from "../../media/bandwidth.ts";
import { mediaName } from "../../media/media-names.ts";
import { renditionsOf, segmentCount } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import type { ListResult } from "../storage/storage.contract.ts";

export interface BandwidthPorts {
  isStored(key: string): Promise<boolean>;
  list(prefix: string, after: string | undefined): Promise<ListResult>;
  onError(error: unknown): void;
  now(): number;
}

interface Known { measured: Map<string, Bandwidth>; lookedAt: number }

/** How long what is not complete stays unasked. */
const LOOK_MS = 30_000;
const MAX_VIDEOS = 2_000;

export function openBandwidths(ports: BandwidthPorts) {
  const known = new LRUCache<string, Known>(upTo(MAX_VIDEOS));

  async function look(id: string, plan: Plan, measured: Map<string, Bandwidth>): Promise<void> {
    const last = segmentCount(plan) - 1;
    for (const { name } of renditionsOf(plan)) {
      // The last segment is made last, as a rule: without it a listing would be for nothing.
      if (measured.has(name) || !(await ports.isStored(objectKeys.media(id, name, mediaName(last))))) continue;
      const sizes = await findSizes(id, name);
      const all = Array.from({ length: last + 1 }, (_, n) => sizes.get(mediaName(n)));
      if (all.every((size) => size !== undefined)) measured.set(name, measureBandwidth(plan, all));
    }
  }

  async function findSizes(id: string, rendition: string): Promise<Map<string, number>> {
    const prefix = objectKeys.rendition(id, rendition);
    const sizes = new Map<string, number>();
    let after: string | undefined;
    do {
      const page: ListResult = await ports.list(prefix, after);
      for (const { key, size } of page.objects) sizes.set(key.slice(prefix.length), size);
      after = page.next;
    } while (after !== undefined);
    return sizes;
  }

  return {
    /** What is known now. Looks for more, once in a while, unless all is known: a complete rendition never changes. */
    measured(id: string, plan: Plan): Measured {
      const entry = known.get(id) ?? { measured: new Map<string, Bandwidth>(), lookedAt: -Infinity };
      known.set(id, entry);
      if (entry.measured.size < renditionsOf(plan).length && ports.now() - entry.lookedAt >= LOOK_MS) {
        entry.lookedAt = ports.now();
        look(id, plan, entry.measured).catch(ports.onError);
      }
      return entry.measured;
    },
    /** Something changed: the next who asks makes it look again. */
    wake(id: string): void {
      const entry = known.get(id);
      if (entry !== undefined) entry.lookedAt = -Infinity;
    },
    forget(id: string): void {
      known.delete(id);
    },
  };
}

export type Bandwidths = ReturnType<typeof openBandwidths>;
