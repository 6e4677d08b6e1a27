/** The part of the OpenAPI document that is about groups of errors. */
import { ERROR_STATES, GROUP_ID, LIST_LIMIT, SEVERITIES, type ErrorStepName } from "../errors/errors.contract.ts";
import { count, json, list, ref, text, time, type Problems } from "./openapi-parts.ts";

const query = (name: string, schema: object, description?: string) => ({ name, in: "query", schema, ...(description === undefined ? {} : { description }) });
const errorId = { name: "errorId", in: "path", required: true, schema: { type: "string", pattern: GROUP_ID } };

const state = { enum: ERROR_STATES, description: "`resolved`: an operator says that it is over; `regressed`: it was, and was seen again" };
const slots = (description: string) => ({ ...list({ type: "object", required: ["at", "count"], properties: { at: time, count } }), description });
const summary = {
  id: text, state, severity: { enum: SEVERITIES }, code: { ...text, description: "an error of the table; or `unexpected`, `crashed`, `segment_refused`, `unscreened`, or one of the mesh's own" },
  service: text, action: { ...text, description: "where it began" }, message: { ...text, description: "of the last one, without secrets and persons" }, count, lastHour: count, lastDay: count, firstSeen: time, lastSeen: time,
};
const required = ["id", "state", "severity", "code", "service", "action", "message", "count", "lastHour", "lastDay", "firstSeen", "lastSeen"];

export const errorSchemas = {
  ErrorSummary: { type: "object", required, properties: summary },
  Error: {
    type: "object", required: [...required, "perMinute", "perHour", "nodes", "regions", "versions", "videos", "sample"],
    properties: {
      ...summary, perMinute: slots("the last 60 minutes"), perHour: slots("the last 24 hours"), nodes: list(text), regions: list(text), versions: list(text), videos: { ...list(text), description: "the latest 50" },
      sample: { type: "object", required: ["message", "stack", "node"], properties: { message: text, stack: list(text), node: text, requestId: text } }, changedAt: time,
    },
  },
  ErrorStep: { type: "object", required: ["id", "state"], properties: { id: text, state } },
};

const STEPS: Readonly<Record<ErrorStepName, string>> = {
  resolve: "Say that an error is over; seen again, it is news", mute: "Hear no more of an error", reopen: "Take back what was said of an error",
};

export function errorPaths(problems: Problems) {
  return {
    "/v1/errors": {
      get: {
        operationId: "listErrors", summary: "What fails in the region, in groups, the last seen first",
        parameters: [query("state", state), query("code", text), query("service", text), query("video", text, "an affected video"), query("limit", { type: "integer", minimum: 1, maximum: LIST_LIMIT.most, default: LIST_LIMIT.usual }), query("cursor", text, "`next` of the page before")],
        responses: { "200": { description: "A page", content: json({ type: "object", required: ["region", "errors"], properties: { region: text, errors: list(ref("ErrorSummary")), next: text } }) }, ...problems("bad_request", "video_not_found", "queue_unavailable") },
      },
    },
    "/v1/errors/{errorId}": {
      parameters: [errorId],
      get: { operationId: "getError", summary: "One group of errors: when, where, which videos, and one of them", responses: { "200": { description: "The group", content: json(ref("Error")) }, ...problems("error_not_found", "queue_unavailable") } },
    },
    ...Object.fromEntries(Object.entries(STEPS).map(([step, says]) => [`/v1/errors/{errorId}/${step}`, {
      parameters: [errorId],
      post: { operationId: `${step}Error`, summary: says, responses: { "200": { description: "Done", content: json(ref("ErrorStep")) }, ...problems("error_not_found", "cross_site", "queue_unavailable") } },
    }])),
  };
}
