/** What a region's transcoders and its queue have to do now, of what they tell anyway. Pure. */
import type { ByteCounts } from "../../../config/placement/byte-counts.ts";
import type { LoadReport } from "../../../config/placement/load-report.ts";
import type { QueueReport } from "../../scheduler/scheduler.contract.ts";
import type { LoadLook } from "./slot-meter.ts";

/**
 * What waits counts as work that there was no room for, but on each node no more than what runs there: how long a line has grown says
 * how long it was too long, and not how much comes.
 * @param bytes a second of all nodes of the region, and how many of them have a gateway; undefined: not known now
 * @param reports of the region's transcoders, the latest of each; undefined: it has not told lately
 */
export function lookAtLoad(reports: readonly (LoadReport | undefined)[], queue: QueueReport | undefined, bytes?: ByteCounts & { gateways: number }): LoadLook {
  const known = reports.flatMap((report) => report ?? []);
  const sum = (of: (report: LoadReport) => number): number => known.reduce((total, report) => total + of(report), 0);
  const accepting = known.filter(({ accepting: takes }) => takes);
  return {
    play: sum(({ play, waiting }) => play + Math.min(waiting, play)),
    background: sum(({ background }) => background),
    cpu: sum(({ ownCpu, slots }) => ownCpu * slots),
    slots: accepting.reduce((total, { slots }) => total + slots, 0),
    transcoders: accepting.length,
    queued: queue === undefined ? undefined : queuedOf(queue),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

/** The queue knows its cost by tenant, and how many chunks wait by lane: these share the cost out. */
function queuedOf({ lanes, tenants, paceMs = 0 }: QueueReport): { play: number; normal: number; bulk: number } {
  const cost = tenants.reduce((total, tenant) => total + tenant.cost, 0);
  const waiting = lanes.play.waiting + lanes.normal.waiting + lanes.bulk.waiting;
  const each = waiting === 0 ? 0 : (cost * paceMs) / 1000 / waiting;
  return { play: lanes.play.waiting * each, normal: lanes.normal.waiting * each, bulk: lanes.bulk.waiting * each };
}
