/** What others may say to `audit`. */
import type { AuditEntry, AuditTarget } from "../../config/audit-sink.ts";

/** What a service has to say of itself: `type` is its own, as `erasure`. Answered when it is durable. */
export interface RecordParams { type: string; subject?: string; target?: AuditTarget; result?: string }
/** Its place in the log. */
export interface RecordResult { chain: string; seq: number }

/** Times in ISO 8601: `since` inclusive, `until` exclusive. The others must be equal; a log-in's `subject` is found by its pseudonym. */
export interface QueryParams {
  since?: string;
  until?: string;
  subject?: string;
  /** Whom it is of or about: who did it, or to whom it was done. */
  about?: string;
  video?: string;
  action?: string;
  result?: string;
  limit?: number;
  /** `next` of the page before. */
  after?: string;
}
/** As it is in the log, without what ties it into its chain but its place. */
export interface RecordView extends AuditEntry { chain: string; seq: number; at: string; node: string }
/** Newest first. With a `next` there may be more, also when there are none here: one request reads only so much. */
export interface QueryResult { records: RecordView[]; next?: string }
