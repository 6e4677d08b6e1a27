/** How the body of an upload is read, which may be long, slow or unwanted. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** A client that sends nothing for so long has gone. */
const IDLE_MS = 60_000;
/** How long a refused client may go on sending before its connection is cut: it has to read the answer first. */
const LINGER_MS = 2_000;

/** Once all has come, the client waits for as long as the store takes. */
export function cutWhenIdle(req: IncomingMessage): void {
  req.setTimeout(IDLE_MS, () => req.destroy(new Error("the upload stalled")));
  req.once("end", () => req.setTimeout(0));
}

/** Lets a client that is about to be refused read why. */
export function linger(req: IncomingMessage, res: ServerResponse): void {
  if (req.complete || req.destroyed || res.headersSent) return;
  res.setHeader("Connection", "close");
  res.once("finish", () => {
    req.resume();
    setTimeout(() => req.destroy(), LINGER_MS).unref();
  });
}
