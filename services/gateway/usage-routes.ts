/** What players tell of how a video is watched. */
import type { IncomingMessage } from "node:http";
import type { ReportParams } from "../insights/insights.contract.ts";
import { sendEmpty, type Exchange, type Route } from "./exchange.ts";
import { readJsonOfAnyType } from "./json-body.ts";
import { householdOf } from "./limits/client-address.ts";
import { parseVideoId } from "./video-id.ts";

export const MAX_REPORT_BYTES = 4_096;
const MAX_AGENT = 200;

/** @param addressOf where a request comes from */
export function usageRoutes(addressOf: (req: IncomingMessage) => string): Route[] {
  return [
    {
      // a beacon says that it is text, so that a browser asks nobody before it sends it
      method: "POST", path: "/play/:id/usage", operation: "reportUsage", permission: "videos.watch", area: "play", rate: "usage",
      async handle({ req, res, params, call }: Exchange) {
        const id = parseVideoId(params["id"]);
        const report = await readJsonOfAnyType(req, MAX_REPORT_BYTES);
        const origin = { household: householdOf(addressOf(req)), agent: (req.headers["user-agent"] ?? "").slice(0, MAX_AGENT) };
        await call("insights.report", { id, report, origin, ...(isQuiet(req) ? { quiet: true } : {}) } satisfies ReportParams);
        sendEmpty(res, 204, { "Cache-Control": "no-store" });
      },
    },
  ];
}

/** Global Privacy Control, and the older wish that it took over from. */
const isQuiet = ({ headers }: IncomingMessage): boolean => headers["sec-gpc"] === "1" || headers["dnt"] === "1";
