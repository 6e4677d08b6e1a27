/** What `delivery` accepts about pictures of a video and parts of it: stills, the storyboard for seeking, clips. */
import { Errors, type Context } from "moleculer";
import { fail } from "../../config/errors.ts";
import { resolveSpan, resolveTime, sizeStill } from "../../media/asked-time.ts";
import { STILL_FORMATS } from "../../media/ffmpeg/still-arguments.ts";
import type { Plan } from "../../media/plan.ts";
import { formatStoryboard, planStoryboard, STORYBOARD } from "../../media/storyboard.ts";
import type { ImageResult } from "../cache/cache.contract.ts";
import type { ClipParams, ClipResult, SheetParams, StillParams } from "../transcoder/transcoder.contract.ts";
import type { CutClipParams, ShownStillParams, StoryboardParams, StoryboardSheetParams } from "./delivery.contract.ts";
import { MAKE_MS } from "./make-timeout.ts";

/** As much of the service as they need. */
interface Owner {
  /** @throws video_not_found, also for what the caller may not watch; plan_pending; what keeps the video from having a plan */
  getPlan(ctx: Context<{ id: string }>): Promise<Plan>;
}

/** How long a request waits for a clip: less than proxies let one wait. */
const CLIP_MS = 25_000;
const MAX_CLIP_SEC = 300;

export const imageActions = {
  still: {
    params: { id: "string", t: "string", width: { type: "number", integer: true, min: 1, optional: true }, format: { type: "enum", values: [...STILL_FORMATS] } },
    async handler(this: Owner, ctx: Context<ShownStillParams>): Promise<ImageResult> {
      const { id, t, width, format } = ctx.params;
      const { facts } = await this.getPlan(ctx);
      const asked = { videoId: id, at: resolveTime(facts, t), ...sizeStill(facts, width), format };
      return await ctx.call<ImageResult, StillParams>("cache.still", asked, { timeout: MAKE_MS, retries: 0 });
    },
  },
  /** Complete as soon as there is a plan, like a playlist: its sheets are made when they are asked for, if not before. */
  storyboard: {
    params: { id: "string" },
    async handler(this: Owner, ctx: Context<StoryboardParams>): Promise<string> {
      return formatStoryboard((await this.getPlan(ctx)).facts, (sheet) => `${STORYBOARD}/${sheet}.jpg`);
    },
  },
  sheet: {
    params: { id: "string", sheet: { type: "number", integer: true, min: 0 } },
    async handler(this: Owner, ctx: Context<StoryboardSheetParams>): Promise<ImageResult> {
      const { id, sheet } = ctx.params;
      if (sheet >= planStoryboard((await this.getPlan(ctx)).facts).sheets) throw fail("segment_not_found", "The video has no such sheet.");
      return await ctx.call<ImageResult, SheetParams>("cache.sheet", { videoId: id, sheet }, { timeout: MAKE_MS, retries: 0 });
    },
  },
  /** Waits for the clip, for a while; it is made to its end also when nobody waits any more. */
  clip: {
    params: { id: "string", start: "string", end: "string" },
    async handler(this: Owner, ctx: Context<CutClipParams>): Promise<ClipResult> {
      const { id, start, end } = ctx.params;
      const span = resolveSpan((await this.getPlan(ctx)).facts, start, end, MAX_CLIP_SEC);
      try {
        return await ctx.call<ClipResult, ClipParams>("transcoder.clip", { videoId: id, ...span }, { timeout: CLIP_MS, retries: 0 });
      } catch (error) {
        if (!(error instanceof Errors.RequestTimeoutError || error instanceof Errors.RequestRejectedError)) throw error; // the node is slow, or gone
        throw fail("clip_pending", "The clip is still being made.", { retryAfterSec: 5 });
      }
    },
  },
} as const;
