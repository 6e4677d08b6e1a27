/** What operators and their machines ask: nodes, queue, probes, metrics and the description of all this. */
import { fail } from "../../config/errors.ts";
import { sendBytes, sendJson, type Route } from "./exchange.ts";
import { openApiDocument } from "./openapi.ts";
import type { Readiness } from "./ready.ts";

/** What `$node.list` tells of a node, as far as it is shown. */
interface NodeEntry {
  id: string;
  available: boolean;
  local?: boolean;
  cpu?: number | null;
  hostname?: string | null;
  metadata?: { region?: unknown; services?: unknown };
}

export function operateRoutes(nodeId: string, readiness: Readiness): Route[] {
  return [
    {
      method: "GET", path: "/v1/nodes", operation: "listNodes", area: "operate",
      async handle({ res, call }) {
        const nodes = await call<NodeEntry[]>("$node.list");
        sendJson(res, 200, {
          nodes: nodes.map(({ id, available, cpu, hostname, metadata }) => ({
            id, available, region: metadata?.region, services: metadata?.services, host: hostname, cpuPercent: cpu ?? null, gateway: id === nodeId,
          })),
        });
      },
    },
    {
      method: "GET", path: "/v1/queue", operation: "getQueue", area: "operate",
      async handle({ res, call }) {
        sendJson(res, 200, await call<object>("scheduler.queue"));
      },
    },
    {
      method: "GET", path: "/health/live", operation: "getLiveness", area: "operate",
      async handle({ res }) {
        sendJson(res, 200, { status: "live" });
      },
    },
    {
      method: "GET", path: "/health/ready", operation: "getReadiness", area: "operate",
      async handle({ res }) {
        const missing = await readiness.missing();
        if (missing.length > 0) throw fail("not_ready", `Not ready: ${missing.join(", ")}.`);
        sendJson(res, 200, { status: "ready" });
      },
    },
    {
      method: "GET", path: "/metrics", operation: "getMetrics", area: "operate",
      async handle({ res, call }) {
        const text = await call<string>("metrics.text", {}, { nodeID: nodeId });
        sendBytes(res, 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store" }, text);
      },
    },
    {
      method: "GET", path: "/openapi.json", operation: "getOpenApi", area: "operate",
      async handle({ res }) {
        sendJson(res, 200, openApiDocument());
      },
    },
  ];
}
