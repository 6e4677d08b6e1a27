/** The videos that a person is to look at, and what becomes of them. Marks say which; the videos themselves say whether that is still so. */
import { reaches, type Caller } from "../../config/access/permissions.ts";
import { fail } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { tenantOf } from "../../config/tenants.ts";
import type { ScreeningPolicy } from "../../mixins/screening-policy/policy.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { Review, Screening, VideoState } from "../videos/videos.contract.ts";
import type { BlockLists } from "./block-lists.ts";
import type { DecideParams, ReviewsParams, ReviewsResult, ReviewSummary, ReviewView } from "./screening.contract.ts";
import { chooseEvidence, toBlocked } from "./screen-video.ts";

export interface ReviewPorts {
  storage: Pick<StorageCalls, "list" | "put" | "remove">;
  state(id: string): Promise<VideoState | null>;
  lists: Pick<BlockLists, "add" | "remove">;
  policy(): ScreeningPolicy;
  /** @throws conflict when somebody was first */
  keep(id: string, review: Review): Promise<void>;
  now(): Date;
}

type ScreenedState = VideoState & { screening: Screening };
const DEFAULT_LIMIT = 20;
/** Marks that are looked at for one page: of those that mean nothing any more there may be many. */
const MAX_LOOKS = 200;

export function openReviews({ storage, state, lists, policy, keep, now }: ReviewPorts) {
  /** @throws video_not_found, conflict */
  async function getScreened(id: string, caller: Caller | undefined): Promise<ScreenedState> {
    const video = await state(id);
    if (video === null || video.deleted || !reaches(caller ?? { subject: "node", roles: [] }, tenantOf(video.record))) throw fail("video_not_found", "There is no such video.");
    if (video.screening === undefined) throw fail("conflict", "The video has not been screened.");
    return { ...video, screening: video.screening };
  }

  return {
    /** Says that somebody is to look at it. */
    async mark({ record }: VideoState): Promise<void> {
      await storage.put(objectKeys.reviewMark(tenantOf(record), record.id), Buffer.from("{}"), false);
    },

    async list({ limit = DEFAULT_LIMIT, cursor }: ReviewsParams, caller: Caller | undefined): Promise<ReviewsResult> {
      const prefix = caller?.tenant === undefined ? objectKeys.allReviewMarks : objectKeys.reviewMarks(caller.tenant);
      const reviews: ReviewSummary[] = [];
      let [after, looks] = [cursor?.startsWith(prefix) === true ? cursor : undefined, 0];
      for (;;) {
        const page: Awaited<ReturnType<StorageCalls["list"]>> = await storage.list(prefix, after, false);
        for (const { key } of page.objects) {
          after = key;
          const video = await state(key.split("/").at(-1) ?? "");
          if (video === null || video.deleted || video.review !== undefined) await storage.remove(key);
          else if (video.screening !== undefined) reviews.push(summarize({ ...video, screening: video.screening }));
          if (++looks >= MAX_LOOKS || reviews.length === limit) return { reviews, next: after };
        }
        if (page.next === undefined) return { reviews };
        after = page.next;
      }
    },

    async view(id: string, caller: Caller | undefined): Promise<ReviewView> {
      const video = await getScreened(id, caller);
      const { screening, review, plan } = video;
      const evidence = evidenceOf(video).map((at, n) => ({ n, at: Math.round((1000 * at) / (plan?.facts.video.timescale ?? 1)) / 1000, codes: [...new Set(screening.findings.filter(({ frames }) => frames?.includes(at) === true).map(({ code }) => code))] }));
      return {
        ...summarize(video), findings: screening.findings, cost: screening.cost, evidence,
        ...(screening.scores === undefined ? {} : { scores: screening.scores }), ...(screening.classifier === undefined ? {} : { classifier: screening.classifier }),
        ...(review === undefined ? {} : { decision: review }),
      };
    },

    /** Of the frame that `view` names as n: its time in ticks. @throws not_found */
    async findFrame(id: string, n: number, caller: Caller | undefined): Promise<{ video: ScreenedState; at: number }> {
      const video = await getScreened(id, caller);
      const at = evidenceOf(video)[n];
      if (at === undefined) throw fail("not_found", "The review has no such frame.");
      return { video, at };
    },

    /**
     * What is blocked is on the tenant's list before it is blocked: whoever dies in between has said less than they wanted,
     * and nobody else anything.
     * @throws conflict when it was decided before, forbidden when the policy names other roles
     */
    async decide({ id, verdict, note }: DecideParams, caller: Caller | undefined): Promise<void> {
      const { record, screening, review: decided } = await getScreened(id, caller);
      const tenant = tenantOf(record);
      const { reviewers } = policy().of(tenant);
      if (caller !== undefined && !caller.roles.some((role) => reviewers.includes(role))) throw fail("forbidden", `Of this tenant's videos ${reviewers.join(" or ")} decides.`);
      if (decided !== undefined) throw fail("conflict", "Somebody decided about the video before.");
      const at = now().toISOString();
      if (verdict === "block") await lists.add(tenant, toBlocked(id, screening, at));
      try {
        await keep(id, { verdict, at, by: caller?.subject ?? "node", ...(note === undefined ? {} : { note }) });
      } catch (error) {
        if (verdict === "block" && (await state(id))?.review?.verdict === "pass") await lists.remove(tenant, id);
        throw error;
      }
      await storage.remove(objectKeys.reviewMark(tenant, id));
    },
  };
}

export type Reviews = ReturnType<typeof openReviews>;

function summarize(video: ScreenedState): ReviewSummary {
  const { record, screening } = video;
  return {
    id: record.id, ...(record.title === undefined ? {} : { title: record.title }), tenant: tenantOf(record), createdAt: record.createdAt, screenedAt: screening.at,
    mode: record.screening ?? "publish-first", verdict: screening.verdict, frames: evidenceOf(video).length,
    reasons: screening.findings.filter(({ verdict }) => verdict !== "pass").map(({ code, message }) => ({ code, message })),
  };
}

function evidenceOf({ screening, plan }: ScreenedState): number[] {
  return plan === undefined ? [] : chooseEvidence(screening, plan.facts.video, plan.facts.originTicks);
}
