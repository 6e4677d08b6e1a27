/** `/play`: playlists and segments. Any page may play them, and a client may keep the media for ever: it never changes. */
import type { ServerResponse } from "node:http";
import { fail } from "../../config/errors.ts";
import type { SegmentName, SegmentResult } from "../cache/cache.contract.ts";
import { isOpen, sendBytes, type Exchange, type Route } from "./exchange.ts";
import { parseVideoId } from "./video-id.ts";

const PLAYLIST_HEADERS = { "Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "public, max-age=60" };
/**
 * Longer than `delivery` waits for a plan or a segment, so that its own answer arrives. It sits on this node and tries
 * again by itself where that helps; trying again here as well would multiply the attempts.
 */
const PLAY = { timeout: 40_000, retries: 0 };

export function playRoutes(): Route[] {
  return [
    {
      method: "GET", path: "/play/:id/master.m3u8", operation: "getMasterPlaylist", area: "play",
      async handle({ res, params, call }) {
        const playlist = await call<string>("delivery.master", { id: parseVideoId(params["id"]) }, PLAY);
        sendBytes(res, 200, PLAYLIST_HEADERS, playlist);
      },
    },
    {
      method: "GET", path: "/play/:id/:rendition/media.m3u8", operation: "getMediaPlaylist", area: "play",
      async handle({ res, params, call }) {
        const asked = { id: parseVideoId(params["id"]), rendition: parseRendition(params["rendition"]) };
        sendBytes(res, 200, PLAYLIST_HEADERS, await call<string>("delivery.media", asked, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/:rendition/init.mp4", operation: "getInitSegment", area: "play",
      handle: (exchange) => sendSegment(exchange, "init"),
    },
    {
      method: "GET", path: "/play/:id/:rendition/:n.m4s", operation: "getSegment", area: "play",
      handle: (exchange) => sendSegment(exchange, parseNumber(exchange.params["n"])),
    },
  ];
}

async function sendSegment({ res, params, call }: Exchange, segment: SegmentName): Promise<void> {
  const asked = { id: parseVideoId(params["id"]), rendition: parseRendition(params["rendition"]), segment };
  const startedAt = performance.now();
  const { bytes, tier } = await call<SegmentResult>("delivery.segment", asked, PLAY);
  if (isOpen(res)) writeSegment(res, bytes, tier, performance.now() - startedAt);
}

function writeSegment(res: ServerResponse, bytes: Uint8Array, tier: string, ms: number): void {
  res.writeHead(200, {
    "Content-Type": "video/mp4",
    "Content-Length": bytes.byteLength,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Server-Timing": `cache;desc=${tier};dur=${ms.toFixed(1)}`,
  });
  res.end(bytes);
}

function parseRendition(value: string | undefined): string {
  if (value === undefined || !/^[A-Za-z0-9_-]{1,32}$/.test(value)) throw fail("segment_not_found", "The video has no such rendition.");
  return value;
}

/** One spelling a segment, so that one URL is one cached object. */
function parseNumber(value: string | undefined): number {
  if (value === undefined || !/^(0|[1-9]\d{0,6})$/.test(value)) throw fail("segment_not_found", "The video has no such segment.");
  return Number(value);
}
