/** The id under which a request is worked on: chosen once, before anything else is done about it, and in every answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { chooseRequestId } from "../../config/requests/request-id.ts";

const ids = new WeakMap<IncomingMessage, string>();

export function requestIdOf(req: IncomingMessage): string {
  const id = ids.get(req) ?? chooseRequestId(req.headers);
  ids.set(req, id);
  return id;
}

export function nameRequest(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader("X-Request-Id", requestIdOf(req));
}
