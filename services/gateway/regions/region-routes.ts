/** `/v1/regions`: where else the mesh is, for clients that look for the nearest region or for one that lives. */
import { sendJson, type Route } from "../exchange.ts";
import { inOrderOfUse, isHealthy } from "./choose-region.ts";
import type { RegionGuide } from "./region-guide.ts";

export function regionRoutes(guide: RegionGuide): Route[] {
  return [
    {
      method: "GET", path: "/v1/regions", operation: "listRegions", permission: "open", area: "api",
      async handle({ req, res }) {
        const views = await guide.views();
        const best = await guide.best(req);
        sendJson(res, 200, {
          ...(best === undefined ? {} : { best: best.name }),
          regions: inOrderOfUse(views).map((view) => ({
            name: view.name, own: view.own, url: view.publicUrl, healthy: isHealthy(view), dark: view.dark, nodes: view.nodes,
            latencyMs: view.latencyMs, place: view.place, countries: view.countries, waiting: view.waiting, lagSec: view.lagMs / 1000,
          })),
        });
      },
    },
  ];
}
