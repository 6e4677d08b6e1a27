/** `/v1/videos`: ask for a video, look at it, list, follow and delete. */
import { reaches } from "../../config/access/permissions.ts";
import type { Visibility } from "../../config/access/watching.ts";
import { fail, findErrorCode } from "../../config/errors.ts";
import { tenantOf } from "../../config/tenants.ts";
import type { CheckResult } from "../source/source.contract.ts";
import type { ListVideosResult, SubmitParams, VideoView } from "../videos/videos.contract.ts";
import type { EventStreams } from "./events-stream.ts";
import { sendEmpty, sendJson, type Exchange, type Route } from "./exchange.ts";
import { readJsonObject } from "./json-body.ts";
import { tokenOf } from "./links/link-path.ts";
import { baseUrl, withPlayback } from "./playback-urls.ts";
import type { RegionGuide } from "./regions/region-guide.ts";
import { parseSubmitRequest } from "./submit-request.ts";
import { parseVideoId } from "./video-id.ts";

/** `source.check` resolves names, which has its own deadline of 5 s. */
const CHECK_TIMEOUT_MS = 8_000;
const ADMIT_TIMEOUT_MS = 1_000;
const MAX_LIMIT = 100;

export function videosRoutes(publicUrl: string | undefined, visibility: Visibility, streams: EventStreams, guide: RegionGuide): Route[] {
  return [
    {
      method: "POST", path: "/v1/videos", operation: "submitVideo", permission: "videos.submit", area: "api",
      async handle({ req, res, caller, call }) {
        const { region, ...body } = await readJsonObject(req);
        const request = parseSubmitRequest({ visibility, ...(caller.tenant === undefined ? {} : { tenant: caller.tenant }), ...body }, header(req.headers["idempotency-key"]));
        if (!reaches(caller, tenantOf(request))) throw fail("forbidden", "The key is for another tenant's videos.");
        const nodeID = await guide.nodeFor(req, parseRegion(region));
        const [source] = await Promise.all([checkSource(request, call), admit(tenantOf(request), call)]);
        const video = await call<VideoView>("videos.submit", { ...request, source }, nodeID === undefined ? {} : { nodeID });
        const base = baseUrl(req, publicUrl);
        sendJson(res, 202, withPlayback(video, base), { Location: `${base}/v1/videos/${video.id}` });
      },
    },
    {
      method: "GET", path: "/v1/videos", operation: "listVideos", permission: "videos.list", area: "api",
      async handle({ req, res, call }) {
        const { videos, next } = await call<ListVideosResult>("videos.list", parseListQuery(req.url ?? ""));
        const base = baseUrl(req, publicUrl);
        sendJson(res, 200, { videos: videos.map((video) => withPlayback(video, base)), ...(next === undefined ? {} : { next }) });
      },
    },
    {
      method: "GET", path: "/v1/videos/:id", operation: "getVideo", permission: "videos.watch", area: "api", use: "any",
      async handle({ req, res, params, call }) {
        const video = await call<VideoView>("videos.get", { id: parseVideoId(params["id"]) });
        sendJson(res, 200, withPlayback(video, baseUrl(req, publicUrl), tokenOf(req)));
      },
    },
    {
      method: "DELETE", path: "/v1/videos/:id", operation: "deleteVideo", permission: "videos.delete", area: "api",
      async handle({ res, params, call }) {
        await call("videos.remove", { id: parseVideoId(params["id"]) });
        sendEmpty(res, 204);
      },
    },
    {
      method: "GET", path: "/v1/videos/:id/events", operation: "followVideo", permission: "videos.watch", area: "api", use: "any", noHead: true,
      async handle({ req, res, params, call }) {
        const base = baseUrl(req, publicUrl);
        const id = parseVideoId(params["id"]);
        await streams.open(res, id, parseEventId(req.headers["last-event-id"]), {
          present: (video) => withPlayback(video, base, tokenOf(req)),
          // Streams share what they are told of a video, so of a private one each asks for itself whether it may be.
          admit: async (video) => { if (video.visibility === "private") await call("videos.get", { id }); },
        });
      },
    },
  ];
}

/** Without a scheduler nobody is turned away: the post is durable, and one will come. @throws too_many_requests */
async function admit(tenant: string, call: Exchange["call"]): Promise<void> {
  try {
    await call("scheduler.admit", { tenant }, { timeout: ADMIT_TIMEOUT_MS });
  } catch (error) {
    if (findErrorCode(error) === "too_many_requests") throw error;
  }
}

/** The source by the one name it has, however it was spelled. @throws bad_url, source_refused, upload_not_found */
async function checkSource(request: SubmitParams, call: Exchange["call"]): Promise<SubmitParams["source"]> {
  const { source } = request;
  if (source.kind === "url") return { kind: "url", ...(await call<CheckResult>("source.check", { url: source.url, tenant: tenantOf(request) }, { timeout: CHECK_TIMEOUT_MS })) };
  await call("source.upload", { uploadId: source.uploadId });
  return source;
}

/** @throws bad_request */
function parseRegion(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw fail("bad_request", "region must be a string.");
  return value;
}

/** @throws bad_request */
function parseListQuery(url: string): { limit?: number; cursor?: string } {
  const query = new URL(url, "http://query").searchParams;
  const unknown = [...query.keys()].find((name) => name !== "limit" && name !== "cursor");
  if (unknown !== undefined) throw fail("bad_request", `Unknown parameter ${JSON.stringify(unknown.slice(0, 40))}; there are limit and cursor.`);
  const [limit, cursor] = [query.get("limit"), query.get("cursor")];
  if (limit !== null && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_LIMIT)) {
    throw fail("bad_request", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return { ...(limit === null ? {} : { limit: Number(limit) }), ...(cursor === null ? {} : { cursor }) };
}

/** An id that no event has had starts the stream from the beginning, as an absent one does. */
function parseEventId(value: string | string[] | undefined): string | undefined {
  const id = header(value);
  return id !== undefined && /^\d{1,15}-\d{1,10}$/.test(id) ? id : undefined;
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
