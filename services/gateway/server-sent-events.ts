/** What streams of server-sent events have in common (HTML Living Standard, 9.2). */
import type { ServerResponse } from "node:http";

export const STREAM_HEADERS = { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no" };

/** How long a client waits before it comes again. */
const RETRY_MS = 1_000;
/** Of a node that goes, not all clients come to the others in the same moment. */
const SPREAD_MS = 2_000;

/** First of all that is sent. */
export const STREAM_START = formatRetry(RETRY_MS);

/** JSON has no line breaks, so one `data` line holds it. */
export function formatEvent(type: string, data: object, id?: string | number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Ends a stream whose client is to go on at another node: by itself, from its last event, on a connection of its own. */
export function sendElsewhere(res: ServerResponse, random: () => number = Math.random): void {
  if (res.destroyed || res.writableEnded) return;
  if (!res.headersSent) res.writeHead(200, STREAM_HEADERS); // after anything else an EventSource does not come again
  const { socket } = res;
  res.end(`: go on elsewhere\n${formatRetry(Math.round(RETRY_MS / 2 + random() * SPREAD_MS))}`, () => socket?.end());
}

function formatRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}
