/** A video as everyone sees it, and what may be said to `videos`, which alone moves it from state to state. */
import type { Revocations } from "../../config/access/grants.ts";
import type { VideoAccess, Visibility } from "../../config/access/watching.ts";
import type { Facts } from "../../media/facts.ts";
import type { Note } from "../../media/notes.ts";
import type { Plan } from "../../media/plan.ts";
import type { RenditionQuality, SegmentReport } from "../../media/quality/report.ts";
import type { FindingCode, JudgedFinding, ScreeningVerdict } from "../../media/screening/finding.ts";
import type { SourceRef } from "../source/source.contract.ts";

export type VideoStatus = "submitted" | "rejected" | "ready" | "complete" | "failed" | "deleted";

import type { Policy } from "../../media/policy.ts";
import type { Protection } from "../../media/protection.ts";
export type { Policy, Protection };
export type Priority = "high" | "normal" | "low";

/** Why a video was rejected or failed: a class for machines, a message a person can act on, facts. */
export interface Reason { class: ReasonClass; message: string; [fact: string]: unknown }
export const REASON_CLASSES = [
  "empty", "not_media", "truncated", "corrupt", "unsupported_container", "unsupported_codec", "forbidden_reference",
  "no_video_stream", "limit_dimensions", "limit_duration", "limit_streams", "encrypted",
  "source_refused", "source_unreachable", "source_changed", "upload_incomplete", "encode_failed", "worker_lost", "cancelled",
] as const;
export type ReasonClass = (typeof REASON_CLASSES)[number];

/** What was asked for (`record.json`). Written once. */
export interface VideoRecord {
  id: string;
  createdAt: string;
  source: SourceRef;
  /** Whose it is, where several share the mesh; absent: `default`. */
  tenant?: string;
  /** Absent: public. */
  visibility?: "private";
  title?: string;
  policy: Policy;
  /** Absent: `none`. */
  protection?: Protection;
  priority: Priority;
  labels: Record<string, string>;
  /** What makes two sources the same: the URL as parsed, the hash of the uploaded bytes, or the upload itself where it was not finished yet. */
  identity: string;
  /** Digest of source, policy, protection, tenant and visibility: the claim that makes the same source one video's work. */
  claim: string;
  /** Digest of the whole request, to tell a repeated Idempotency-Key from a reused one. */
  request: string;
  /** Whether it plays for all before it has been screened, as its tenant's policy was then; absent: it is not screened. */
  screening?: ScreenedMode;
  /** The region that accepted it; absent where there is one. */
  home?: string;
  /** Regions that go on with it, the first that lives, when `home` is dark. */
  standby?: readonly string[];
}
export type ScreenedMode = "publish-first" | "screen-first";
/** `screening.json`. Written once. */
export interface Screening {
  verdict: ScreeningVerdict;
  at: string;
  findings: JudgedFinding[];
  /** Of frames, for block lists: 64 hexadecimal digits. `at` in ticks of the video track on the timeline; `detail` as `FrameHash` has it. */
  hashes: { at: number; hash: string; detail: number }[];
  /** By which the same bytes are known again: of a few parts and the size; of all of an upload. */
  print?: string;
  sha256?: string;
  /** The highest of any frame, by the classifier's names. */
  scores?: Record<string, number>;
  classifier?: { name: string; version: string };
  /** What the look took: bytes of the source, frames that were decoded. */
  cost: { seconds: number; frames: number; bytes: number };
  /** The video of the same bytes whose screening this is. */
  sharedWith?: string;
}
/** `review.json`: what a person decided. Written once. */
export interface Review { verdict: "pass" | "block"; at: string; by: string; note?: string }
/** `verdict.json`. Written once. */
export type Verdict = { accepted: true; at: string; facts: Facts; sourceVersion: string } | { accepted: false; at: string; reasons: Reason[] };
/**
 * `twin.json`. Written once, when a video that has a plan has been compared with the one that was there. `of`: the video whose
 * source has the same bytes; absent: none has. `key` says what it was compared under.
 */
export interface Twin { key: string; of?: string }
/** `outcome.json`. Written once. */
export type Outcome = { complete: true; at: string; /** Segments that are not stored, for none of them was good. */ refusedSegments?: number } | { complete: false; at: string; reasons: Reason[] };

export interface SubmitParams {
  source: SourceRef;
  tenant?: string;
  visibility?: Visibility;
  title?: string;
  policy?: Policy;
  protection?: Protection;
  priority?: Priority;
  labels?: Record<string, string>;
  idempotencyKey?: string;
}
export interface VideoIdParams { id: string }
/** `watch`: the answer is a `WatchAnswer`, and says also of a video that has no plan who may watch it. `links`: and which of its links have ended. */
export interface PlanParams { id: string; watch?: true; links?: true }
/** `fault`: what keeps the video from playing; else `plan`, null while there is none. */
export interface WatchAnswer { access: VideoAccess; plan: Plan | null; protection?: Protection; fault?: PlanFault; revoked?: Revocations }
export interface PlanFault { code: "video_deleted" | "video_rejected" | "video_failed" | "blocked"; message: string; reasons?: Reason[] }
/** `linkId`: of the link that is made, for the audit log. */
export interface ShareParams { id: string; linkId?: string }
/** Of a person's upload: whether it was removed; not while a video is made of it. */
export interface DropUploadResult { removed: boolean }
/** `since`: what a new link to it says of revocations. */
export interface ShareAnswer { tenant: string; since: number }
/** `linkId` absent: all links that were made so far. */
export interface RevokeLinksParams { id: string; linkId?: string }
/** Payload of `link.revoked`, to every node. */
export interface LinkRevoked extends Revocations { videoId: string }
export interface VerdictParams { id: string; verdict: Verdict }
export interface PlannedParams { id: string; plan: Plan }
export interface ComparedParams { id: string; twin: Twin }
export interface OutcomeParams { id: string; outcome: Outcome }
export interface ScreenedParams { id: string; screening: Screening }
export interface ReviewedParams { id: string; review: Review }
export interface ListVideosParams { limit?: number; cursor?: string }

export interface RenditionView { name: string; kind: "video" | "audio"; mode: "repackage" | "encode"; codecs: string; width?: number; height?: number; storedSegments: number; plannedSegments: number; segments: number }
/** What checks found so far. `refused` names the segments that are not stored because none that was made was good; 100 at most. */
export interface QualityView {
  checkedSegments: number;
  refusedSegments: number;
  renditions: RenditionQuality[];
  refused: { rendition: string; segment: number; fault: string; detail: string }[];
}
/** How far a video has come. `etaSec` is there when the pace so far allows a guess. */
export interface Progress {
  stage: "validating" | "planning" | "encoding" | "done";
  storedSegments: number;
  /** What the policy makes without being asked; the rest is made when it is watched. */
  plannedSegments: number;
  etaSec?: number;
}
export interface VideoView {
  id: string;
  status: VideoStatus;
  title?: string;
  createdAt: string;
  /** URLs are shown without user names and query. */
  source: { kind: "url"; url: string } | { kind: "upload"; uploadId: string };
  tenant?: string;
  visibility: Visibility;
  policy: Policy;
  protection: Protection;
  priority: Priority;
  labels: Record<string, string>;
  reasons?: Reason[];
  durationSec?: number;
  renditions?: RenditionView[];
  /** What is unusual about the source, and what it costs. */
  notes?: Note[];
  progress?: Progress;
  /** Only of one video that is asked for by its id, and when something was checked. */
  quality?: QualityView;
  /** Absent: it is not screened. */
  screening?: ScreeningView;
  /** True in the answer to a post whose source is already a video. */
  existing?: boolean;
  /** The region that accepted it; absent where there is one. */
  region?: string;
  /** In the answer to a post: other regions that have its record already; the rest get it in the background. */
  replicatedTo?: string[];
}
/** What counts: a person's decision where there is one. `pending`: nothing has been said yet. */
export interface ScreeningView {
  verdict: ScreeningVerdict | "pending";
  /** Whether it plays for everybody now. */
  public: boolean;
  at?: string;
  reviewed?: boolean;
  findings: { code: FindingCode; message: string; verdict: ScreeningVerdict }[];
}
export interface ListVideosResult { videos: VideoView[]; next?: string }

/** One line of a video's history: `id` orders it (a Redis stream id). */
export interface VideoEvent { id: string; type: VideoEventType; data: Record<string, unknown> }
export type VideoEventType = "submitted" | "rejected" | "validated" | "planned" | "progress" | "refused" | "complete" | "failed" | "reopened" | "deleted" | "screened" | "reviewed";
export interface EventsParams { id: string; after?: string }

/** When a video reached a step, ms since 1970: of those that may come again the last time, of the others the first. */
export type VideoMoments = Partial<Record<Moment, number>>;
/** `asked`, `watched`: a viewer's first segment, wanted and there. `stored`: the first segment in the object store. */
export const MOMENTS = ["submitted", "validated", "planned", "asked", "watched", "stored", "complete", "rejected", "failed", "reopened"] as const;
export type Moment = (typeof MOMENTS)[number];
export interface NoteMomentsParams { id: string; moments: VideoMoments }
/** Where a video has been. What Redis has lost is left out of `moments`. */
export interface VideoHistory {
  id: string;
  status: VideoStatus;
  /** ISO 8601, as are the others. */
  createdAt: string;
  judgedAt?: string;
  endedAt?: string;
  reasons?: Reason[];
  moments: VideoMoments;
}

/** Payload of `video.submitted`, `video.arrived` (all of the upload that it was made of is there), `video.validated`, `video.rejected`, `video.planned`, `video.compared`, `video.complete`, `video.failed`, `video.reopened`, `video.deleted`; to every node `video.screened` and `video.reviewed`. */
export interface VideoEventPayload { videoId: string }

/** Payload of `video.recorded`, which goes to all regions. */
export interface VideoRecorded { videoId: string; createdAt: string; tenant?: string }

/** Payload of `video.twinned`, to every node: what the video `of` has, this one need not make. */
export interface VideoTwinned { videoId: string; of: string }

/** The objects of one video that exist so far: the whole truth about it. */
export interface VideoState {
  record: VideoRecord;
  verdict?: Verdict;
  plan?: Plan;
  twin?: Twin;
  outcome?: Outcome;
  screening?: Screening;
  review?: Review;
  deleted: boolean;
}
export interface NoteProgressParams { id: string; progress: Progress }
/** What a check said of segments of one rendition. `refused`: of those that will not be stored. */
export interface NoteQualityParams { id: string; rendition: string; reports: SegmentReport[]; refused: SegmentReport[] }
