/** What others may say to `storage`. Bytes are Buffers: the service sits on every node that touches media. */
export interface PutParams {
  key: string;
  bytes: Uint8Array;
  /** Create only: an object that exists stays as it is. */
  ifAbsent?: boolean;
  /** Until when, in ms since 1970, nobody may remove or replace it, where the store can hold to that. */
  keepUntil?: number;
  /** Of a part of a video whose record is only being written. */
  place?: RecordPlace;
}
/**
 * `stored: false` when `ifAbsent` found the key taken. `copies`: other regions that have the object already; absent
 * where there are none that should.
 */
export interface PutResult { stored: boolean; copies?: string[] }

/** The region that accepted a video, and those that go on with it, the first that lives, when that is dark. */
export interface RecordPlace { home: string; standby: readonly string[] }
/** `worker`: the region that works on it now; `changes`: how often that changed. */
export interface PlacementParams { videoId: string }
export interface Placement extends RecordPlace { worker: string; changes: number }

export interface VideoKeyParams { videoId: string }

/** Payload of `video.adopted`: the object that says so. */
export interface VideoAdopted { key: string }

/** Another region as this one sees it; also the own one. Times in ms. */
export interface RegionView {
  name: string;
  own: boolean;
  publicUrl: string;
  place: { latitude: number; longitude: number };
  countries: readonly string[];
  /** Nodes that the mesh has there now. */
  nodes: number;
  storeReachable: boolean;
  /** Nothing was heard of it for as long as the setting says: its videos may be adopted. */
  dark: boolean;
  /** How long its store takes to answer; null before the first time. */
  latencyMs: number | null;
  /** What waits to be copied there, and how old the oldest of it is. */
  waiting: number;
  lagMs: number;
}

/** Makes `to` an object of the bytes of `from`, unless it is there. */
export interface CopyParams { from: string; to: string }
/** `copied: false` when there was a `to`; `size` is its, in bytes. null: there is no `from`. */
export interface CopyResult { copied: boolean; size: number }

/** `get`, `readRange` and `head` answer null when there is no such object. */
export interface KeyParams { key: string }
/** `start` inclusive, `end` exclusive, in bytes; clamped to the object's size. */
export interface ReadRangeParams { key: string; start: number; end: number }
/** `modifiedAt`: when it was last written by the store's own clock, in ms since 1970; S3 knows whole seconds. */
export interface HeadResult { size: number; modifiedAt: number }

export interface ListParams { prefix: string; after?: string; limit?: number; delimiter?: "/" }
/** Keys in byte order; with `delimiter`, also the distinct prefixes up to it. `next` continues the listing as `after`. */
export interface ListResult { objects: { key: string; size: number }[]; prefixes: string[]; next?: string }

/** Sent beside a stream (`storage.upload`): the whole stream becomes the object, or nothing does. */
export interface UploadParams { key: string; maxBytes: number }
/** `sha256` in lower-case hex. */
export interface UploadResult { size: number; sha256: string }

export interface RemovePrefixParams { prefix: string }
export interface RemovePrefixResult { removed: number }

/** A folder (`videos/1/`), or one object by its key. */
export interface EraseParams { what: string }
/** What an erasure took away, and what it had to leave. */
export interface EraseResult {
  /** Objects that were there. */
  objects: number;
  /** In a store that keeps versions: those behind the objects, and delete markers. */
  older: number;
  /** Versions that a lock keeps. They are hidden until its time is over. */
  locked: number;
}

export const NOTHING_ERASED: EraseResult = { objects: 0, older: 0, locked: 0 };

export function sumErased(a: EraseResult, b: EraseResult): EraseResult {
  return { objects: a.objects + b.objects, older: a.older + b.older, locked: a.locked + b.locked };
}
