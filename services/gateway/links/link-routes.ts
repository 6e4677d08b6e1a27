/** `/v1/videos/:id/links`: hands out links to a private video, and ends them. */
import { randomBytes } from "node:crypto";
import { tenantMark, USES, type Grant, type Use } from "../../../config/access/grants.ts";
import type { LinkKeys } from "../../../config/access/link-keys.ts";
import { LINK_ID, signLink } from "../../../config/access/link-token.ts";
import { may, type Caller } from "../../../config/access/permissions.ts";
import { fail } from "../../../config/errors.ts";
import type { RevokeLinksParams, ShareAnswer, ShareParams } from "../../videos/videos.contract.ts";
import { refuseOtherSites } from "../cross-site.ts";
import { sendEmpty, sendJson, type Route } from "../exchange.ts";
import { readJsonObject } from "../json-body.ts";
import { baseUrl, linkedPlayback } from "../playback-urls.ts";
import { parseVideoId } from "../video-id.ts";
import type { FindNetwork } from "./link-callers.ts";

export interface LinkRouteNeeds { publicUrl: string | undefined; keys: LinkKeys; maxSec: number; findNetwork: FindNetwork; now?: () => number }
interface Asked { expiresInSec: number; uses: readonly Use[]; bindAddress: boolean }

const FIELDS = ["expiresInSec", "uses", "bindAddress"];
const MIN_SEC = 10;
/** What is enough to watch a lecture; who may not end links hands out none for longer. */
const VIEWER_SEC = 4 * 3_600;

export function linkRoutes({ publicUrl, keys, maxSec, findNetwork, now = Date.now }: LinkRouteNeeds): Route[] {
  return [
    {
      method: "POST", path: "/v1/videos/:id/links", operation: "createLink", permission: "links.create", area: "api",
      async handle({ req, res, params, caller, call }) {
        refuseOtherSites(req);
        const videoId = parseVideoId(params["id"]);
        const { expiresInSec, uses, bindAddress } = parseAsked(await readJsonObject(req), longest(caller, maxSec));
        const linkId = randomBytes(9).toString("base64url");
        const { tenant, since } = await call<ShareAnswer>("videos.share", { id: videoId, linkId } satisfies ShareParams);
        const network = bindAddress ? findNetwork(req) : undefined;
        if (bindAddress && network === undefined) throw fail("bad_request", "The address of this request is not known, so a link cannot be bound to it.");
        const grant: Grant = { videoId, uses, linkId, since, tenant: tenantMark(tenant), until: Math.floor(now() / 1000 + expiresInSec) * 1000 };
        const token = signLink(keys, grant, network);
        sendJson(res, 201, { linkId: grant.linkId, expiresAt: new Date(grant.until).toISOString(), expiresInSec, uses, playback: linkedPlayback(baseUrl(req, publicUrl), videoId, token, uses) });
      },
    },
    {
      method: "DELETE", path: "/v1/videos/:id/links", operation: "revokeLinks", permission: "links.manage", area: "api",
      async handle({ res, params, call }) {
        await call("videos.revokeLinks", { id: parseVideoId(params["id"]) } satisfies RevokeLinksParams);
        sendEmpty(res, 204);
      },
    },
    {
      method: "DELETE", path: "/v1/videos/:id/links/:linkId", operation: "revokeLink", permission: "links.manage", area: "api",
      async handle({ res, params, call }) {
        const id = parseVideoId(params["id"]);
        const { linkId = "" } = params;
        if (!LINK_ID.test(linkId)) throw fail("link_not_found", "That is no link's id.");
        await call("videos.revokeLinks", { id, linkId } satisfies RevokeLinksParams);
        sendEmpty(res, 204);
      },
    },
  ];
}

/** In seconds. */
export function longest(caller: Caller, maxSec: number): number {
  return may(caller, "links.manage") ? maxSec : Math.min(maxSec, VIEWER_SEC);
}

/** @throws bad_request */
function parseAsked(body: Readonly<Record<string, unknown>>, maxSec: number): Asked {
  const unknown = Object.keys(body).filter((name) => !FIELDS.includes(name));
  if (unknown.length > 0) throw fail("bad_request", `There is no field ${unknown.join(", ").slice(0, 100)}; there are ${FIELDS.join(", ")}.`);
  const { expiresInSec = Math.min(maxSec, VIEWER_SEC), uses = ["play", "images"], bindAddress = false } = body;
  if (typeof expiresInSec !== "number" || !Number.isInteger(expiresInSec) || expiresInSec < MIN_SEC || expiresInSec > maxSec) throw fail("bad_request", `expiresInSec must be a whole number from ${MIN_SEC} to ${maxSec}.`);
  if (!Array.isArray(uses) || uses.length === 0 || !uses.every((use) => USES.some((one) => one === use))) throw fail("bad_request", `uses must list some of ${USES.join(", ")}.`);
  if (typeof bindAddress !== "boolean") throw fail("bad_request", "bindAddress must be true or false.");
  return { expiresInSec, uses: USES.filter((use) => uses.includes(use)), bindAddress };
}
