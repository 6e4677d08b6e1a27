/** What passes between a service and the demuxer's thread. */
import type { Facts } from "../../media/facts.ts";

/** A source the thread may read, by asking for ranges. `key` names its bytes for good. */
export interface OpenSource { key: string; size: number }

/** An encoded frame or audio packet, in decode order. `pts` and `duration` in ticks of the track, edits applied. */
export interface Packet { pts: number; duration: number; isKey: boolean; data: Uint8Array }

/** Where a packet lies in its source, in bytes: who asked for packets reads those itself. */
export interface PacketPlace { pts: number; duration: number; isKey: boolean; offset: number; size: number }

/** By a sample table only places are found; what is read by the container reader comes as it is. */
export type FoundPackets = { packets: Packet[] } | { places: PacketPlace[] };

export type Track = "video" | "audio";

/**
 * What `inspect` found: facts; or that the container is none that has an index we read; or that it has no index. In
 * facts that are not `told`, the codec of the picture or of some sound is "": the index has its frames, and somebody else
 * must say what they are.
 */
export type Inspection =
  | { outcome: "facts"; facts: Facts; tracks: number; told: boolean }
  | { outcome: "encrypted" }
  | { outcome: "no_index"; container?: string }
  | { outcome: "unreadable"; message: string };

export type DemuxerRequest =
  /** `isCopy`: made by us of a whole source, so nothing in it is hidden, and reading it is cheap. */
  | { op: "inspect"; source: OpenSource; isCopy: boolean }
  /** Packets of [from, to): for video from the key frame at or before `from`; for audio those that start in it. */
  | { op: "packets"; source: OpenSource; track: Track; index: number; timescale: number; from: number; to: number };

export type ToThread = { id: number; request: DemuxerRequest } | { read: number; bytes: Uint8Array } | { read: number; error: string };
/** `ahead`: as `ReadSource` has it. */
export type FromThread =
  | { id: number; result: Inspection | FoundPackets }
  | { id: number; error: string }
  | { read: number; key: string; start: number; end: number; ahead: boolean };
