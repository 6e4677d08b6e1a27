/** The part of the OpenAPI document that is about what a mesh will need. */
import { FACTOR } from "../capacity/capacity.contract.ts";
import { count, json, list, ref, text, type Problems } from "./openapi-parts.ts";

const number = { type: "number", minimum: 0 };
const maybe = (description: string) => ({ type: ["number", "null"], minimum: 0, description });
const time = { ...count, description: "ms since 1970" };
const open = (properties: object) => ({ type: "object", required: Object.keys(properties), properties });
const missing = { ...list(text), description: "regions of which nobody answers" };
const basis = { enum: ["weeks", "days", "recent", "none"], description: "what the forecast rests on; `recent`: the last hour alone" };
const slots = (description: string) => ({ ...number, description });
const COSTS = ["transcoders", "gateways", "egress", "stored", "fetched"] as const;
const size = (description: string) => ({ ...open({ slots: number, transcoders: count }), description });

const times = (name: string, what: string) => ({ name, in: "query", schema: { type: "string", pattern: "^\\d{1,5}(\\.\\d{1,3})?x?$", default: "1" }, description: `times today's ${what}, from ${FACTOR.min} to ${FACTOR.max}: 10, or 10x` });

export const capacitySchemas = {
  Outlook: open({
    region: text, at: time, desired: { ...count, description: "transcoders that the region should have now" }, why: { ...text, description: "in a sentence" }, basis, historyHours: number,
    now: open({ play: slots("FFmpeg slots that viewers' encodes use or wait for"), background: number, queued: slots("slot-seconds of work that wait in the queue"), transcoders: count, slots: number, sentMbps: maybe("Mbit/s that gateways send; null: not counted") }),
    forecast: { ...list(open({ at: time, p50: number, p90: number, transcoders: count })), description: "the next day by quarters of an hour; slots of viewers' encodes, the most of each quarter" },
    past: { ...list(open({ at: time, play: number, background: number, transcoders: number, sentMbps: maybe("Mbit/s that gateways sent") })), description: "the day before, means of quarters of an hour" },
  }),
  RegionPlan: open({
    region: text, basis, slotsPerTranscoder: number, busiest: size("the p99 of four weeks, or of the forecast where that is more"),
    grown: size("with so many times the users and as much more to watch"), sameVideos: size("with so many times the users of the same videos: a segment is made once"),
    needs: ref("RegionNeeds"),
  }),
  RegionNeeds: open({
    measuredHours: { ...number, description: "of the last four weeks, in which bytes were counted" },
    stored: { type: ["object", "null"], description: "what the store held when it was counted last, about once a day; null: it was not yet", required: ["at", "bytes", "objects"], properties: { at: time, bytes: count, objects: count } },
    currency: { type: ["string", "null"], description: "as in EUR" }, today: ref("Needs"), planned: { ...ref("Needs"), description: "with `factor` times the users and `videos` times the new videos" },
    assumptions: { ...list(text), description: "what it rests on, in sentences: what grows with viewers, and what with videos" },
  }),
  Needs: open({
    transcoders: { ...count, description: "at the busiest" }, transcoderHours: maybe("of a month, where there are always as many as are needed; null here and below: not known"),
    gateways: maybe("nodes with a gateway, at the busiest"), peakMbps: maybe("Mbit/s sent in the busiest five minutes"), egressBytes: maybe("sent in a month"), fetchedBytes: maybe("received from origins in a month"),
    storedGrowthBytes: maybe("that a month adds to the store"), storedYearBytes: maybe("that the store will hold in a year"),
    costs: { type: ["object", "null"], description: "of a month by LECTERN_PRICES; null: none are set. A part that is null has no price, or is not known, and is not in the total", required: [...COSTS, "total"], properties: { ...Object.fromEntries(COSTS.map((name) => [name, { type: ["number", "null"] }])), total: number } },
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
        operationId: "planCapacity", summary: "What each region would need with many times today's users and new videos: transcoders, gateways, egress, stored bytes, and money by the operator's prices",
        parameters: [times("factor", "users"), times("videos", "new videos")],
        responses: { "200": { description: "The regions", content: json(open({ factor: number, videos: number, regions: list(ref("RegionPlan")), missing })) }, ...problems("bad_request", "not_ready") },
      },
    },
  };
}
