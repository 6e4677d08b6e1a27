/** How many transcoders a load needs. Pure. */

export interface Sizing {
  /** Of the room that viewers' encodes may use when the load is as high as it is nine times of ten, from 0 to 1. */
  targetUse: number;
  min: number;
  max: number;
  /** Slots of one transcoder. */
  slotsEach: number;
}
export interface Need {
  /** Slots: of viewers' encodes half of the time, and nine times of ten; of the background. */
  p50: number;
  p90: number;
  background: number;
  /** Slot-seconds that wait in the queue now, by lane. */
  queued?: { play: number; normal: number; bulk: number };
}

/** Of all room, that work in both kinds may take together for hours. */
const STEADY = 0.9;
/** Within so many seconds what waits is to be done: a viewer's next segments, lectures of today, and what has time. */
const DRAIN_SEC = { play: 60, normal: 1_800, bulk: 6 * 3_600 } as const;

/** Slots to have: viewers find room at once, and the background gets done. */
export function slotsFor({ p50, p90, background, queued = { play: 0, normal: 0, bulk: 0 } }: Need, targetUse: number): number {
  const drain = queued.play / DRAIN_SEC.play + queued.normal / DRAIN_SEC.normal + queued.bulk / DRAIN_SEC.bulk;
  return Math.max(p90 / targetUse, (p50 + background + drain) / STEADY);
}

/** A thousandth of a node more is none. */
const NEARLY = 0.001;

export function transcodersFor(slots: number, { min, max, slotsEach }: Omit<Sizing, "targetUse">): number {
  const wanted = Math.ceil(slots / Math.max(1, slotsEach) - NEARLY);
  return Math.min(max, Math.max(min, Number.isFinite(wanted) ? wanted : min));
}
