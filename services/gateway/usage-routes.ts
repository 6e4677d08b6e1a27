/** How videos are watched: what players tell of it, and what it comes to. */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fail } from "../../config/errors.ts";
import type { DayRange, ReportParams, UsageAnswer, UsageParams, VideoUsage, VideoUsageParams } from "../insights/insights.contract.ts";
import { sendEmpty, sendJson, type Exchange, type Route } from "./exchange.ts";
import { readJsonOfAnyType } from "./json-body.ts";
import { householdOf } from "./limits/client-address.ts";
import { parseQuery } from "./query.ts";
import { parseVideoId } from "./video-id.ts";

const MAX_REPORT_BYTES = 4_096;
const MAX_AGENT = 200;
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 400;
const MAX_LIMIT = 500;
/** Of many videos each has to be read. */
const READ = { timeout: 60_000, retries: 0 };

/** @param nodeId this node: what is exported is taken from beside, at the client's pace @param addressOf where a request comes from */
export function usageRoutes(nodeId: string, addressOf: (req: IncomingMessage) => string): Route[] {
  return [
    {
      // a beacon says that it is text, so that a browser asks nobody before it sends it
      method: "POST", path: "/play/:id/usage", operation: "reportUsage", permission: "videos.watch", area: "play", rate: "usage",
      async handle({ req, res, params, call }: Exchange) {
        const id = parseVideoId(params["id"]);
        const report = await readJsonOfAnyType(req, MAX_REPORT_BYTES);
        const origin = { household: householdOf(addressOf(req)), agent: (req.headers["user-agent"] ?? "").slice(0, MAX_AGENT) };
        await call("insights.report", { id, report, origin, ...(isQuiet(req) ? { quiet: true } : {}) } satisfies ReportParams);
        sendEmpty(res, 204, { "Cache-Control": "no-store" });
      },
    },
    {
      method: "GET", path: "/v1/videos/:id/usage", operation: "getVideoUsage", permission: "usage.read", area: "api",
      async handle({ req, res, params, call }) {
        const id = parseVideoId(params["id"]);
        sendJson(res, 200, await call<VideoUsage>("insights.video", { id, ...parseDays(parseQuery(req.url ?? "", ["from", "to"]), Date.now()) } satisfies VideoUsageParams, READ));
      },
    },
    {
      method: "GET", path: "/v1/usage", operation: "listUsage", permission: "usage.read", area: "api",
      async handle({ req, res, call }) {
        const { limit, ...query } = parseQuery(req.url ?? "", ["from", "to", "tenant", "course", "limit"]);
        if (limit !== undefined && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_LIMIT)) throw fail("bad_request", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
        sendJson(res, 200, await call<UsageAnswer>("insights.videos", { ...parseUsageQuery(query), ...(limit === undefined ? {} : { limit: Number(limit) }) } satisfies UsageParams, READ));
      },
    },
    {
      method: "GET", path: "/v1/usage/export", operation: "exportUsage", permission: "usage.read", area: "api", noHead: true,
      async handle({ req, res, call }) {
        const asked = parseUsageQuery(parseQuery(req.url ?? "", ["from", "to", "tenant", "course"]));
        const lines = await call<Readable>("insights.export", asked, { ...READ, nodeID: nodeId });
        res.writeHead(200, { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store", "Content-Disposition": "attachment; filename=\"usage.ndjson\"" });
        await pipeline(lines, res).catch(() => res.destroy()); // who reads it sees that it breaks off
      },
    },
  ];
}

/** Global Privacy Control, and the older wish that it took over from. */
const isQuiet = ({ headers }: IncomingMessage): boolean => headers["sec-gpc"] === "1" || headers["dnt"] === "1";

/** @throws bad_request */
function parseUsageQuery({ tenant, course, ...days }: Partial<Record<"from" | "to" | "tenant" | "course", string>>): UsageParams {
  if (tenant !== undefined && !/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant)) throw fail("bad_request", "tenant must be 1 to 63 lower-case letters, digits or -.");
  if (course !== undefined && course.length > 1_000) throw fail("bad_request", "course must be at most 1,000 characters.");
  return { ...parseDays(days, Date.now()), ...(tenant === undefined ? {} : { tenant }), ...(course === undefined ? {} : { course }) };
}

/** Thirty days until today where the query does not say. @throws bad_request */
export function parseDays({ from, to }: { from?: string; to?: string }, nowMs: number): DayRange {
  const last = to === undefined ? nowMs : parseDay("to", to);
  const first = from === undefined ? last - (DEFAULT_DAYS - 1) * DAY_MS : parseDay("from", from);
  if (first > last) throw fail("bad_request", "from must not be after to.");
  if (last - first > MAX_DAYS * DAY_MS) throw fail("bad_request", `from and to must be at most ${MAX_DAYS} days apart.`);
  return { from: dayOf(first), to: dayOf(last) };
}

function parseDay(name: string, text: string): number {
  const ms = /^2\d{3}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms) || dayOf(ms) !== text) throw fail("bad_request", `${name} must be a day in UTC, as in 2027-01-31.`);
  return ms;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
