/** The part of the OpenAPI document that is about timetables. */
import { MAX_ENTRIES, WEEKDAYS } from "../forecast/forecast.contract.ts";
import { json, ref, text, type Problems } from "./openapi-parts.ts";

const tenant = { name: "tenant", in: "query", schema: { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$" }, description: "absent: the key's own, else `default`" };
const fields = {
  video: { type: "string", pattern: "^[0-9a-z]{26}$" }, course: { type: "string", minLength: 1, maxLength: 64, description: "the label `course`: whatever lecture of it is the last by then" },
  weekly: { type: "object", required: ["day", "time"], properties: { day: { enum: WEEKDAYS }, time: { type: "string", pattern: "^([01]\\d|2[0-3]):[0-5]\\d$" } } },
  at: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}$", description: "local time" }, timeZone: { ...text, description: "as IANA names it" }, expectedViewers: { type: "integer", minimum: 1, maximum: 1_000_000 },
};

export const timetableSchemas = {
  TimetableEntry: { type: "object", additionalProperties: false, required: ["timeZone"], description: "`video` or `course`; `weekly` or `at`", properties: fields },
  Timetable: { type: "object", required: ["tenant", "entries"], properties: { tenant: text, entries: { type: "array", items: { type: "object", properties: { ...fields, next: { type: "string", format: "date-time", description: "when it begins the next time; absent: never again" } } } } } },
};

export function timetablePaths(problems: Problems) {
  return {
    "/v1/timetable": {
      get: {
        operationId: "getTimetable", parameters: [tenant], summary: "When lectures of a tenant begin, as was posted",
        responses: { "200": { description: "The timetable of this region", content: json(ref("Timetable")) }, ...problems("bad_request", "storage_unavailable") },
      },
      put: {
        operationId: "putTimetable", parameters: [tenant], summary: "Say when lectures begin: their beginnings are made, and in memory, before", description: "Takes the place of the one that there was; it is this region's.",
        requestBody: { required: true, content: json({ type: "object", additionalProperties: false, required: ["entries"], properties: { entries: { type: "array", maxItems: MAX_ENTRIES, items: ref("TimetableEntry") } } }) },
        responses: { "200": { description: "As it is now", content: json(ref("Timetable")) }, ...problems("bad_request", "body_too_large", "storage_unavailable") },
      },
    },
  };
}
