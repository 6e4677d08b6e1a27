/** Screens videos one after the other on this node, each within a time, and hands what was found to `videos`. */
import type { ServiceBroker } from "moleculer";
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import { noteFailure } from "../../config/failures/note-failure.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";
import { tenantOf } from "../../config/tenants.ts";
import { judgeFindings, type ScreeningPolicy, type TenantScreening } from "../../mixins/screening-policy/policy.ts";
import type { KnownUpload, SourceFacts, SourceParams, UploadIdParams, UploadProgress } from "../source/source.contract.ts";
import type { ScreenedParams, Screening, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import type { BlockLists } from "./block-lists.ts";
import { findStill } from "./evidence.ts";
import { lookAtVideo, type Seen } from "./look-at-video.ts";
import { openScreened, type SourcePorts } from "./open-screened.ts";
import type { Reviews } from "./reviews.ts";
import { chooseEvidence, screenVideo } from "./screen-video.ts";

export interface ScreenerPorts { broker: ServiceBroker; source: SourcePorts; lists: BlockLists; reviews: Pick<Reviews, "mark">; policy(): ScreeningPolicy }

/** A lecture takes seconds; what takes this long is a video that is made to. */
const LOOK_MS = 8 * 60_000;
/** An origin that has been away for so long will not be back. */
const PATIENCE_MS = 3_600_000;

export function openScreener({ broker, source, lists, reviews, policy }: ScreenerPorts) {
  const metrics = registerMetrics(broker, "screening");
  const running = new Map<string, { controller: AbortController; ended: Promise<unknown> }>();

  async function look(state: VideoState, rules: TenantScreening, signal: AbortSignal): Promise<{ seen: Seen; bytes: number }> {
    const { record, plan, verdict } = state;
    if (plan === undefined || verdict?.accepted !== true) throw fail("plan_pending", "The video has no plan yet.");
    const opened = await broker.call<SourceFacts, SourceParams>("source.open", { source: record.source });
    if (opened.arrived !== undefined) throw fail("source_pending", "The source has not arrived yet.", { needed: opened.size, arrived: opened.arrived });
    const screened = await openScreened(broker, source, { record, plan, version: verdict.sourceVersion, signal });
    const choice = rules.classify ? policy().classifier : undefined;
    const declared = await findNames(state, opened);
    const seen = await lookAtVideo(screened, { ...declared, ...(choice === undefined ? {} : { classifier: { choice, scores: rules.scores } }) });
    return { seen, bytes: screened.bytes() };
  }

  async function findNames({ record: { source: from } }: VideoState, { contentType }: SourceFacts): Promise<{ name?: string; contentType?: string }> {
    if (from.kind === "url") return { name: new URL(from.url).pathname, ...(contentType === undefined ? {} : { contentType }) };
    const { metadata } = await broker.call<UploadProgress, UploadIdParams>("source.progress", { uploadId: from.uploadId }).catch((): Partial<UploadProgress> => ({})); // one that did not come by parts was not named
    return { ...(typeof metadata?.["filename"] === "string" ? { name: metadata["filename"] } : {}), ...(typeof metadata?.["filetype"] === "string" ? { contentType: metadata["filetype"] } : {}) };
  }

  async function findHash({ record: { source: from } }: VideoState): Promise<string | undefined> {
    return from.kind === "url" ? undefined : (await broker.call<KnownUpload, UploadIdParams>("source.upload", { uploadId: from.uploadId })).sha256;
  }

  async function findTwin({ twin }: VideoState): Promise<VideoState | undefined> {
    const other = twin?.of === undefined ? null : await broker.call<VideoState | null, VideoIdParams>("videos.state", { id: twin.of });
    return other === null || other.deleted ? undefined : other;
  }

  /** What could not be looked at, a person looks at. @throws what another look may not end with */
  async function screenWithin(state: VideoState, signal: AbortSignal): Promise<Screening> {
    const tooLong = AbortSignal.timeout(LOOK_MS);
    const tenant = tenantOf(state.record);
    try {
      const [twin, sha256] = await Promise.all([findTwin(state), findHash(state)]);
      return await screenVideo({ tenant, policy: policy(), lists, twin, sha256, look: (rules) => look(state, rules, AbortSignal.any([signal, tooLong])), now: () => new Date() });
    } catch (error) {
      const code = findErrorCode(error);
      const isOver = tooLong.aborted || code === "source_changed" || code === "source_refused" || code === "upload_not_found" || code === "upload_incomplete" || code === "not_media"
        || (code === "source_unreachable" && Date.now() - Date.parse(state.record.createdAt) > PATIENCE_MS);
      if (signal.aborted || !isOver) throw error;
      const message = tooLong.aborted ? `The video could not be screened within ${LOOK_MS / 60_000} minutes.` : `The video could not be screened: ${errorMessage(error)}`;
      noteFailure(broker, message, { action: "screening.screen", code: "unscreened", video: state.record.id });
      return { ...judgeFindings([{ code: "unscreened", message }], policy().of(tenant)), at: new Date().toISOString(), hashes: [], cost: { seconds: LOOK_MS / 1_000, frames: 0, bytes: 0 } };
    }
  }

  async function screen(state: VideoState, signal: AbortSignal): Promise<void> {
    const { id } = state.record;
    const screening = await screenWithin(state, signal);
    metrics.count("lectern_screening_videos_total", { verdict: screening.verdict });
    metrics.observe("lectern_screening_seconds", screening.cost.seconds);
    if (screening.verdict !== "pass") {
      broker.logger.info(`Video ${id} was screened: ${screening.verdict}. ${screening.findings.map(({ message }) => message).join(" ")}`);
      await reviews.mark(state); // before the verdict: whoever dies in between leaves a mark that means nothing yet
    }
    await broker.call<void, ScreenedParams>("videos.screened", { id, screening });
    if (screening.verdict !== "pass") await keepEvidence(state, screening, signal);
  }

  async function keepEvidence(state: VideoState, screening: Screening, signal: AbortSignal): Promise<void> {
    const facts = state.plan?.facts;
    if (facts === undefined) return;
    for (const at of chooseEvidence(screening, facts.video, facts.originTicks)) {
      if (signal.aborted) return;
      await findStill(broker, state, at).catch((error: unknown) => broker.logger.debug(`A frame of ${state.record.id} could not be kept: ${errorMessage(error)}`));
    }
  }

  return {
    async screen(state: VideoState): Promise<void> {
      const controller = new AbortController();
      const ended = screen(state, controller.signal);
      running.set(state.record.id, { controller, ended });
      try {
        await ended;
      } finally {
        running.delete(state.record.id);
      }
    },
    running: (): number => running.size,
    /** The video was deleted. */
    forget(id: string): void {
      running.get(id)?.controller.abort();
    },
    /** What is under way ends, and is done elsewhere. */
    async close(): Promise<void> {
      for (const { controller } of running.values()) controller.abort();
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };
}

export type Screener = ReturnType<typeof openScreener>;
