/**
 * Links to private videos carry their token in the path, before the video's id: `/play/~<token>/<id>/…`. It is taken out before
 * anything else sees the path, so that every route below has both forms, and so that it comes into no log.
 */
import type { IncomingMessage } from "node:http";
import { TOKEN } from "../../../config/access/link-token.ts";

/** `prefix` is where it stood. */
interface Taken { token: string; prefix: string }

/** One spelling: nothing percent-encoded, no empty part, no dots that climb. */
const LINKED = /^(\/(?:play|watch|v1\/videos))\/~([^/?]+)(\/[0-9a-z]{26}(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)(\?.*)?$/;
const taken = new WeakMap<IncomingMessage, Taken>();

/** To be called first of all. A path that is nearly of this form stays as it is, and is nobody's. */
export function takeToken(req: IncomingMessage): void {
  const [, prefix = "", token = "", rest = "", query = ""] = LINKED.exec(req.url ?? "") ?? [];
  if (!TOKEN.test(token)) return;
  taken.set(req, { token, prefix });
  req.url = prefix + rest + query;
}

export function tokenOf(req: IncomingMessage): string | undefined {
  return taken.get(req)?.token;
}

/** The path and query that was asked for, token and all: for answers to who has it. */
export function askedUrl(req: IncomingMessage): string {
  const { token, prefix } = taken.get(req) ?? {};
  const url = req.url ?? "";
  return token === undefined || prefix === undefined ? url : linkedPath(url, prefix, token);
}

/** `/play/<id>/…` with the token in it. */
function linkedPath(path: string, prefix: string, token: string): string {
  return `${prefix}/~${token}${path.slice(prefix.length)}`;
}

/** What may be shown of a path, in logs too: no token, and nobody's name. */
export function redactPath(path: string): string {
  return path.replace(/\/+(~|%7e)[^/]*/gi, "/~…").replace(/^(\/+v1\/+persons\/+)(?!me$).*/i, "$1…").replace(/login(:|%3a).*/gi, "login:…");
}
