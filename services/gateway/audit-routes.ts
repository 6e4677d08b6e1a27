/** `/v1/audit`: who did what. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fail } from "../../config/errors.ts";
import type { QueryParams, QueryResult } from "../audit/audit.contract.ts";
import { sendJson, type Route } from "./exchange.ts";
import { parseQuery } from "./query.ts";

const MAX_LIMIT = 1_000;
const TIMES = ["since", "until"] as const;
const EQUAL = ["subject", "video", "action", "result", "after"] as const;
const TEXT = /^[^\p{Cc}]{1,200}$/u;
/** A cursor names a chain and a time. */
const MAX_AFTER = /^[\w-]{1,300}$/;
const QUERY_MS = 15_000;

/** @param nodeId this node: what is exported is taken from beside, at the client's pace */
export function auditRoutes(nodeId: string): Route[] {
  return [
    {
      method: "GET", path: "/v1/audit", operation: "queryAudit", permission: "audit.read", area: "operate",
      async handle({ req, res, call }) {
        sendJson(res, 200, await call<QueryResult>("audit.query", parseAuditQuery(req.url ?? ""), { timeout: QUERY_MS }));
      },
    },
    {
      method: "GET", path: "/v1/audit/export", operation: "exportAudit", permission: "audit.read", area: "operate", noHead: true,
      async handle({ res, call }) {
        const lines = await call<Readable>("audit.export", {}, { nodeID: nodeId, timeout: QUERY_MS });
        res.writeHead(200, { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store", "Content-Disposition": "attachment; filename=\"audit.ndjson\"" });
        await pipeline(lines, res).catch(() => res.destroy()); // who reads it sees that its last line is missing
      },
    },
  ];
}

/** @throws bad_request */
export function parseAuditQuery(url: string): QueryParams {
  const query = parseQuery(url, [...TIMES, ...EQUAL, "limit"]);
  const params: QueryParams = {};
  for (const name of TIMES) {
    const value = query[name];
    if (value === undefined) continue;
    if (!/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.test(value) || Number.isNaN(Date.parse(value))) throw fail("bad_request", `${name} must be a time, as in 2027-01-31 or 2027-01-31T08:00:00Z.`);
    params[name] = new Date(value).toISOString();
  }
  for (const name of EQUAL) {
    const value = query[name];
    if (value === undefined) continue;
    if (!(name === "after" ? MAX_AFTER : TEXT).test(value)) throw fail("bad_request", `${name} must be a text of at most 200 characters.`);
    params[name] = value;
  }
  if (query.limit !== undefined) {
    if (!/^\d{1,4}$/.test(query.limit) || Number(query.limit) < 1 || Number(query.limit) > MAX_LIMIT) throw fail("bad_request", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
    params.limit = Number(query.limit);
  }
  return params;
}
