/**
 * `/play/:id/key` and `/play/:id/license`: what protected media are decrypted with, for whoever may have the media. Below the
 * video's own path, so that what lets somebody at the one lets them at the other; and no cache may keep it.
 */
import type { License } from "../delivery/delivery.contract.ts";
import { MAX_LICENSE_KEYS } from "../delivery/delivery.contract.ts";
import { fail } from "../../config/errors.ts";
import { sendBytes, sendJson, type Route } from "./exchange.ts";
import { readJsonOfAnyType } from "./json-body.ts";
import { PLAY } from "./send-segment.ts";
import { parseVideoId } from "./video-id.ts";

const KEY_HEADERS = { "Content-Type": "application/octet-stream", "Cache-Control": "no-store" };
/** 16 bytes in base64url. */
const KEY_ID = /^[A-Za-z0-9_-]{22}$/;

export function keyRoutes(): Route[] {
  return [
    {
      method: "GET", path: "/play/:id/key", operation: "getContentKey", permission: "videos.watch", area: "play",
      async handle({ res, params, call }) {
        sendBytes(res, 200, KEY_HEADERS, await call<Uint8Array>("delivery.contentKey", { id: parseVideoId(params["id"]) }, PLAY));
      },
    },
    {
      method: "POST", path: "/play/:id/license", operation: "getLicense", permission: "videos.watch", area: "play", rate: "play",
      async handle({ req, res, params, call }) {
        const id = parseVideoId(params["id"]);
        const keyIds = parseKeyIds(await readJsonOfAnyType(req));
        sendJson(res, 200, await call<License>("delivery.license", { id, keyIds }, PLAY));
      },
    },
  ];
}

/** @throws bad_request */
function parseKeyIds({ kids }: Readonly<Record<string, unknown>>): string[] {
  const isIds = Array.isArray(kids) && kids.length > 0 && kids.length <= MAX_LICENSE_KEYS && kids.every((kid: unknown) => typeof kid === "string" && KEY_ID.test(kid));
  if (!isIds) throw fail("bad_request", `kids must be 1 to ${MAX_LICENSE_KEYS} key ids, each of 16 bytes in base64url.`);
  return kids as string[];
}
