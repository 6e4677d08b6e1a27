/**
 * How a video moves from state to state. Each step writes one object, once, and may be taken again by anybody: whoever
 * dies in the middle of one leaves a mark, and a reconciler goes on from there.
 */
import type { Logger } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { awaitsScreening } from "../../mixins/screening-policy/awaits-screening.ts";
import { withoutRedis } from "../../mixins/redis.ts";
import { NOTHING_ERASED, sumErased, type EraseResult } from "../storage/storage.contract.ts";
import type { Catalog } from "./catalog.ts";
import { passIncomplete } from "./incomplete-erasure.ts";
import { uploadIdentity } from "./submission.ts";
import type { UploadClaims } from "./upload-claims.ts";
import type { VideoStore } from "./video-store.ts";
import { canReopen, videoStatus } from "./video-state.ts";
import type { OutcomeParams, PlannedParams, ReviewedParams, ScreenedParams, Verdict, VerdictParams, VideoEventType, VideoRecord, VideoState } from "./videos.contract.ts";

export interface LifePorts {
  store: VideoStore;
  claims: UploadClaims;
  catalog: Pick<Catalog, "add" | "remove">;
  /** Tells the workers and everyone who follows the video. May be lost. */
  announce(videoId: string, type: VideoEventType, data?: Record<string, unknown>): void;
  /** What is left of a deleted video outside the store. */
  eraseTraces(state: VideoState): Promise<void>;
  /** Writes down what the store erased of a video, and what it keeps. */
  noteErasure(videoId: string, erased: EraseResult): Promise<void>;
  /** Asks for a look at the source. May be lost. */
  askForLook(videoId: string): void;
  logger: Logger;
}

/** Files the video by who posts it, before it has a record. */
export type NotePoster = (videoId: string) => Promise<void>;
/** The video that stands for a submission, and whether this submission made it. */
export interface Claimed { state: VideoState; created: boolean; /** Other regions that have the record. */ copies?: string[] }

export function openVideoLife({ store, claims, catalog, announce, askForLook, eraseTraces, noteErasure, logger }: LifePorts) {
  async function getState(videoId: string): Promise<VideoState> {
    const state = await store.find(videoId);
    if (state === undefined) throw fail("video_not_found", "There is no such video.");
    return state;
  }

  /** The mark goes last: until then a reconciler comes back to the video. @returns what was erased of its upload */
  async function tidy(state: VideoState): Promise<EraseResult> {
    const { record, verdict, outcome, deleted } = state;
    const { source } = record;
    let erased = NOTHING_ERASED;
    const useless = deleted || verdict?.accepted === false;
    if (useless || outcome?.complete === false) await store.releaseClaim(record.claim, record.id);
    if (source.kind === "upload") {
      if (useless && !mayGoOn(verdict) && !(await claims.sharesUpload(record, source.uploadId))) erased = await store.removeUpload(source.uploadId);
      const sha256 = outcome?.complete === true && record.identity === uploadIdentity(source.uploadId) ? await store.findUploadHash(source.uploadId) : undefined;
      if (sha256 !== undefined) await claims.claimContent(source.uploadId, sha256);
    }
    if (!awaitsScreening(state)) await store.close(record.id);
    return erased;
  }

  /** What the store keeps does not keep the rest from being done. @throws erasure_incomplete */
  async function bury(state: VideoState): Promise<void> {
    const { record, deleted } = state;
    let [erased, failure]: [EraseResult, unknown] = [NOTHING_ERASED, undefined];
    for (const step of [() => store.remove(record), () => tidy({ record, deleted: true })]) {
      try {
        erased = sumErased(erased, await step());
      } catch (error) {
        if (findErrorCode(error) !== "erasure_incomplete") throw error;
        failure ??= error;
      }
    }
    await withoutRedis(() => catalog.remove(record), undefined, logger);
    await eraseTraces(state);
    if (failure === undefined) await noteErasure(record.id, erased);
    if (!deleted) announce(record.id, "deleted");
    if (failure === undefined && erased.locked > 0) failure = fail("erasure_incomplete", `The video is deleted; a lock of the object store keeps ${erased.locked} versions of it, which are erased when its time is over.`);
    if (failure !== undefined) throw failure;
  }

  /** Of who posted it first the mark may be missing: they had no answer, and now somebody gets one. */
  async function again(state: VideoState): Promise<Claimed> {
    if (["submitted", "ready"].includes(videoStatus(state))) await store.mark(state.record);
    return { state, created: false };
  }

  /** @throws idempotency_conflict, overloaded */
  async function claimSource(record: VideoRecord, note: NotePoster): Promise<Claimed> {
    const noted = note(record.id); // while the claim is made
    noted.catch(() => undefined); // told below, unless the video is another's
    for (let attempt = 0; attempt < 3; attempt++) {
      const owner = await store.claim(record.claim, record.id);
      const existing = owner === record.id ? undefined : await store.find(owner);
      if (existing === undefined) {
        // Nobody recorded the owner yet: who writes its record first makes it, whether that is its own poster or not.
        const owned = { ...record, id: owner };
        await (owner === record.id ? noted : note(owner));
        const [{ created, copies }] = await Promise.all([
          store.createRecord(owned),
          withoutRedis(() => catalog.add(owned), undefined, logger), // a list passes over what has no record
        ]);
        if (created) return { state: { record: owned, deleted: false }, created, ...(copies === undefined ? {} : { copies }) };
        const first = await store.find(owner);
        if (first?.record.claim === record.claim) return await again(first);
        await store.releaseClaim(record.claim, owner); // else this source would stand for the other one
        throw fail("idempotency_conflict", "This Idempotency-Key is being used with another request.");
      }
      if (["submitted", "ready", "complete"].includes(videoStatus(existing))) return await again(existing);
      await store.releaseClaim(record.claim, owner); // of a video that was rejected, failed or deleted
    }
    throw fail("overloaded", "The source is being posted by others at the same time.");
  }

  return {
    getState,

    /**
     * Makes the record durable, unless the source is already a video that is fine: then that one.
     * @param isNew its id is of this moment, so there is none of it to be looked for, here or in another region
     * @throws idempotency_conflict, overloaded
     */
    async claim(record: VideoRecord, isNew: boolean, note: NotePoster = async () => undefined): Promise<Claimed> {
      const repeated = isNew ? undefined : await store.find(record.id);
      if (repeated !== undefined) {
        if (repeated.record.request !== record.request) throw fail("idempotency_conflict", "This Idempotency-Key was used with another request.");
        return await again(repeated);
      }
      const unprepare = store.prepare(record.id);
      const claimed = await claimSource(record, note);
      if (isNew && claimed.state.record.id !== record.id) void unprepare(); // nobody else knows this id
      return claimed;
    },

    async settle({ id, verdict }: VerdictParams): Promise<void> {
      const state = await getState(id);
      if (state.deleted || !(await store.createVerdict(id, verdict))) return;
      if (verdict.accepted) {
        announce(id, "validated");
        return;
      }
      await tidy({ ...state, verdict }).catch(passIncomplete(logger, `The upload of the video ${id}, which was rejected,`));
      announce(id, "rejected", { reasons: verdict.reasons });
    },

    async planned({ id, plan }: PlannedParams): Promise<void> {
      if ((await getState(id)).deleted || !(await store.createPlan(id, plan))) return;
      announce(id, "planned", { renditions: plan.video.map((r) => r.name) });
    },

    async finish({ id, outcome }: OutcomeParams): Promise<void> {
      const state = await getState(id);
      if (state.deleted || !(await store.createOutcome(id, outcome))) return;
      await tidy({ ...state, outcome });
      if (outcome.complete) announce(id, "complete");
      else announce(id, "failed", { reasons: outcome.reasons });
    },

    /** What was found: said once, and never of a video that is deleted. */
    async screened({ id, screening }: ScreenedParams): Promise<void> {
      const state = await getState(id);
      if (state.deleted || !(await store.createScreening(id, screening))) return;
      if (state.outcome !== undefined) await tidy({ ...state, screening });
      announce(id, "screened", { verdict: screening.verdict });
    },

    /** @throws conflict when it was decided already */
    async reviewed({ id, review }: ReviewedParams): Promise<void> {
      const state = await getState(id);
      if (state.deleted) throw fail("video_deleted", "The video was deleted.");
      if (!(await store.createReview(id, review))) throw fail("conflict", "Somebody decided about the video before.");
      announce(id, "reviewed", { verdict: review.verdict });
    },

    /** Opens a video that failed, or whose source could not be had, once more. @throws video_not_found, video_deleted, conflict */
    async reopen(id: string): Promise<void> {
      const state = await getState(id);
      if (state.deleted) throw fail("video_deleted", "The video was deleted.");
      if (!canReopen(state)) throw fail("conflict", `The video is ${videoStatus(state)}: there is nothing to retry.`);
      await store.reopen(state.record);
      announce(id, "reopened");
      if (state.plan === undefined) askForLook(id);
    },

    async remove(id: string): Promise<void> {
      const state = await getState(id);
      await store.markLeaving(id);
      await bury(state);
    },

    /** Deletes what there is of a video that is to be deleted. Twice does no harm. */
    async bury(id: string): Promise<void> {
      const state = await store.find(id);
      if (state !== undefined) await bury(state);
    },

    /** Lets go of what an ended video no longer needs. Twice does no harm. */
    tidy: async (id: string): Promise<void> => void (await tidy(await getState(id))),
  };
}

export type VideoLife = ReturnType<typeof openVideoLife>;

/** An upload that came no further may still be finished, and posted again. */
function mayGoOn(verdict: Verdict | undefined): boolean {
  return verdict?.accepted === false && verdict.reasons.some((reason) => reason.class === "upload_incomplete");
}
