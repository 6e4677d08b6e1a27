/** What others may say to `errors`: what fails on any node of the region, the same things as one group. */
import { GROUP_ID } from "../../config/failures/fingerprint.ts";
import { SEVERITIES, type Severity } from "../../config/failures/failure-code.ts";

export type { FailureBatch, ToldGroup } from "../../config/failures/failure-ledger.ts";
export { GROUP_ID, SEVERITIES, type Severity };

/** `resolved`: an operator says that it is over. `regressed`: it was, and was seen again. `muted`: nobody wants to hear of it. */
export const ERROR_STATES = ["open", "regressed", "resolved", "muted"] as const;
export type ErrorState = (typeof ERROR_STATES)[number];
/** What operators do with a group. */
export const ERROR_STEPS = { resolve: "resolved", mute: "muted", reopen: "open" } as const satisfies Record<string, ErrorState>;
export type ErrorStepName = keyof typeof ERROR_STEPS;

/** A group, as a list shows it. Times are ISO 8601. */
export interface ErrorSummary {
  /** `<code>-<fingerprint>`; `<code>-other`: those that found no room in a group of their own. */
  id: string;
  state: ErrorState;
  severity: Severity;
  /** Of the table of errors; or `unexpected` (nobody made it on purpose), `crashed`, `segment_refused`, `unscreened`, or one of the mesh's own, as `request_timeout`. */
  code: string;
  /** Where it began. */
  service: string;
  action: string;
  /** Of the last one, without secrets and persons. */
  message: string;
  /** Since the group began. */
  count: number;
  lastHour: number;
  lastDay: number;
  firstSeen: string;
  lastSeen: string;
}
/** The group, and what is known of it. Lists begin with the latest. */
export interface ErrorView extends ErrorSummary {
  /** The last 60 minutes, the oldest first. */
  perMinute: { at: string; count: number }[];
  /** The last 24 hours, the oldest first. */
  perHour: { at: string; count: number }[];
  nodes: string[];
  regions: string[];
  versions: string[];
  /** Affected videos, of many the latest. */
  videos: string[];
  /** One of them, the latest whose circumstances were kept. `stack`: of this program's own functions. */
  sample: { message: string; stack: string[]; node: string; requestId?: string };
  /** When an operator last changed the state; who did, the audit log says. */
  changedAt?: string;
}

/** Of a list: when its last group was seen, and which it is. */
export const CURSOR = "^\\d{1,16}\\.[a-z_]{1,40}-([0-9a-f]{16}|other)$";
export const LIST_LIMIT = { most: 100, usual: 50 } as const;
export interface ListErrorsParams { state?: ErrorState; code?: string; service?: string; /** An id. */ video?: string; limit?: number; cursor?: string }
/** The last seen first. `region`: whose they are. `next`: the cursor of the next page, where there is one. */
export interface ListErrorsResult { region: string; errors: ErrorSummary[]; next?: string }
export interface ErrorIdParams { id: string }
export interface ErrorStep { id: string; state: ErrorState }

/** Payload of `error.opened` and `error.regressed`. */
export interface ErrorNews extends Omit<ErrorSummary, "lastHour" | "lastDay"> { region: string; nodes: string[] }
