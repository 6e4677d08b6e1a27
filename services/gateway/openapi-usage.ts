/** The part of the OpenAPI document that is about how videos are watched. */
import { count, json, list, ref, text, type Problems } from "./openapi-parts.ts";

const day = { ...text, format: "date", examples: ["2026-11-26"] };
const days = [["from", "the first day, in UTC; by default 29 days before the last"], ["to", "the last one; by default today"]].map(([name, description]) => ({ name, in: "query", schema: day, description }));
const ofTenant = [...days, { name: "tenant", in: "query", schema: text, description: "by default the key's own, else `default`" }, { name: "course", in: "query", schema: text, description: "only videos with this label `course`" }];
const number = { type: "number", minimum: 0 };
const id = { name: "id", in: "path", required: true, schema: { type: "string", pattern: "^[0-9a-z]{26}$" } };
const span = (items: number) => ({ type: "array", minItems: 2, maxItems: items, items: number });

const totals = { views: { ...count, description: "loads of a page that watched five seconds, or half of a shorter video" }, viewers: { ...count, description: "counted anew each day: who comes on two days is two" }, watchSec: { ...number, description: "of media" }, completions: { ...count, description: "views that watched nine tenths" } };

export const usageSchemas = {
  UsageTotals: { type: "object", required: Object.keys(totals), properties: totals },
  VideoUsage: {
    type: "object", required: ["id", "from", "to", "durationSec", "bucketSec", "totals", "days", "quality"],
    properties: {
      id: text, title: text, course: text, from: day, to: day, durationSec: number, bucketSec: { ...number, description: "length of the parts of `heat` and `retention`" },
      totals: ref("UsageTotals"), days: list({ allOf: [ref("UsageTotals"), { type: "object", properties: { day } }] }), pauses: count,
      heat: { ...list(number), description: "how often each part was played" }, retention: { ...list(number), description: "which share of those who watched played some of each part, 0 to 1" },
      seeks: list({ type: "object", properties: { fromSec: number, toSec: number, count } }), tooFew: { const: true, description: "on no day were there LECTERN_USAGE_FLOOR viewers: no parts are shown" },
      quality: { type: "object", properties: { startups: count, startupMs: { ...number, description: "on the mean" }, startupWithin: list({ type: "object", properties: { ms: count, count } }), stalls: count, stallSec: number, stallsPerHour: number, switchesUp: count, switchesDown: count } },
    },
  },
  UsageAnswer: {
    type: "object", required: ["tenant", "from", "to", "totals", "videos"],
    properties: { tenant: text, course: text, from: day, to: day, totals: ref("UsageTotals"), videos: list({ allOf: [ref("UsageTotals"), { type: "object", properties: { id: text, title: text, course: text, durationSec: number } }] }), more: { const: true, description: "there are others, whose counts are in `totals`" }, partial: { const: true, description: "not all videos were looked at" } },
  },
  UsageReport: {
    type: "object", additionalProperties: false, required: ["session", "seq"], description: "what happened since the report before",
    properties: {
      session: { type: "string", pattern: "^[\\w-]{16,32}$", description: "made by chance for each load of a page" },
      seq: { ...count, description: "of the session's reports, from 0: the same one twice counts once" },
      ranges: { type: "array", maxItems: 64, items: span(3), description: "[from, to, rate]: what was played, in media seconds" },
      seeks: { type: "array", maxItems: 64, items: span(2), description: "[from, to], in media seconds" },
      pauses: count, startupMs: { ...number, description: "from play to the first picture" }, stallsMs: { type: "array", maxItems: 32, items: number },
      switchesUp: count, switchesDown: count, ended: { type: "boolean" },
      previous: { type: "string", pattern: "^[0-9a-z]{26}$", description: "the video that the same browser watched before, within hours" },
    },
  },
};

export function usagePaths(problems: Problems) {
  return {
    "/play/{id}/usage": {
      parameters: [id],
      post: {
        operationId: "reportUsage", summary: "Tell how the video is watched: what a player sends every twenty seconds, and as a beacon when it is left",
        description: "At most 4 KiB, of any content type. With `Sec-GPC: 1` or `DNT: 1` it counts for the video, and for no viewer.",
        requestBody: { required: true, content: { ...json(ref("UsageReport")), "text/plain": { schema: ref("UsageReport") } } },
        responses: { "204": { description: "Taken" }, ...problems("bad_request", "body_too_large", "video_not_found", "video_deleted", "video_rejected", "video_failed", "blocked", "usage_off", "plan_pending") },
      },
    },
    "/v1/videos/{id}/usage": {
      parameters: [id],
      get: {
        operationId: "getVideoUsage", summary: "How a video was watched", parameters: days,
        responses: { "200": { description: "Totals, days, heat, retention, seeks, quality", content: json(ref("VideoUsage")) }, ...problems("bad_request", "video_not_found", "video_deleted", "storage_unavailable") },
      },
    },
    "/v1/usage": {
      get: {
        operationId: "listUsage", summary: "A tenant's videos, the most watched first", parameters: [...ofTenant, { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 500, default: 50 } }],
        responses: { "200": { description: "Totals, and the videos", content: json(ref("UsageAnswer")) }, ...problems("bad_request", "forbidden", "storage_unavailable") },
      },
    },
    "/usage/{id}": { parameters: [id], get: { operationId: "getUsagePage", summary: "The page that shows how a video is watched", responses: { "200": { description: "A page", content: { "text/html": { schema: text } } }, ...problems("video_not_found") } } },
    "/v1/usage/export": {
      get: {
        operationId: "exportUsage", summary: "All counts of a tenant's videos, a line of JSON a video and day", parameters: ofTenant,
        responses: { "200": { description: "NDJSON", content: { "application/x-ndjson": { schema: text } } }, ...problems("bad_request", "forbidden", "storage_unavailable") },
      },
    },
  };
}
