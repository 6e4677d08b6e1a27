/** `/play`: playlists, segments and captions. Any page may play them, and a client may keep the media for ever: it never changes. */
import { fail } from "../../config/errors.ts";
import type { SegmentName } from "../../media/media-names.ts";
import { sendBytes, type Exchange, type Route } from "./exchange.ts";
import { MEDIA_HEADERS } from "./play-headers.ts";
import { timePlay } from "./play-timing.ts";
import { countPlayerWords } from "./player-words.ts";
import { pointNearer } from "./regions/nearer-region.ts";
import type { RegionGuide } from "./regions/region-guide.ts";
import { PLAY, sendSegment } from "./send-segment.ts";
import { parseVideoId } from "./video-id.ts";

const MANIFEST_HEADERS = { "Content-Type": "application/dash+xml", "Cache-Control": "public, max-age=60" };
const CAPTION_HEADERS = { "Content-Type": "text/vtt; charset=utf-8", "Cache-Control": "public, max-age=31536000, immutable" };
const PLAYLIST_HEADERS = { "Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "public, max-age=60" };
export function playRoutes(guide: RegionGuide): Route[] {
  return [
    {
      method: "GET", path: "/play/:id/master.m3u8", operation: "getMasterPlaylist", permission: "videos.watch", area: "play",
      async handle(exchange) {
        const { req, res, params, call } = exchange;
        const id = parseVideoId(params["id"]);
        if (await pointNearer({ req, res }, guide)) return;
        sendPlaylist(exchange, PLAYLIST_HEADERS, await call<string>("delivery.master", { id }, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/manifest.mpd", operation: "getManifest", permission: "videos.watch", area: "play",
      async handle(exchange) {
        const { req, res, params, call } = exchange;
        const id = parseVideoId(params["id"]);
        if (await pointNearer({ req, res }, guide)) return;
        sendPlaylist(exchange, MANIFEST_HEADERS, await call<string>("delivery.manifest", { id }, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/subs/:name.m3u8", operation: "getCaptionPlaylist", permission: "videos.watch", area: "play",
      async handle(exchange) {
        const { params, call } = exchange;
        const asked = { id: parseVideoId(params["id"]), name: parseRendition(params["name"]) };
        sendPlaylist(exchange, PLAYLIST_HEADERS, await call<string>("delivery.captionPlaylist", asked, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/subs/:name.vtt", operation: "getCaptions", permission: "videos.watch", area: "play",
      async handle({ res, params, call }) {
        const asked = { id: parseVideoId(params["id"]), name: parseRendition(params["name"]) };
        sendBytes(res, 200, CAPTION_HEADERS, await call<Uint8Array>("delivery.captions", asked, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/:rendition/iframes.m3u8", operation: "getKeyFramePlaylist", permission: "videos.watch", area: "play",
      async handle(exchange) {
        const { params, call } = exchange;
        const asked = { id: parseVideoId(params["id"]), rendition: parseRendition(params["rendition"]) };
        sendPlaylist(exchange, PLAYLIST_HEADERS, await call<string>("delivery.keyFrames", asked, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/:rendition/keys/:n.m4s", operation: "getKeyFrame", permission: "videos.watch", area: "play",
      async handle({ res, params, call }) {
        const asked = { id: parseVideoId(params["id"]), rendition: parseRendition(params["rendition"]), segment: parseNumber(params["n"]) };
        sendBytes(res, 200, MEDIA_HEADERS, await call<Uint8Array>("delivery.keyFrame", asked, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/:rendition/media.m3u8", operation: "getMediaPlaylist", permission: "videos.watch", area: "play",
      async handle(exchange) {
        const { params, call } = exchange;
        const asked = { id: parseVideoId(params["id"]), rendition: parseRendition(params["rendition"]) };
        sendPlaylist(exchange, PLAYLIST_HEADERS, await call<string>("delivery.media", asked, PLAY));
      },
    },
    {
      method: "GET", path: "/play/:id/:rendition/init.mp4", operation: "getInitSegment", permission: "videos.watch", area: "play",
      handle: (exchange) => ask(exchange, "init"),
    },
    {
      method: "GET", path: "/play/:id/:rendition/:n.m4s", operation: "getSegment", permission: "videos.watch", area: "play",
      handle: (exchange) => ask(exchange, parseNumber(exchange.params["n"])),
    },
  ];
}

function sendPlaylist(exchange: Exchange, headers: Record<string, string>, playlist: string): void {
  countPlayerWords(exchange.metrics, exchange.req);
  sendBytes(exchange.res, 200, { ...headers, ...timePlay(exchange, "playlist") }, playlist);
}

const ask = (exchange: Exchange, segment: SegmentName): Promise<void> =>
  sendSegment(exchange, { id: parseVideoId(exchange.params["id"]), rendition: parseRendition(exchange.params["rendition"]), segment });

function parseRendition(value: string | undefined): string {
  if (value === undefined || !/^[A-Za-z0-9_-]{1,32}$/.test(value)) throw fail("segment_not_found", "The video has no such rendition.");
  return value;
}

/** One spelling a segment, so that one URL is one cached object. */
function parseNumber(value: string | undefined): number {
  if (value === undefined || !/^(0|[1-9]\d{0,6})$/.test(value)) throw fail("segment_not_found", "The video has no such segment.");
  return Number(value);
}
