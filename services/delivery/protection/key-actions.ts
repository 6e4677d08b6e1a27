/** What `delivery` accepts about the keys of protected videos. */
import type { Context } from "moleculer";
import { fail } from "../../../config/errors.ts";
import { MAX_LICENSE_KEYS, type ContentKeyParams, type License, type LicenseParams } from "../delivery.contract.ts";
import type { KnownPlan } from "../known-plans.ts";
import { writeLicense } from "./license.ts";
import type { Protector } from "./protector.ts";

/** As much of the service as they need. */
interface Owner {
  protector: Protector;
  /** @throws video_not_found, also for what the caller may not watch; plan_pending; what keeps the video from having a plan */
  getPlayed(ctx: Context<{ id: string }>): Promise<Pick<KnownPlan, "protection">>;
}

export const keyActions = {
  /** For HLS: the key itself. */
  contentKey: {
    params: { id: "string" },
    async handler(this: Owner, ctx: Context<ContentKeyParams>): Promise<Uint8Array> {
      const { id } = ctx.params;
      if ((await this.getPlayed(ctx)).protection === "none") throw fail("no_content_key", "The video's media are not encrypted.");
      return (await this.protector.key(id)).key.export();
    },
  },
  /** For the browser's own ClearKey. @throws no_content_key also when none of the keys that are asked for is the video's */
  license: {
    params: { id: "string", keyIds: { type: "array", items: "string", max: MAX_LICENSE_KEYS } },
    async handler(this: Owner, ctx: Context<LicenseParams>): Promise<License> {
      const { id, keyIds } = ctx.params;
      if ((await this.getPlayed(ctx)).protection !== "cbcs") throw fail("no_content_key", "The video's media are not encrypted by cbcs.");
      return writeLicense(await this.protector.key(id), keyIds);
    },
  },
} as const;
