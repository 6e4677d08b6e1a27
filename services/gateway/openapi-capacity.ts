/** The part of the OpenAPI document that is about what a mesh will need. */
import { FACTOR } from "../capacity/capacity.contract.ts";
import { count, json, list, ref, text, type Problems } from "./openapi-parts.ts";

const number = { type: "number", minimum: 0 };
const time = { ...count, description: "ms since 1970" };
const open = (properties: object) => ({ type: "object", required: Object.keys(properties), properties });
const missing = { ...list(text), description: "regions of which nobody answers" };
const basis = { enum: ["weeks", "days", "recent", "none"], description: "what the forecast rests on; `recent`: the last hour alone" };
const slots = (description: string) => ({ ...number, description });
const size = (description: string) => ({ ...open({ slots: number, transcoders: count }), description });

export const capacitySchemas = {
  Outlook: open({
    region: text, at: time, desired: { ...count, description: "transcoders that the region should have now" }, why: { ...text, description: "in a sentence" }, basis, historyHours: number,
    now: open({ play: slots("FFmpeg slots that viewers' encodes use or wait for"), background: number, queued: slots("slot-seconds of work that wait in the queue"), transcoders: count, slots: number }),
    forecast: { ...list(open({ at: time, p50: number, p90: number, transcoders: count })), description: "the next day by quarters of an hour; slots of viewers' encodes, the most of each quarter" },
    past: { ...list(open({ at: time, play: number, background: number, transcoders: number })), description: "the day before, means of quarters of an hour" },
  }),
  RegionPlan: open({
    region: text, basis, slotsPerTranscoder: number, busiest: size("the p99 of four weeks, or of the forecast where that is more"),
    grown: size("with so many times the users and as much more to watch"), sameVideos: size("with so many times the users of the same videos: a segment is made once"),
  }),
};

export function capacityPaths(problems: Problems) {
  return {
    "/capacity": { get: { operationId: "getCapacityPage", summary: "The page on which capacity is seen and planned", responses: { "200": { description: "A page", content: { "text/html": { schema: text } } } } } },
    "/v1/capacity": {
      get: {
        operationId: "getCapacity", summary: "What each region does now, what is expected of it, how many transcoders that needs, and why",
        responses: { "200": { description: "The regions", content: json(open({ regions: list(ref("Outlook")), missing })) }, ...problems("not_ready") },
      },
    },
    "/v1/capacity/plan": {
      get: {
        operationId: "planCapacity", summary: "What each region would need at its busiest with many times today's users",
        parameters: [{ name: "factor", in: "query", schema: { type: "string", pattern: "^\\d{1,5}(\\.\\d{1,3})?x?$", default: "1" }, description: `from ${FACTOR.min} to ${FACTOR.max}: 10, or 10x` }],
        responses: { "200": { description: "The regions", content: json(open({ factor: number, regions: list(ref("RegionPlan")), missing })) }, ...problems("bad_request", "not_ready") },
      },
    },
  };
}
