/**
 * What is made for viewers who are only expected: one run at a time in the region, the last of all work, and none while
 * anything else waits or a viewer is served. Its jobs are a group of their own, so that they can be called off.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { tenantOf } from "../../config/tenants.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import type { WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { Plan } from "../../media/plan.ts";
import type { QueueCounts } from "../../mixins/work-queue/work-queue.contract.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";
import type { FeederPorts } from "./feeder.ts";
import { planWarming, UNIT_CPU_SEC } from "./chunks.ts";
import type { WarmParams, WarmResult } from "./scheduler.contract.ts";

export interface WarmingPorts extends Pick<FeederPorts, "settled" | "state"> {
  queue: Pick<WorkQueue<ChunkParams>, "add" | "cancel" | "counts">;
  /** Puts right what `settled` goes by. */
  recount(videoId: string, rendition: string): Promise<void>;
  /** Sheets of previews that the store has. */
  sheets(videoId: string): Promise<readonly number[]>;
}

/** Videos of which all sheets that are wanted were there, and for how long that is believed. */
const SHEETS_KNOWN = { ...upTo(500), ttl: 10 * 60_000 };

const groupOf = (videoId: string): string => `expected-${videoId}`;

/** Whether a region has room for what nobody asked for. */
export const isIdle = ({ play, normal, bulk }: QueueCounts): boolean => play.waiting + play.active + normal.waiting + normal.active + bulk.waiting + bulk.active === 0 && !bulk.paused;

export function openWarming({ queue, settled, recount, state, sheets }: WarmingPorts) {
  const whole = new LRUCache<string, true>(SHEETS_KNOWN);

  /** The store is asked only when all else of the video is there, and not again when the sheets are, too. */
  async function planSheet(order: Parameters<typeof planWarming>[0], plan: Plan, last: number): Promise<ReturnType<typeof planWarming>> {
    if (whole.has(order.id)) return undefined;
    const there = new Set(await sheets(order.id));
    const job = planWarming(order, plan, [STORYBOARD], last, (_, sheet) => there.has(sheet));
    if (job === undefined) whole.set(order.id, true);
    return job;
  }

  return {
    /**
     * Queues the first run of these that is missing, for which there must be room in the budget: of a processor's time, by what
     * such work costs, and not by how long it took here lately, which says how busy the machines were.
     */
    async warm({ id, renditions, last, cpuSec }: WarmParams): Promise<WarmResult> {
      const video = await state(id);
      if (video?.plan === undefined) return { state: "gone" };
      const order = { id, tenant: tenantOf(video.record), group: groupOf(id) };
      const segmented = renditions.filter((name) => name !== STORYBOARD);
      const marks = new Map(await Promise.all(segmented.map(async (name) => [name, await settled(id, name)] as const)));
      const job = planWarming(order, video.plan, segmented, last, (rendition, segment) => marks.get(rendition)?.(segment) ?? false)
        ?? (renditions.includes(STORYBOARD) ? await planSheet(order, video.plan, last) : undefined);
      if (job === undefined) return { state: "warm" };
      if (!isIdle(await queue.counts())) return { state: "busy" };
      const cost = job.cost * UNIT_CPU_SEC;
      if (cost > cpuSec) return { state: "dear" };
      const { renditions: [rendition = ""], first } = job.data;
      if (rendition !== STORYBOARD) {
        await recount(id, rendition);
        if ((await settled(id, rendition))(first)) return { state: "busy" }; // the next look goes on behind it
      }
      const { added } = await queue.add([job]);
      return added === 0 ? { state: "busy" } : { state: "queued", rendition, first, last: job.data.last, cpuSec: cost };
    },
    /** Calls off what of it waits or runs. @returns how many runs */
    unwarm: (videoId: string): Promise<number> => queue.cancel(groupOf(videoId)),
  };
}

export type Warming = ReturnType<typeof openWarming>;
