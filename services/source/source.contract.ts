/** What others may say to `source`, the one door to what users name: URLs and uploads. `tenant`: who posted it, by default the default one. */
export type SourceRef = UrlSource | { kind: "upload"; uploadId: string };
export interface UrlSource { kind: "url"; url: string; tenant?: string }

export interface SourceParams { source: SourceRef }
/** What is known of a source once it has been opened. */
export interface SourceFacts {
  /** Bytes. */
  size: number;
  /** What the origin says; never believed. */
  contentType?: string;
  /** Changes when the source's bytes do (strong ETag, or Last-Modified and size, or the upload's hash, or its id when it was opened before it was finished). */
  version: string;
  /** How many bytes from the beginning are there, of what still arrives: an upload, or a file that comes only as a whole; absent: all can be read. */
  arrived?: number;
}
/**
 * `start` inclusive, `end` exclusive, in bytes, clamped to the size. Fails with `source_changed` when the source is no
 * longer `version`, and without waiting long with `source_pending` (see `LackData`) when what still arrives has not
 * come that far. `ahead: false`: by one who hops about, for whom nothing more is fetched than this.
 */
export interface ReadParams { source: SourceRef; version: string; start: number; end: number; ahead?: boolean }
/** A single read is at most this long: the index of an hour comes in one. */
export const MAX_READ_BYTES = 4 * 1024 * 1024;
/** Sources are fetched and kept in blocks of so many bytes: small enough for an index to hop about, large enough for few requests. To read less costs as much. */
export const BLOCK_BYTES = 256 * 1024;
/** SHA-256 of ranges of a source, in hex; ranges as in `ReadParams`, MAX_READ_BYTES of them in all. */
export interface DigestsParams { source: SourceRef; version: string; ranges: { start: number; end: number }[] }
export interface DigestsResult { digests: string[] }

/** What a `source_pending` carries: a read can succeed once so many bytes from the beginning are there. */
export interface LackData { needed: number; arrived: number; retryAfterSec: number }
/** Asks to be answered when `bytes` from the beginning are there, or `waitMs` have passed. Fails with `upload_incomplete` when those of an upload never will be. */
export interface ArrivalParams { source: SourceRef; version: string; bytes: number; waitMs: number }
export interface ArrivalResult { arrived: number }
/** The longest that `source.arrival` waits. */
export const MAX_ARRIVAL_MS = 30_000;

/** Blocks `first` to `last`, inclusive, of one group, for another node of the region. */
export interface BlocksParams { source: SourceRef; version: string; first: number; last: number }

/** Sent beside the stream of `source.receive`. `bytes`: the Content-Length, when the client said one. */
export interface ReceiveParams { bytes?: number }
export interface Upload { uploadId: string; size: number; sha256: string; createdAt: string }
/** An upload as far as it is known: without `sha256` it is not finished. */
export type KnownUpload = Omit<Upload, "sha256"> & { sha256?: string };

/** A resumable upload begins: `size` in bytes, `metadata` as tus has it. */
export interface BeginParams { uploadId: string; size: number; metadata?: UploadMetadata }
export type UploadMetadata = Record<string, string | null>;
/** How far a resumable upload has come. One whose bytes are all there is made a source first, which may take its time. */
export interface UploadProgress { uploadId: string; size: number; offset: number; createdAt: string; finished: boolean; metadata?: UploadMetadata }
/** Sent beside the bytes from `offset` on. Those that arrived stay when the stream breaks off; with a checksum all of them count, or none. */
export interface AppendParams { uploadId: string; offset: number; checksum?: Checksum }
/** The offset after the bytes; the upload is finished when that is its size. */
export interface AppendResult { offset: number }
export const CHECKSUM_ALGORITHMS = ["sha1", "sha256"] as const;
/** `digest` in base64. */
export interface Checksum { algorithm: (typeof CHECKSUM_ALGORITHMS)[number]; digest: string }
/** A resumable upload that is not finished this long after its beginning is given up. */
export const UPLOAD_EXPIRY_MS = 24 * 3_600_000;
/** What is made of an unfinished upload is given up when none of it has come for so long. The upload itself may still go on. */
export const UPLOAD_SILENCE_MS = 3_600_000;
/** Payload of `upload.arrived`, for every node: more of it is there, or it has been given up. */
export interface UploadArrived { uploadId: string }
/** Payload of `upload.finished`. */
export interface UploadFinished { uploadId: string; sha256: string }

export interface CheckParams { url: string; tenant?: string }
/** The address as it is asked for: one text for all spellings of it, without a fragment. */
export interface CheckResult { url: string }
export interface UploadIdParams { uploadId: string }
/** Payload of `source.forgotten`: every node drops what it holds of the source: blocks by their key, copies by its name (`sourceName`). */
export interface SourceForgotten { key: string; name: string }
