/** The door that each request comes through: who asks, whether they may, how often, and who may keep the answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Grant } from "../../../config/access/grants.ts";
import { ANONYMOUS } from "../../../config/access/permissions.ts";
import type { Route } from "../exchange.ts";
import type { Throttle } from "../limits/throttle.ts";
import type { LinkCallers } from "../links/link-callers.ts";
import { tokenOf } from "../links/link-path.ts";
import { makePrivate } from "../links/private-answer.ts";
import type { Admitted, Callers } from "./callers.ts";

/** `isOurs`: whether pages of an origin may use the API. */
export interface Door { callers: Callers; links: LinkCallers; throttle: Throttle; addressOf(req: IncomingMessage): string; isOurs(origin: string): boolean }
type Recognized = Admitted & { grant?: Grant };

/**
 * Of who came by a link that is what counts, whatever key they show beside it.
 * @param videoId as the path has it
 */
export async function admit(route: Route, { callers, links, throttle }: Door, req: IncomingMessage, res: ServerResponse, videoId: string): Promise<Admitted> {
  const token = tokenOf(req);
  if (token !== undefined) {
    throttle.spend(route, req, ANONYMOUS); // whether it is good or not
    const admitted = links.admit(req, token, route, videoId);
    keepPrivate(res, admitted, true);
    return admitted;
  }
  const admitted = await callers.admit(req, route.permission);
  throttle.spend(route, req, admitted.caller);
  keepPrivate(res, admitted, false);
  return admitted;
}

/** The same of who is known already, without waiting and without counting them: `letIn` does that. Undefined: they have to be admitted, or refused. */
export function recognize(route: Route, { callers, links }: Door, req: IncomingMessage, videoId: string): Recognized | undefined {
  const token = tokenOf(req);
  if (token === undefined) return callers.recall(req, route.permission);
  try {
    return links.admit(req, token, route, videoId);
  } catch {
    return undefined; // `admit` says why
  }
}

/** @throws rate_limited */
export function letIn(route: Route, { throttle }: Door, req: IncomingMessage, res: ServerResponse, recognized: Recognized): void {
  const byLink = tokenOf(req) !== undefined;
  throttle.spend(route, req, byLink ? ANONYMOUS : recognized.caller);
  keepPrivate(res, recognized, byLink);
}

function keepPrivate(res: ServerResponse, { caller, passport, grant }: Recognized, byLink: boolean): void {
  if (byLink) makePrivate(res, ((grant?.until ?? 0) - Date.now()) / 1000);
  else if (passport !== undefined && caller !== ANONYMOUS) makePrivate(res, undefined);
}
