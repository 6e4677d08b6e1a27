/** What `videos` accepts about links to private videos. They are signed by gateways, and only their ends are kept. */
import type { Context, ServiceBroker } from "moleculer";
import type { Revocations } from "../../config/access/grants.ts";
import { LINK_ID } from "../../config/access/link-token.ts";
import { fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { announceToAll } from "../../mixins/announce.ts";
import type { WatchGuard } from "../../mixins/watch-guard.ts";
import type { LinkRevocations } from "./link-revocations.ts";
import { accessOf } from "./video-state.ts";
import type { LinkRevoked, RevokeLinksParams, ShareAnswer, ShareParams, VideoIdParams, VideoState } from "./videos.contract.ts";

/** As much of the service as they need. */
interface Owner {
  broker: ServiceBroker;
  links: LinkRevocations;
  guard: WatchGuard;
  /** @throws video_not_found, also for what the caller may not watch */
  findWatched(ctx: Context<VideoIdParams>): Promise<VideoState>;
}

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;

export const linkActions = {
  /** What a link is made of. @throws video_not_found, video_deleted; conflict for a public video */
  share: {
    params: { id, linkId: { type: "string", pattern: LINK_ID, optional: true } },
    async handler(this: Owner, ctx: Context<ShareParams>): Promise<ShareAnswer> {
      const state = await this.findWatched(ctx);
      if (state.deleted) throw fail("video_deleted", "The video was deleted.");
      const { tenant, visibility } = accessOf(state);
      if (visibility === "public") throw fail("conflict", "The video is public: it needs no links.");
      return { tenant, since: (await this.links.read(ctx.params.id)).all };
    },
  },
  /** Ends one link, or all that were made so far. @throws video_not_found */
  revokeLinks: {
    params: { id, linkId: { type: "string", pattern: LINK_ID, optional: true } },
    async handler(this: Owner, ctx: Context<RevokeLinksParams>): Promise<void> {
      const { id: videoId, linkId } = ctx.params;
      await this.findWatched(ctx);
      const by = callerOf(ctx)?.subject ?? "node";
      const revoked = linkId === undefined ? await this.links.revokeAll(videoId, by) : await this.links.revokeOne(videoId, linkId, by);
      this.guard.note(videoId, revoked);
      announceToAll(this.broker, "link.revoked", { videoId, ...revoked } satisfies LinkRevoked);
    },
  },
  /** Which links have ended, as the store says. */
  revocations: {
    params: { id },
    async handler(this: Owner, ctx: Context<VideoIdParams>): Promise<Revocations> {
      return await this.links.read(ctx.params.id);
    },
  },
} as const;
