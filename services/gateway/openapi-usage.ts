/** The part of the OpenAPI document that is about how videos are watched. */
import type { ErrorCode } from "../../config/errors.ts";

type Problems = (...codes: ErrorCode[]) => Record<string, object>;

const count = { type: "integer", minimum: 0 };
const number = { type: "number", minimum: 0 };
const json = (schema: object) => ({ "application/json": { schema }, "text/plain": { schema } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const id = { name: "id", in: "path", required: true, schema: { type: "string", pattern: "^[0-9a-z]{26}$" } };
const span = (items: number) => ({ type: "array", minItems: 2, maxItems: items, items: number });

export const usageSchemas = {
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
        requestBody: { required: true, content: json(ref("UsageReport")) },
        responses: { "204": { description: "Taken" }, ...problems("bad_request", "body_too_large", "video_not_found", "video_deleted", "video_rejected", "video_failed", "blocked", "plan_pending") },
      },
    },
  };
}
