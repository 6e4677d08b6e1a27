/** What may be said to `quality`. It sits on every node that makes segments: their bytes do not travel. */
import type { Packet } from "../../media/cmaf/samples.ts";
import type { Plan } from "../../media/plan.ts";
import type { SegmentReport } from "../../media/quality/report.ts";

/** Consecutive segments of one rendition that have just been made, and what the source has in their place. */
export interface CheckParams {
  videoId: string;
  plan: Plan;
  rendition: string;
  first: number;
  /** The rendition's init segment. */
  init: Uint8Array;
  segments: Uint8Array[];
  /** The source's packets of the span, in decode order with times of the source; absent where only FFmpeg can read it. */
  packets?: Packet[];
  /** Where this node's FFmpeg reads the source as a file: needed for encoded sound, and where there are no packets. */
  url?: string;
}
/** One report a segment, in order. */
export interface CheckResult { reports: SegmentReport[] }
