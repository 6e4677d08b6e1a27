/** `/v1/ops/events`: the mesh as who is on duty sees it, followed. */
import type { ServerResponse } from "node:http";
import type { Exchange, Route } from "./exchange.ts";

export interface OpsRouteNeeds {
  /** Follows the mesh, from the step after `after`, ms since 1970. */
  follow(exchange: Pick<Exchange, "req">, res: ServerResponse, after: number | undefined): Promise<void>;
}

export function opsRoutes({ follow }: OpsRouteNeeds): Route[] {
  return [
    {
      method: "GET", path: "/v1/ops/events", operation: "followMesh", permission: "mesh.watch", area: "operate", noHead: true,
      async handle({ req, res }) {
        await follow({ req }, res, parseStepId(req.headers["last-event-id"]));
      },
    },
  ];
}

/** What no step was is as if it were absent. */
function parseStepId(value: string | string[] | undefined): number | undefined {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
