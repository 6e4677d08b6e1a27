/** What others may say to `storage`. Bytes are Buffers: the service sits on every node that touches media. */
export interface PutParams {
  key: string;
  bytes: Uint8Array;
  /** Create only: an object that exists stays as it is. */
  ifAbsent?: boolean;
}
/** `stored: false` when `ifAbsent` found the key taken. */
export interface PutResult { stored: boolean }

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
