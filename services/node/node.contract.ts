/** What a node says of itself, and what others may say to it; call `node.*` with its `nodeID`. */

/**
 * active: takes work. draining: takes none, and finishes what it has. drained: has none left. quarantined: it keeps
 * failing by its own fault, takes no work, and looks for itself whether it is well again.
 */
export type NodeCondition = "active" | "draining" | "drained" | "quarantined";

/** `code` has few values; `message` is a sentence for people. */
export interface NodeReason { code: string; message: string }

/** Answer of `node.state`, `node.drain` and `node.undrain`, and the event `node.changed`, which every node gets. */
export interface NodeView {
  nodeID: string;
  state: NodeCondition;
  /** Why it is not active; none when it is. */
  reasons: NodeReason[];
  /** Whether work may be given to it: exactly when it is active. What viewers ask of it and of no other is done all the same. */
  accepting: boolean;
  /** ISO 8601: when the state was last another. */
  since: string;
  /** Work under way that a drain waits for, by kind; kinds of which there is none are left out. */
  running: Record<string, number>;
}

/** Of `node.drain`. */
export interface DrainParams { why?: string }

/** A run of FFmpeg under way. `since`: ms since 1970; `progress` from 0 to 1; `speed`: seconds of video made in a second, absent before the first. */
export interface RunningEncode { videoId: string; renditions: string[]; first: number; last: number; lane: "play" | "background"; since: number; progress: number; speed?: number }

/** Upper bounds in ms of how long delivery took to answer for a segment, and how long a learner waited for a video's first. */
export const SEGMENT_BOUNDS_MS = [100, 250, 500, 1_000, 2_000, 4_000, 8_000] as const;
export const FIRST_PLAY_BOUNDS_MS = [100, 200, 400, 800, 1_500, 3_000, 6_000, 15_000, 30_000] as const;
/**
 * What a node counts from its start on, in this order; new ones go to the end, and who does not have them says less.
 * `seg…`, `play…`: those that took no longer than so many ms. Bytes where it says so.
 */
export const TOTALS = [
  "cacheMemory", "cacheRedis", "cacheStore", "cacheMade", "originBytes", "nearBytes", "sentBytes", "segments", "segmentFaults",
  "seg100", "seg250", "seg500", "seg1000", "seg2000", "seg4000", "seg8000",
  "firstPlays", "play100", "play200", "play400", "play800", "play1500", "play3000", "play6000", "play15000", "play30000",
  "playerStalls",
] as const;
export type TotalName = (typeof TOTALS)[number];

/** `at`: ms since 1970. `waiting`: chunks in its region's lanes play, normal and bulk, where a scheduler runs there. */
export interface FigurePoint { at: number; totals: number[]; waiting?: number[] }
/** Of `node.figures`: the points after `since`, ms since 1970; absent: all of the last twenty minutes. */
export interface FiguresParams { since?: number }
/** Answer of `node.figures`: what operators are shown of a node. */
export interface NodeFigures {
  view: NodeView;
  uptimeSec: number;
  /** How much of its time the event loop worked since it was asked last, 0 to 1. */
  loop: number;
  encodes: RunningEncode[];
  /** How many there are, also those that are left out. */
  encodeCount: number;
  now: FigurePoint;
  /** One every ten seconds, oldest first, none later than `now`. */
  past: FigurePoint[];
}
