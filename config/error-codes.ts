/** The table of errors, and what is told by it. Apart from `fail`, for commands that do without Moleculer. */

interface ErrorRow {
  /** HTTP status. */
  readonly status: number;
  /** Whether the mesh may call again by itself (the action must be idempotent). */
  readonly retryable: boolean;
  readonly meaning: string;
}

export const ERRORS = {
  bad_request: { status: 400, retryable: false, meaning: "the request is malformed; `detail` says where" },
  body_too_large: { status: 413, retryable: false, meaning: "the request's JSON is over 64 KiB, or a usage report over 4" },
  bad_url: { status: 400, retryable: false, meaning: "the URL is not one that can be fetched" },
  source_refused: { status: 422, retryable: false, meaning: "the source's address is not allowed, or its origin refuses" },
  source_unreachable: { status: 502, retryable: false, meaning: "the origin does not answer as it should" },
  source_pending: { status: 503, retryable: false, meaning: "this part of the source has not arrived yet; ask again after `Retry-After`" },
  source_changed: { status: 409, retryable: false, meaning: "the source changed while it was being read" },
  source_too_large: { status: 413, retryable: false, meaning: "the source or upload is over the size limit" },
  upload_not_found: { status: 404, retryable: false, meaning: "there is no such upload, or it was given up" },
  upload_incomplete: { status: 400, retryable: false, meaning: "the upload ended before all its bytes had arrived" },
  upload_empty: { status: 400, retryable: false, meaning: "the upload has no bytes" },
  upload_conflict: { status: 409, retryable: false, meaning: "the upload is not at this offset, or it is finished" },
  upload_expired: { status: 410, retryable: false, meaning: "the upload was not finished within a day" },
  checksum_mismatch: { status: 460, retryable: false, meaning: "the bytes are not those of Upload-Checksum; they were dropped" },
  tus_unsupported: { status: 412, retryable: false, meaning: "Tus-Resumable is missing, or names a version that is not offered" },
  video_not_found: { status: 404, retryable: false, meaning: "there is no such video" },
  video_rejected: { status: 422, retryable: false, meaning: "the video was rejected; `reasons` says why" },
  video_failed: { status: 500, retryable: false, meaning: "the video could not be made; `reasons` says why" },
  video_deleted: { status: 410, retryable: false, meaning: "the video was deleted" },
  blocked: { status: 451, retryable: false, meaning: "the video was screened, and is not shown" },
  plan_pending: { status: 503, retryable: false, meaning: "the video is still being looked at; try again shortly" },
  idempotency_conflict: { status: 422, retryable: false, meaning: "this Idempotency-Key was used with another request" },
  conflict: { status: 409, retryable: false, meaning: "the thing is not in a state in which this can be done" },
  too_many_requests: { status: 429, retryable: false, meaning: "too much work of this tenant waits; try again after `Retry-After`" },
  node_not_found: { status: 404, retryable: false, meaning: "there is no such node in the mesh" },
  rate_limited: { status: 429, retryable: false, meaning: "asked too often; try again after `Retry-After`" },
  unauthorized: { status: 401, retryable: false, meaning: "this needs a key, and none was shown, or one that is not good" },
  forbidden: { status: 403, retryable: false, meaning: "the key does not allow this" },
  key_not_found: { status: 404, retryable: false, meaning: "there is no such API key" },
  person_not_found: { status: 404, retryable: false, meaning: "nothing is kept of this person" },
  erasure_not_found: { status: 404, retryable: false, meaning: "there is no such order to erase a person" },
  trace_not_found: { status: 404, retryable: false, meaning: "no node has a trace of this request, or no longer" },
  error_not_found: { status: 404, retryable: false, meaning: "there is no such group of errors, or it was not seen for long" },
  webhook_not_found: { status: 404, retryable: false, meaning: "there is no such webhook, or no such delivery to it" },
  webhook_refused: { status: 422, retryable: false, meaning: "the webhook's address is not one that messages may be sent to: it must be https, of a public host" },
  links_off: { status: 501, retryable: false, meaning: "no links can be made here: neither `LECTERN_MESH_SECRET` nor `LECTERN_LINK_KEYS` is set" },
  link_not_found: { status: 404, retryable: false, meaning: "that is no link's id" },
  usage_off: { status: 404, retryable: false, meaning: "how videos are watched is not counted here (`LECTERN_USAGE`)" },
  cross_site: { status: 403, retryable: false, meaning: "the page of another site may not order this" },
  not_found: { status: 404, retryable: false, meaning: "there is nothing at this path" },
  method_not_allowed: { status: 405, retryable: false, meaning: "the path does not take this method" },
  segment_not_found: { status: 404, retryable: false, meaning: "the video has no such rendition or segment" },
  no_content_key: { status: 404, retryable: false, meaning: "the video's media are not encrypted in the way that this key is for" },
  hls_only: { status: 404, retryable: false, meaning: "the video is protected by `aes-128`, which DASH does not have; its HLS plays" },
  not_media: { status: 422, retryable: false, meaning: "the bytes are not a video that can be read" },
  encode_failed: { status: 500, retryable: false, meaning: "FFmpeg could not make the segment" },
  encode_stalled: { status: 504, retryable: true, meaning: "FFmpeg made no progress and was stopped" },
  clip_pending: { status: 503, retryable: false, meaning: "the clip is still being made; ask again after `Retry-After`" },
  overloaded: { status: 503, retryable: true, meaning: "too much work is waiting; try again after `Retry-After`" },
  storage_unavailable: { status: 503, retryable: true, meaning: "the object store does not answer" },
  storage_full: { status: 507, retryable: false, meaning: "the object store is full" },
  erasure_incomplete: { status: 503, retryable: false, meaning: "the object store keeps versions of what is to be erased, by a lock or because this node may not remove them; it is tried again" },
  storage_key_unavailable: { status: 503, retryable: true, meaning: "this node does not get the key of what is asked for: `LECTERN_STORE_KEYS` lacks it, or KMS does not answer" },
  storage_damaged: { status: 500, retryable: false, meaning: "what the store gave back is not what was put there; it is refused" },
  region_unavailable: { status: 503, retryable: false, meaning: "the region that was asked for is away, or too few others can be reached to keep the record safe" },
  queue_unavailable: { status: 503, retryable: true, meaning: "the region's Redis does not answer" },
  not_ready: { status: 503, retryable: true, meaning: "a part of the mesh is missing; `detail` names it" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** The code of an error that `fail` made here or on another node. */
export function findErrorCode(error: unknown): ErrorCode | undefined {
  if (typeof error !== "object" || error === null || !("type" in error)) return undefined;
  const type = error.type;
  return typeof type === "string" && Object.hasOwn(ERRORS, type) ? (type as ErrorCode) : undefined;
}
