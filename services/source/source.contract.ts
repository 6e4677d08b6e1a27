/** What others may say to `source`, the one door to what users name: URLs and uploads. */
export type SourceRef = { kind: "url"; url: string } | { kind: "upload"; uploadId: string };

export interface SourceParams { source: SourceRef }
/** What is known of a source once it has been opened. */
export interface SourceFacts {
  /** Bytes. */
  size: number;
  /** What the origin says; never believed. */
  contentType?: string;
  /** Changes when the source's bytes do (strong ETag, or Last-Modified and size, or the upload's hash). */
  version: string;
}
/** `start` inclusive, `end` exclusive, in bytes, clamped to the size. Fails with `source_changed` when the source is no longer `version`. */
export interface ReadParams { source: SourceRef; version: string; start: number; end: number }
/** A single read is at most this long: the index of an hour comes in one. */
export const MAX_READ_BYTES = 4 * 1024 * 1024;

/** Blocks `first` to `last`, inclusive, of one group, for another node of the region. */
export interface BlocksParams { source: SourceRef; version: string; first: number; last: number }

/** Sent beside the stream of `source.receive`. `bytes`: the Content-Length, when the client said one. */
export interface ReceiveParams { bytes?: number }
export interface Upload { uploadId: string; size: number; sha256: string; createdAt: string }

export interface CheckParams { url: string }
export interface UploadIdParams { uploadId: string }
/** Payload of `source.forgotten`: every node drops what it holds of the source with this key. */
export interface SourceForgotten { key: string }
