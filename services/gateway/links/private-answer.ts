/** Answers to who showed a key or came by a link: nobody else may keep them, and nobody for longer than the link is good. */
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** How long a browser keeps what came for a key: that may be revoked. */
const KEY_SEC = 3_600;

/** Changes what the route says of caching, whichever it is. @param maxSec how long the link is still good; undefined: a key was shown */
export function makePrivate(res: ServerResponse, maxSec: number | undefined): void {
  const { writeHead } = res;
  res.writeHead = ((status: number, ...rest: unknown[]) => {
    const headers = rest.find((part): part is OutgoingHttpHeaders => typeof part === "object" && part !== null && !Array.isArray(part)) ?? {};
    const all: Record<string, OutgoingHttpHeader | undefined> = { ...headers, "Cache-Control": limit(String(headers["Cache-Control"] ?? "no-store"), maxSec ?? KEY_SEC), "Referrer-Policy": "no-referrer" };
    if (maxSec === undefined) all["Vary"] = [headers["Vary"] ?? res.getHeader("Vary"), "Authorization"].filter((part) => part !== undefined).join(", ");
    return Reflect.apply(writeHead, res, [status, all]);
  }) as ServerResponse["writeHead"];
}

/** `public, max-age=60` as `private, max-age=…`; what nobody may keep stays so. */
function limit(directives: string, maxSec: number): string {
  const seconds = /\bmax-age=(\d+)/.exec(directives)?.[1];
  if (seconds !== undefined) return `private, max-age=${Math.max(0, Math.min(Number(seconds), Math.floor(maxSec)))}`;
  return directives === "no-store" ? directives : "private, no-cache";
}
