/** Clips: a span of a video as a file to download, read from the store a piece at a time. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { fail } from "../../config/errors.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import type { CutClipParams } from "../delivery/delivery.contract.ts";
import type { ReadRangeParams } from "../storage/storage.contract.ts";
import type { ClipResult } from "../transcoder/transcoder.contract.ts";
import { parseByteRange } from "./byte-range.ts";
import { isOpen, sendEmpty, type Exchange, type Route } from "./exchange.ts";
import { parseQuery } from "./query.ts";
import { parseVideoId } from "./video-id.ts";

/** Longer than `delivery` waits for a plan and a clip. */
const CLIP = { timeout: 40_000, retries: 0 };
const PIECE_BYTES = 1024 * 1024;

export function clipRoutes(): Route[] {
  return [
    {
      method: "GET", path: "/v1/videos/:id/clip", operation: "getClip", permission: "videos.watch", area: "play", rate: "images", use: "clip",
      async handle(exchange) {
        const { req, res, params, call } = exchange;
        const asked = parseClip(parseVideoId(params["id"]), req.url ?? "");
        const { key, size } = await call<ClipResult>("delivery.clip", asked, CLIP);
        const headers = {
          "Content-Type": "video/mp4", "Accept-Ranges": "bytes", "Cache-Control": "public, max-age=31536000, immutable",
          "Content-Disposition": `attachment; filename="clip-${asked.id.slice(-6)}-${asked.start}-${asked.end}.mp4"`,
        };
        const range = parseByteRange(req.headers.range, size);
        if (range === "unsatisfiable") return sendEmpty(res, 416, { "Content-Range": `bytes */${size}` });
        const { start, end } = range ?? { start: 0, end: size };
        if (!isOpen(res)) return;
        res.writeHead(range === undefined ? 200 : 206, { ...headers, "Content-Length": end - start, ...(range === undefined ? {} : { "Content-Range": `bytes ${start}-${end - 1}/${size}` }) });
        if (req.method === "HEAD") res.end();
        else await sendObject(exchange, key, start, end);
      },
    },
  ];
}

/** No faster than the client takes it. */
async function sendObject({ res, call }: Exchange, key: string, start: number, end: number): Promise<void> {
  for (let at = start; at < end && isOpen(res); at += PIECE_BYTES) {
    const bytes = await readReply(await call<unknown>("storage.readRange", { key, start: at, end: Math.min(at + PIECE_BYTES, end) } satisfies ReadRangeParams));
    if (!res.write(bytes)) await drained(res);
  }
  if (isOpen(res)) res.end();
}

async function drained(res: ServerResponse): Promise<void> {
  const gone = new AbortController();
  try {
    await Promise.race([once(res, "drain", { signal: gone.signal }), once(res, "close", { signal: gone.signal })]);
  } finally {
    gone.abort(); // the listener that was not needed
  }
}

/** @throws bad_request */
function parseClip(id: string, url: string): CutClipParams {
  const { start, end } = parseQuery(url, ["start", "end"]);
  if (start === undefined || end === undefined) throw fail("bad_request", "start and end are needed: times in seconds.");
  return { id, start, end };
}
