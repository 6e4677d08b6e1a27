/** `/v1/capacity`: what each region is expected to need, and what it would need with more users. */
import { fail } from "../../config/errors.ts";
import { FACTOR, type CapacityAnswer, type PlanAnswer, type PlanParams } from "../capacity/capacity.contract.ts";
import { sendJson, type Route } from "./exchange.ts";
import { parseQuery } from "./query.ts";

/** Regions are asked side by side, each twice at most. */
const ASK_MS = 12_000;

export function capacityRoutes(): Route[] {
  return [
    {
      method: "GET", path: "/v1/capacity", operation: "getCapacity", permission: "mesh.watch", area: "operate",
      async handle({ res, call }) {
        sendJson(res, 200, await call<CapacityAnswer>("capacity.list", {}, { timeout: ASK_MS }));
      },
    },
    {
      method: "GET", path: "/v1/capacity/plan", operation: "planCapacity", permission: "mesh.watch", area: "operate",
      async handle({ req, res, call }) {
        const { factor, videos } = parseQuery(req.url ?? "", ["factor", "videos"]);
        sendJson(res, 200, await call<PlanAnswer>("capacity.plan", { factor: parseFactor("factor", factor), videos: parseFactor("videos", videos) } satisfies PlanParams, { timeout: ASK_MS }));
      },
    },
  ];
}

/** @param text `10`, `10x`, `0.5` @throws bad_request */
export function parseFactor(name: "factor" | "videos", text = "1"): number {
  const factor = /^\d{1,5}(\.\d{1,3})?x?$/.test(text) ? Number(text.replace("x", "")) : Number.NaN;
  if (!(factor >= FACTOR.min && factor <= FACTOR.max)) throw fail("bad_request", `${name} must be a number from ${FACTOR.min} to ${FACTOR.max}, as in 10 or 10x.`);
  return factor;
}
