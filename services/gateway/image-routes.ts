/** Pictures of a video: the frame shown at a time, and previews for seeking. Anyone may keep one for ever: a video does not change. */
import { createHash } from "node:crypto";
import { fail } from "../../config/errors.ts";
import { STILL_FORMATS, type StillFormat } from "../../media/ffmpeg/still-arguments.ts";
import type { ImageResult } from "../cache/cache.contract.ts";
import type { ShownStillParams } from "../delivery/delivery.contract.ts";
import { sendBytes, sendEmpty, type Exchange, type Route } from "./exchange.ts";
import { timePlay } from "./play-timing.ts";
import { parseQuery } from "./query.ts";
import { parseVideoId } from "./video-id.ts";

/** Longer than `delivery` waits for a plan and a picture, so that its own answer arrives. */
const IMAGE = { timeout: 50_000, retries: 0 };
const TYPES: Readonly<Record<StillFormat, string>> = { jpg: "image/jpeg", webp: "image/webp", png: "image/png", avif: "image/avif" };

export function imageRoutes(): Route[] {
  return [
    {
      method: "GET", path: "/v1/videos/:id/frame", operation: "getFrame", permission: "videos.watch", area: "play", rate: "images", use: "images",
      async handle(exchange) {
        const asked = parseStill(parseVideoId(exchange.params["id"]), exchange.req.url ?? "");
        await sendImage(exchange, TYPES[asked.format], "delivery.still", asked);
      },
    },
    {
      method: "GET", path: "/play/:id/storyboard.vtt", operation: "getStoryboard", permission: "videos.watch", area: "play", use: "images",
      async handle({ res, params, call }) {
        const track = await call<string>("delivery.storyboard", { id: parseVideoId(params["id"]) }, IMAGE);
        sendBytes(res, 200, { "Content-Type": "text/vtt; charset=utf-8", "Cache-Control": "public, max-age=3600" }, track);
      },
    },
    {
      method: "GET", path: "/play/:id/storyboard/:n.jpg", operation: "getStoryboardSheet", permission: "videos.watch", area: "play", rate: "images", use: "images",
      async handle(exchange) {
        await sendImage(exchange, TYPES.jpg, "delivery.sheet", { id: parseVideoId(exchange.params["id"]), sheet: parseSheet(exchange.params["n"]) });
      },
    },
  ];
}

function parseSheet(value: string | undefined): number {
  if (value === undefined || !/^(0|[1-9]\d{0,3})$/.test(value)) throw fail("segment_not_found", "The video has no such sheet.");
  return Number(value);
}

/** The tag is of the bytes, so that it is strong whoever made them (RFC 9110 8.8.3). */
async function sendImage(exchange: Exchange, type: string, action: string, asked: object): Promise<void> {
  const { req, res, call } = exchange;
  const { bytes, tier } = await call<ImageResult>(action, asked, IMAGE);
  const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  const headers = {
    "ETag": tag, "Cache-Control": "public, max-age=31536000, immutable",
    ...timePlay(exchange, "image", tier),
  };
  if (matchesTag(req.headers["if-none-match"], tag)) return sendEmpty(res, 304, headers);
  sendBytes(res, 200, { "Content-Type": type, ...headers }, bytes);
}

function matchesTag(header: string | undefined, tag: string): boolean {
  return header !== undefined && header.split(",").some((given) => ["*", tag, `W/${tag}`].includes(given.trim()));
}

/** @throws bad_request */
function parseStill(id: string, url: string): ShownStillParams {
  const { t, width, format = "jpg" } = parseQuery(url, ["t", "width", "format"]);
  if (t === undefined) throw fail("bad_request", "t is missing: the time of the frame, in seconds.");
  const known = STILL_FORMATS.find((name) => name === format);
  if (known === undefined) throw fail("bad_request", `format must be one of ${STILL_FORMATS.join(", ")}.`);
  if (width !== undefined && !/^[1-9]\d{0,4}$/.test(width)) throw fail("bad_request", "width must be a whole number of pixels from 1.");
  return { id, t, format: known, ...(width === undefined ? {} : { width: Number(width) }) };
}
