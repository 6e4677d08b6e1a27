/** Every route of the gateway. OpenAPI, `Allow` and the tests are checked against this table. */
import type { IncomingMessage } from "node:http";
import type { Visibility } from "../../config/access/watching.ts";
import { accessRoutes } from "./access/access-routes.ts";
import { auditRoutes } from "./audit-routes.ts";
import { capacityRoutes } from "./capacity-routes.ts";
import { clipRoutes } from "./clip-routes.ts";
import { commandRoutes } from "./command-routes.ts";
import type { EventStreams } from "./events-stream.ts";
import type { Route } from "./exchange.ts";
import { keyRoutes } from "./key-routes.ts";
import { imageRoutes } from "./image-routes.ts";
import { linkRoutes, type LinkRouteNeeds } from "./links/link-routes.ts";
import { operateRoutes } from "./operate-routes.ts";
import { opsRoutes, type OpsRouteNeeds } from "./ops-routes.ts";
import { pagesRoutes, type Assets } from "./pages.ts";
import { errorsRoutes } from "./errors-routes.ts";
import { webhooksRoutes } from "./webhooks-routes.ts";
import { personsRoutes } from "./persons-routes.ts";
import { playRoutes } from "./play-routes.ts";
import type { Readiness } from "./ready.ts";
import { reviewsRoutes } from "./reviews-routes.ts";
import type { RegionGuide } from "./regions/region-guide.ts";
import { regionRoutes } from "./regions/region-routes.ts";
import { timetableRoutes } from "./timetable-routes.ts";
import { tusRoutes } from "./tus-routes.ts";
import { usageRoutes } from "./usage-routes.ts";
import { uploadsRoutes } from "./uploads-routes.ts";
import { videosRoutes } from "./videos-routes.ts";

export interface RouteNeeds {
  readonly publicUrl: string | undefined;
  readonly sourceMaxBytes: number;
  readonly nodeId: string;
  readonly streams: EventStreams;
  readonly readiness: Readiness;
  readonly assets: Assets;
  readonly guide: RegionGuide;
  /** Of a post that does not say. */
  readonly visibility: Visibility;
  readonly links: Omit<LinkRouteNeeds, "publicUrl">;
  /** Where a request comes from. */
  addressOf(req: IncomingMessage): string;
  readonly ops: OpsRouteNeeds;
}

export function gatewayRoutes({ publicUrl, sourceMaxBytes, nodeId, streams, readiness, assets, guide, visibility, links, addressOf, ops }: RouteNeeds): Route[] {
  const routes: Route[] = [
    ...videosRoutes(publicUrl, visibility, streams, guide),
    ...linkRoutes({ publicUrl, ...links }),
    ...uploadsRoutes(publicUrl),
    ...tusRoutes(sourceMaxBytes),
    ...playRoutes(guide),
    ...usageRoutes(nodeId, addressOf),
    ...timetableRoutes(),
    ...keyRoutes(),
    ...imageRoutes(),
    ...clipRoutes(),
    ...commandRoutes(),
    ...capacityRoutes(),
    ...accessRoutes(visibility),
    ...auditRoutes(nodeId),
    ...reviewsRoutes(),
    ...errorsRoutes(),
    ...webhooksRoutes(),
    ...personsRoutes(nodeId),
    ...operateRoutes(nodeId, readiness, () => routes),
    ...opsRoutes(ops),
    ...regionRoutes(guide),
    ...pagesRoutes(assets, guide.otherUrls),
  ];
  return routes;
}

/** The methods that a path takes, for `Allow`; empty when there is nothing at the path. */
export function allowedMethods(routes: readonly Route[], path: string): string[] {
  const found = routes.filter((route) => matchesPath(route.path, path));
  if (found.length === 0) return [];
  return [...new Set(found.flatMap((route) => methodsOf(route))), "OPTIONS"];
}

/** What answers OPTIONS at a path, where there is more to say than `Allow`. */
export function findOptionsRoute(routes: readonly Route[], path: string): Route | undefined {
  return routes.find((route) => route.method === "OPTIONS" && matchesPath(route.path, path));
}

export function methodsOf(route: Route): string[] {
  return route.method === "GET" && route.noHead !== true ? ["GET", "HEAD"] : [route.method];
}

function matchesPath(template: string, path: string): boolean {
  const [parts, asked] = [template.split("/"), path.split("/")];
  return parts.length === asked.length && parts.every((part, index) => {
    const given = asked[index] ?? "";
    if (!part.startsWith(":")) return part === given;
    const dot = part.indexOf(".");
    return dot < 0 ? given !== "" : given.endsWith(part.slice(dot)) && given.length > part.length - dot;
  });
}
