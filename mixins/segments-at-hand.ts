/**
 * Segments that this process has in memory, for what runs in it too: the cache lends its bytes, delivery says who may have which,
 * the gateway answers. It goes by functions, not by calls, and only where nobody has to be asked or waited for; for all else there
 * are the actions. It keeps nothing of its own: what the cache or delivery drops is gone here at once.
 */
import type { ServiceBroker } from "moleculer";
import type { Caller } from "../config/access/permissions.ts";
import type { SegmentName } from "../media/media-names.ts";
import type { Rendition } from "../media/plan.ts";

export interface AskedSegment { readonly id: string; readonly rendition: string; readonly segment: SegmentName }
export interface SegmentAtHand {
  readonly bytes: Uint8Array;
  readonly mode: Rendition["mode"];
  /** Counts it as answered, as the actions do. To be called once, or not at all. */
  answered(durationMs: number): void;
}
export interface LentBytes { readonly bytes: Uint8Array; answered(): void }

/** By the cache. */
export type LendBytes = (asked: AskedSegment) => LentBytes | undefined;
/** By delivery. @param caller who has passed the gateway's door */
export type FindSegment = (caller: Caller, asked: AskedSegment) => SegmentAtHand | undefined;

export interface SegmentsAtHand { lend: LendBytes; find: FindSegment }

const NOTHING: SegmentsAtHand = { lend: () => undefined, find: () => undefined };
const desks = new WeakMap<ServiceBroker, SegmentsAtHand>();

/** Of the node that `broker` is; whoever offers something puts their function there, and takes it away when they stop. */
export function segmentsAtHand(broker: ServiceBroker): SegmentsAtHand {
  const desk = desks.get(broker) ?? { ...NOTHING };
  desks.set(broker, desk);
  return desk;
}

export function offerNothing(broker: ServiceBroker, what: keyof SegmentsAtHand): void {
  Object.assign(segmentsAtHand(broker), { [what]: NOTHING[what] });
}
