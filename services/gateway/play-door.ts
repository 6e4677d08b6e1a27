/**
 * What players GET goes straight to its route: the action that moleculer-web has for every request, with all that surrounds an
 * action, takes as long as finding a hot segment does. Everything else, and what is traced, goes its way.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, ServiceBroker } from "moleculer";
import { inScope, videoIdOf } from "../../config/requests/request-scope.ts";
import { tracerOf } from "../../config/tracing/tracer.ts";
import type { FoundAlias, indexAliases } from "./alias-index.ts";
import { requestIdOf } from "./request-ids.ts";

/** What moleculer-web adds to a request before it calls an alias. */
export interface WebRequest extends IncomingMessage {
  $ctx?: Context;
  $params?: { params?: Record<string, string> };
  originalUrl?: string;
}

/** @returns whether it is answered here */
export function answerPlayer(broker: ServiceBroker, findAlias: ReturnType<typeof indexAliases>, req: WebRequest, res: ServerResponse): boolean {
  if (req.method !== "GET" || req.url?.startsWith("/play/") !== true || tracerOf(broker) !== undefined) return false;
  const found = find(findAlias, req.url.split("?", 1)[0] ?? "");
  const handler = found === false ? undefined : found.alias.handler;
  if (found === false || handler === undefined) return false;
  const requestID = requestIdOf(req);
  req.originalUrl = req.url;
  req.$ctx = broker.ContextFactory.create(broker, null as never, {}, { requestID });
  req.$params = { params: found.params };
  inScope({ requestId: requestID, videoId: videoIdOf(found.params) }, () => handler(req, res));
  return true;
}

/** What cannot be decoded is for moleculer-web to refuse. */
function find(findAlias: ReturnType<typeof indexAliases>, path: string): FoundAlias | false {
  try {
    return findAlias(path, "GET");
  } catch {
    return false;
  }
}
