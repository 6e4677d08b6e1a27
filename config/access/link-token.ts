/**
 * A link's token: what it grants, signed. It stands in the path, before the video's id, so what a playlist names relative to
 * itself has it too. 42 bytes in base64url, which need no padding and so have one spelling:
 *
 *     form and uses 1 B · key 4 B · good until 4 B (s since 1970) · since 4 B · link 9 B · tenant 4 B · HMAC-SHA256 16 B
 *
 * The signature is over the rest, the video's id, and the network of who may use it, where it is bound to one.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";
import { USES, type Grant } from "./grants.ts";
import type { LinkKeys } from "./link-keys.ts";

/** A network in hex: of IPv4 a /24, of IPv6 a /56. */
export type Network = string;

const FORM = 0b0001_0000;
const BOUND = 0b1000;
const [MAC_BYTES, TOKEN_BYTES] = [16, 42];
const [KEY_AT, UNTIL_AT, SINCE_AT, LINK_AT, TENANT_AT, MAC_AT] = [1, 5, 9, 13, 22, 26];
export const LINK_ID = /^[A-Za-z0-9_-]{12}$/;
export const TOKEN = /^[A-Za-z0-9_-]{56}$/;

/** @param network undefined: whoever has it may use it @throws links_off */
export function signLink(keys: LinkKeys, grant: Grant, network: Network | undefined): string {
  const { id, key } = keys.signing();
  const token = Buffer.alloc(TOKEN_BYTES);
  token[0] = FORM | (network === undefined ? 0 : BOUND) | USES.reduce((bits, use, at) => bits | (grant.uses.includes(use) ? 1 << at : 0), 0);
  token.write(id, KEY_AT, "hex");
  token.writeUInt32BE(Math.floor(grant.until / 1000), UNTIL_AT);
  token.writeUInt32BE(grant.since, SINCE_AT);
  token.write(grant.linkId, LINK_AT, "base64url");
  token.write(grant.tenant, TENANT_AT, "hex");
  signature(key, token, grant.videoId, network).copy(token, MAC_AT);
  return token.toString("base64url");
}

/** What a token grants for this video, to who asks from `network`; undefined: nothing. */
export function readLink(keys: LinkKeys, text: string, videoId: string, network: Network | undefined, nowMs: number): Grant | undefined {
  if (!TOKEN.test(text)) return undefined;
  const token = Buffer.from(text, "base64url");
  const flags = token[0] ?? 0;
  const key = keys.find(token.toString("hex", KEY_AT, UNTIL_AT));
  const bound = (flags & BOUND) !== 0;
  if (key === undefined || (flags & 0b1111_0000) !== FORM || (bound && network === undefined)) return undefined;
  if (!timingSafeEqual(signature(key.key, token, videoId, bound ? network : undefined), token.subarray(MAC_AT))) return undefined;
  const until = token.readUInt32BE(UNTIL_AT) * 1000;
  if (until <= nowMs) return undefined;
  return {
    videoId, until, uses: USES.filter((_, at) => (flags & (1 << at)) !== 0), linkId: token.toString("base64url", LINK_AT, TENANT_AT),
    since: token.readUInt32BE(SINCE_AT), tenant: token.toString("hex", TENANT_AT, MAC_AT),
  };
}

function signature(key: Buffer, token: Buffer, videoId: string, network: Network | undefined): Buffer {
  return createHmac("sha256", key).update(token.subarray(0, MAC_AT)).update(`${videoId} ${network ?? ""}`).digest().subarray(0, MAC_BYTES);
}

/** The network that an address is of; undefined for what is none. */
export function networkOf(address: string): Network | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv4(plain) && !ipaddr.IPv6.isValid(plain)) return undefined;
  const bytes = Buffer.from(ipaddr.parse(plain).toByteArray());
  return bytes.subarray(0, bytes.length === 4 ? 3 : 7).toString("hex");
}
