/** What operators' machines ask: probes, metrics and the description of all this. */
import { fail } from "../../config/errors.ts";
import { sendBytes, sendJson, type Route } from "./exchange.ts";
import { openApiDocument } from "./openapi.ts";
import type { Readiness } from "./ready.ts";

/** @param all every route of the gateway, these too */
export function operateRoutes(nodeId: string, readiness: Readiness, all: () => readonly Route[]): Route[] {
  return [
    {
      method: "GET", path: "/health/live", operation: "getLiveness", permission: "open", area: "operate",
      async handle({ res }) {
        sendJson(res, 200, { status: "live" });
      },
    },
    {
      method: "GET", path: "/health/ready", operation: "getReadiness", permission: "open", area: "operate",
      async handle({ res }) {
        const missing = await readiness.missing();
        if (missing.length > 0) throw fail("not_ready", `Not ready: ${missing.join(", ")}.`);
        sendJson(res, 200, { status: "ready" });
      },
    },
    {
      method: "GET", path: "/metrics", operation: "getMetrics", permission: "mesh.watch", area: "operate",
      async handle({ res, call }) {
        const text = await call<string>("metrics.text", {}, { nodeID: nodeId });
        sendBytes(res, 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store" }, text);
      },
    },
    {
      method: "GET", path: "/openapi.json", operation: "getOpenApi", permission: "open", area: "operate",
      async handle({ res }) {
        sendJson(res, 200, openApiDocument(Object.fromEntries(all().map(({ operation, permission: asked }) => [operation, asked]))));
      },
    },
  ];
}
