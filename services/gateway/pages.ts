/** The pages and what they are made of: files of web/, and libraries, read once, each with an ETag and a gzipped twin. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fail } from "../../config/errors.ts";
import { sendBytes, sendEmpty, type Route } from "./exchange.ts";
import { tokenOf } from "./links/link-path.ts";
import { parseVideoId } from "./video-id.ts";

interface Asset { readonly type: string; readonly etag: string; readonly plain: Buffer; readonly gzipped: Buffer }
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webmanifest": "application/manifest+json",
};
/** The watch page for who comes by a link, whose token is one more part of the path. */
const LINKED_PAGE = "watch-linked.html";
const WEB_DIR = new URL("../../web/", import.meta.url);
/** hls.js plays from blob: URLs and runs its worker from one. */
const policy = (others: string): string => [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", `media-src 'self' blob:${others}`, `connect-src 'self'${others}`,
  "worker-src 'self' blob:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
].join("; ");

const compress = promisify(gzip);

/** @param dir a flat directory, its files named by their last part */
export async function loadAssets(dir: URL = WEB_DIR): Promise<Assets> {
  const files = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile() && extname(entry.name) in TYPES).map(({ name }) => new URL(name, dir));
  const libraries = ["hls.js/dist/hls.min.js", "tus-js-client/dist/tus.min.js", "uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css"].map((path) => pathToFileURL(createRequire(import.meta.url).resolve(path)));
  const assets = new Map(await Promise.all([...files, ...libraries].map(async (file): Promise<[string, Asset]> => {
    const name = basename(file.pathname);
    return [name, await toAsset(TYPES[extname(name)] ?? "", await readFile(file))];
  })));
  const watch = assets.get("watch.html");
  if (watch !== undefined) assets.set(LINKED_PAGE, await toAsset(watch.type, Buffer.from(watch.plain.toString("utf8").replaceAll('="../', '="../../'))));
  return assets;
}

async function toAsset(type: string, plain: Buffer): Promise<Asset> {
  return { type, etag: createHash("sha256").update(plain).digest("base64url").slice(0, 22), plain, gzipped: await compress(plain) };
}

/** @param otherUrls where the player may go on when this gateway is gone */
export function pagesRoutes(assets: Assets, otherUrls: readonly string[] = []): Route[] {
  const csp = policy(otherUrls.map((url) => ` ${new URL(url).origin}`).join(""));
  return [
    {
      method: "GET", path: "/", operation: "getStartPage", permission: "open", area: "page",
      async handle({ req, res }) {
        sendAsset(req, res, csp, assets.get("index.html"));
      },
    },
    {
      method: "GET", path: "/docs", operation: "getDocsPage", permission: "open", area: "page",
      async handle({ req, res }) {
        sendAsset(req, res, csp, assets.get("docs.html"));
      },
    },
    {
      method: "GET", path: "/capacity", operation: "getCapacityPage", permission: "open", area: "page",
      async handle({ req, res }) {
        sendAsset(req, res, csp, assets.get("capacity.html"));
      },
    },
    {
      method: "GET", path: "/reviews", operation: "getReviewsPage", permission: "open", area: "page",
      async handle({ req, res }) {
        sendAsset(req, res, csp, assets.get("reviews.html"));
      },
    },
    {
      method: "GET", path: "/ops", operation: "getOpsPage", permission: "open", area: "page",
      async handle({ req, res }) {
        sendAsset(req, res, csp, assets.get("ops.html"));
      },
    },
    {
      method: "GET", path: "/usage/:id", operation: "getUsagePage", permission: "open", area: "page",
      async handle({ req, res, params }) {
        parseVideoId(params["id"]);
        sendAsset(req, res, csp, assets.get("usage.html"));
      },
    },
    {
      method: "GET", path: "/watch/:id", operation: "getWatchPage", permission: "videos.watch", area: "page",
      async handle({ req, res, params, caller }) {
        parseVideoId(params["id"]);
        if (tokenOf(req) === undefined) sendAsset(req, res, csp, assets.get("watch.html"));
        else sendAsset(req, res, csp, assets.get(LINKED_PAGE), caller.grant === undefined ? 404 : 200); // it finds out by itself, and says so
      },
    },
    {
      method: "GET", path: "/assets/:file", operation: "getAsset", permission: "open", area: "page",
      async handle({ req, res, params }) {
        sendAsset(req, res, csp, assets.get(params["file"] ?? ""));
      },
    },
  ];
}

function sendAsset(req: IncomingMessage, res: ServerResponse, csp: string, asset: Asset | undefined, status = 200): void {
  if (asset === undefined) throw fail("not_found", "There is nothing at this path.");
  const gzipped = /\bgzip\b/.test(String(req.headers["accept-encoding"] ?? ""));
  const headers = {
    "ETag": `"${asset.etag}${gzipped ? "-gz" : ""}"`,
    "Cache-Control": "no-cache", // kept, and asked about each time: an upgrade shows at once
    "Vary": "Accept-Encoding",
    "Content-Security-Policy": csp,
    "Referrer-Policy": "same-origin",
  };
  if (status === 200 && matchesEtag(req.headers["if-none-match"], asset.etag)) return sendEmpty(res, 304, headers);
  sendBytes(res, status, { ...headers, "Content-Type": asset.type, ...(gzipped ? { "Content-Encoding": "gzip" } : {}) }, gzipped ? asset.gzipped : asset.plain);
}

function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? "").split(",").some((tag) => tag.trim().replace(/^W\//, "").replace(/^"|(-gz)?"$/g, "") === etag);
}
