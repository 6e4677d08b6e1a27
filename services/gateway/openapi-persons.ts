/** The part of the OpenAPI document that is about one person's data. */
import { PERSON_FORMAT, PERSON_PARTS, PERSON_VERSION, VIDEOS_CHOICES } from "../persons/persons.contract.ts";
import { count, json, ref, text, time, type Problems } from "./openapi-parts.ts";

const person = { name: "person", in: "path", required: true, schema: text, description: "`login:<subject>`, `key:<id>`, or the pseudonym that the audit log has" };
const orderId = { name: "orderId", in: "path", required: true, schema: { type: "string", pattern: "^[0-9a-z]{26}$" } };
const part = { type: "object", required: ["about", "from", "items"], properties: { about: text, from: text, items: { type: "array", items: { type: "object" } } } };
const counts = { keys: count, videos: count, uploads: count, links: count };
const document = { "200": { description: "All of it, in one document", content: json(ref("PersonDocument")) } };

export const personSchemas = {
  PersonDocument: {
    type: "object", required: ["format", "version", "person", "madeAt", "parts"],
    properties: {
      format: { const: PERSON_FORMAT }, version: { const: PERSON_VERSION }, person: { ...text, description: "the pseudonym, or `key:<id>`" }, tenant: { ...text, description: "the only one that it is about; absent: all" }, madeAt: time,
      parts: { type: "object", required: PERSON_PARTS, properties: Object.fromEntries(PERSON_PARTS.map((name) => [name, part])) },
    },
  },
  Erasure: {
    type: "object", required: ["id", "videos", "orderedAt", "status"],
    properties: {
      id: text, videos: { enum: VIDEOS_CHOICES }, orderedAt: time, status: { enum: ["running", "done"] }, endedAt: time,
      found: { type: "object", properties: counts }, left: { type: "object", description: "of what was found", properties: { videos: count, uploads: count } },
      erased: { type: "object", properties: { ...counts, sharedVideos: { ...count, description: "no longer theirs, but others', too, and kept for them" } } },
    },
  },
};

export function personPaths(problems: Problems) {
  return {
    "/v1/persons/me": {
      get: { operationId: "exportOwnPerson", summary: "All that is kept of whoever asks", responses: { ...document, ...problems("person_not_found", "storage_unavailable") } },
    },
    "/v1/persons/{person}": {
      parameters: [person],
      get: {
        operationId: "exportPerson", summary: "All that is kept of one person", description: "A tenant's key gets what is its tenant's. An answer that breaks off is no JSON.",
        responses: { ...document, ...problems("bad_request", "person_not_found", "storage_unavailable") },
      },
      delete: {
        operationId: "erasePerson", summary: "Erase all that is kept of one person but the audit log", description: "A tenant's key erases what is its tenant's. Given again it is the same order while that runs, and finds nothing afterwards.",
        parameters: [{ name: "videos", in: "query", schema: { enum: VIDEOS_CHOICES, default: "erase" }, description: "`keep`: the videos stay as they are, and that they were this person's goes" }],
        responses: { "202": { description: "Ordered, and durable: it is carried out whoever dies", content: json(ref("Erasure")), headers: { Location: { schema: text } } }, ...problems("bad_request", "person_not_found", "storage_unavailable") },
      },
    },
    "/v1/erasures/{orderId}": {
      parameters: [orderId],
      get: { operationId: "getErasure", summary: "How far an order to erase a person is", responses: { "200": { description: "What was found, and what came of it", content: json(ref("Erasure")) }, ...problems("erasure_not_found", "storage_unavailable") } },
    },
  };
}
