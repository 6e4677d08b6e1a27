/** The part of the OpenAPI document that is about the audit log. */
import { text, time, type Problems } from "./openapi-parts.ts";

const inQuery = (name: string, schema: object, description: string) => ({ name, in: "query", schema, description });
const record = {
  type: "object", required: ["chain", "seq", "at", "node", "type"],
  properties: {
    chain: text, seq: { type: "integer" }, at: time, node: text,
    type: { ...text, description: "`begun`: is about to be done; `done`; `access`: something was seen; `refused`: tried in vain, `count` times within a minute; `opened`, `closed`: the chain; others are what services say of themselves" },
    action: text, permission: text, operation: text, who: { type: "object", properties: { subject: text, tenant: text, roles: { type: "array", items: text } } },
    from: { ...text, description: "pseudonym of the client's address" }, target: { type: "object" }, result: { ...text, description: "`ok`, or an error's code" },
    requestId: text, begun: { type: "integer", description: "`seq` of the `begun` of a `done`" }, count: { type: "integer" }, since: time,
  },
};

export const auditSchemas = { AuditRecord: record };

export function auditPaths(problems: Problems) {
  return {
    "/v1/audit": {
      get: {
        operationId: "queryAudit", summary: "Who did what, newest first", description: "A tenant's key sees what was done with its tenant's keys and for its tenant.",
        parameters: [
          inQuery("since", time, "inclusive"), inQuery("until", time, "exclusive"), inQuery("subject", text, "`key:…`, `admin`, or a log-in's subject"), inQuery("video", text, "a video's id"),
          inQuery("action", text, "as `videos.remove`"), inQuery("result", text, "`ok`, or an error's code"), inQuery("limit", { type: "integer", minimum: 1, maximum: 1_000, default: 100 }, "records in the answer"), inQuery("after", text, "`next` of the page before"),
        ],
        responses: {
          "200": { description: "A page; while it has a `next` there may be more", content: { "application/json": { schema: { type: "object", required: ["records"], properties: { records: { type: "array", items: { $ref: "#/components/schemas/AuditRecord" } }, next: text } } } } },
          ...problems("bad_request", "storage_unavailable"),
        },
      },
    },
    "/v1/audit/export": {
      get: {
        operationId: "exportAudit", summary: "All of the region's log as lines of JSON, for `npm run audit -- verify`", description: "Records, signed heads, checkpoints, public keys. Not for a tenant's key.",
        responses: { "200": { description: "Lines; the last one says how many there are", content: { "application/x-ndjson": { schema: text } } }, ...problems("forbidden", "storage_unavailable") },
      },
    },
  };
}
