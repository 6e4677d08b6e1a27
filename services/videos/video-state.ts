/** Pure: what a video's write-once objects say of its state. */
import type { VideoAccess } from "../../config/access/watching.ts";
import { tenantOf } from "../../config/tenants.ts";
import { noteFacts } from "../../media/notes.ts";
import type { Plan } from "../../media/plan.ts";
import type { PlanFault, Progress, Reason, ReasonClass, RenditionView, VideoHistory, VideoMoments, VideoRecord, VideoState, VideoStatus, VideoView } from "./videos.contract.ts";
import { renditionsOf } from "../../media/plan-video.ts";
import { plannedSegments } from "../../media/policy.ts";
import { isBlocked, isHeld, viewScreening } from "./screening-state.ts";

export function videoStatus(state: VideoState): VideoStatus {
  if (state.deleted) return "deleted";
  if (state.verdict?.accepted === false) return "rejected";
  if (state.outcome !== undefined) return state.outcome.complete ? "complete" : "failed";
  return state.plan === undefined ? "submitted" : "ready";
}

export function reasonsOf(state: VideoState): Reason[] | undefined {
  if (state.verdict?.accepted === false) return state.verdict.reasons;
  return state.outcome?.complete === false ? state.outcome.reasons : undefined;
}

/** What a rejection may say and the source still be there: of a URL, and of an upload, which may have been gone on with. */
const REOPENED: Readonly<Record<"url" | "upload", readonly ReasonClass[]>> = { url: ["source_refused", "source_unreachable"], upload: ["upload_incomplete"] };

/** Whether trying again may end otherwise: it failed or was cancelled, or its source, which is still named, could not be had. */
export function canReopen({ record, verdict, outcome, deleted }: VideoState): boolean {
  if (deleted) return false;
  if (verdict?.accepted === false) return verdict.reasons.some((reason) => REOPENED[record.source.kind].includes(reason.class));
  return outcome?.complete === false;
}

/** Who may watch it. */
/** What waits for its screening is private until then. */
export function accessOf(state: VideoState): VideoAccess {
  const { record, deleted } = state;
  return { id: record.id, tenant: tenantOf(record), visibility: isHeld(state) ? "private" : record.visibility ?? "public", deleted };
}

/** What keeps a video from ever having a plan, or from being watched by it. */
export function findPlanFault(state: VideoState): PlanFault | undefined {
  const { verdict, plan, outcome, deleted } = state;
  if (deleted) return { code: "video_deleted", message: "The video was deleted." };
  if (verdict?.accepted === false) return { code: "video_rejected", message: "The video was rejected.", reasons: verdict.reasons };
  if (plan === undefined && outcome?.complete === false) return { code: "video_failed", message: "The video could not be planned.", reasons: outcome.reasons };
  return isBlocked(state) ? { code: "blocked", message: "The video was screened, and is not shown." } : undefined;
}

export function historyOf(state: VideoState, moments: VideoMoments): VideoHistory {
  const { record: { id, createdAt }, verdict, outcome } = state;
  const reasons = reasonsOf(state);
  return {
    id, createdAt, status: videoStatus(state), moments,
    ...(verdict === undefined ? {} : { judgedAt: verdict.at }), ...(outcome === undefined ? {} : { endedAt: outcome.at }), ...(reasons === undefined ? {} : { reasons }),
  };
}

/** `stored` counts the segments of each rendition that are in the object store. */
export function viewVideo(state: VideoState, stored: ReadonlyMap<string, number>, nowMs: number): VideoView {
  const { record, plan } = state;
  const reasons = reasonsOf(state);
  const renditions = plan === undefined ? undefined : viewRenditions(plan, record, stored);
  const screening = viewScreening(state);
  return {
    id: record.id,
    status: videoStatus(state),
    ...(record.title === undefined ? {} : { title: record.title }),
    createdAt: record.createdAt,
    source: record.source.kind === "url" ? { kind: "url", url: redactUrl(record.source.url) } : record.source,
    ...(record.tenant === undefined ? {} : { tenant: record.tenant }),
    visibility: record.visibility ?? "public",
    policy: record.policy,
    protection: record.protection ?? "none",
    priority: record.priority,
    labels: record.labels,
    ...(record.home === undefined ? {} : { region: record.home }),
    ...(reasons === undefined ? {} : { reasons }),
    ...(plan === undefined ? {} : { durationSec: Math.round((1000 * (plan.boundaries.at(-1) ?? 0)) / plan.timescale) / 1000 }),
    ...(renditions === undefined ? {} : { renditions }),
    ...(plan === undefined ? {} : { notes: noteFacts(plan.facts) }),
    ...(screening === undefined ? {} : { screening }),
    progress: measureProgress(state, renditions ?? [], nowMs),
  };
}

function viewRenditions(plan: Plan, record: VideoRecord, stored: ReadonlyMap<string, number>): RenditionView[] {
  const segments = plan.boundaries.length - 1;
  return renditionsOf(plan).map((rendition) => ({
    name: rendition.name,
    kind: rendition.kind,
    mode: rendition.mode,
    codecs: rendition.codecs,
    ...(rendition.kind === "video" ? { width: rendition.width, height: rendition.height } : {}),
    storedSegments: Math.min(stored.get(rendition.name) ?? 0, segments),
    plannedSegments: plannedSegments(plan, rendition, record.policy),
    segments,
  }));
}

function measureProgress(state: VideoState, renditions: readonly RenditionView[], nowMs: number): Progress {
  const plannedSegments = sum(renditions.map((r) => r.plannedSegments));
  const storedSegments = sum(renditions.map((r) => Math.min(r.storedSegments, r.plannedSegments)));
  const status = videoStatus(state);
  if (status !== "submitted" && status !== "ready") return { stage: "done", storedSegments, plannedSegments };
  if (state.plan === undefined) return { stage: state.verdict === undefined ? "validating" : "planning", storedSegments, plannedSegments };
  const elapsedSec = Math.max(0, nowMs - Date.parse(state.record.createdAt)) / 1000; // the clock of who made the record may be ahead
  const etaSec = storedSegments < 3 ? undefined : Math.ceil((elapsedSec / storedSegments) * (plannedSegments - storedSegments));
  return { stage: "encoding", storedSegments, plannedSegments, ...(etaSec === undefined ? {} : { etaSec }) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** Query and user info may hold secrets: they are never shown. */
export function redactUrl(text: string): string {
  const url = new URL(text);
  url.username = "";
  url.password = "";
  url.hash = "";
  const query = url.search === "" ? "" : "?…";
  url.search = "";
  return url.href + query;
}
