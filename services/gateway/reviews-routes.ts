/** `/v1/reviews`: videos that were screened and wait for a person, with what was found, and that person's word. */
import { fail } from "../../config/errors.ts";
import type { DecideParams, ReviewsResult, ReviewView } from "../screening/screening.contract.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import { refuseOtherSites } from "./cross-site.ts";
import { sendBytes, sendEmpty, sendJson, type Route } from "./exchange.ts";
import { readJsonObject } from "./json-body.ts";
import { parseQuery } from "./query.ts";
import { parseVideoId } from "./video-id.ts";

/** A frame may have to be made first. */
const FRAME = { timeout: 45_000, retries: 0 };
const MAX_LIMIT = 100;
const MAX_NOTE = 2_000;

export function reviewsRoutes(): Route[] {
  return [
    {
      method: "GET", path: "/v1/reviews", operation: "listReviews", permission: "reviews.watch", area: "api",
      async handle({ req, res, call }) {
        sendJson(res, 200, await call<ReviewsResult>("screening.reviews", parsePage(req.url ?? "")));
      },
    },
    {
      method: "GET", path: "/v1/reviews/:id", operation: "getReview", permission: "reviews.watch", area: "api",
      async handle({ res, params, call }) {
        sendJson(res, 200, await call<ReviewView>("screening.review", { id: parseVideoId(params["id"]) }));
      },
    },
    {
      method: "GET", path: "/v1/reviews/:id/frames/:n.jpg", operation: "getReviewFrame", permission: "reviews.watch", area: "api",
      async handle({ res, params, call }) {
        const bytes = await readReply(await call<unknown>("screening.frame", { id: parseVideoId(params["id"]), n: parseFrame(params["n"]) }, FRAME));
        sendBytes(res, 200, { "Content-Type": "image/jpeg", "Cache-Control": "private, no-store" }, bytes);
      },
    },
    {
      method: "POST", path: "/v1/reviews/:id/decision", operation: "decideReview", permission: "videos.review", area: "api",
      async handle({ req, res, params, call }) {
        refuseOtherSites(req);
        await call("screening.decide", { id: parseVideoId(params["id"]), ...parseDecision(await readJsonObject(req)) });
        sendEmpty(res, 204);
      },
    },
  ];
}

/** @throws bad_request */
function parsePage(url: string): { limit?: number; cursor?: string } {
  const { limit, cursor } = parseQuery(url, ["limit", "cursor"]);
  if (limit !== undefined && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_LIMIT)) throw fail("bad_request", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  if (cursor !== undefined && !/^reviews\/[a-z0-9-]{1,63}\/[0-9a-z]{1,40}$/.test(cursor)) throw fail("bad_request", "cursor is not one that a list gave.");
  return { ...(limit === undefined ? {} : { limit: Number(limit) }), ...(cursor === undefined ? {} : { cursor }) };
}

/** @throws not_found */
function parseFrame(value: string | undefined): number {
  if (value === undefined || !/^(0|[1-9]\d?)$/.test(value)) throw fail("not_found", "The review has no such frame.");
  return Number(value);
}

/** @throws bad_request */
function parseDecision(body: Record<string, unknown>): Omit<DecideParams, "id"> {
  const unknown = Object.keys(body).filter((name) => name !== "verdict" && name !== "note");
  if (unknown.length > 0) throw fail("bad_request", `There is no field ${unknown.join(", ").slice(0, 100)}; there are verdict, note.`);
  const { verdict, note } = body;
  if (verdict !== "pass" && verdict !== "block") throw fail("bad_request", "verdict must be pass or block.");
  if (note !== undefined && (typeof note !== "string" || note.length > MAX_NOTE)) throw fail("bad_request", `note must be a string of at most ${MAX_NOTE} characters.`);
  return { verdict, ...(note === undefined ? {} : { note }) };
}
