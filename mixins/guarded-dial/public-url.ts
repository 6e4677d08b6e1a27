/**
 * The form of a URL that may be fetched. One parser (WHATWG) reads it here, and only what that parser made of it goes
 * on, so that nobody behind can read the text in another way.
 */
import { isIP } from "node:net";
import { fail } from "../../config/errors.ts";
import { isGlobalAddress } from "./address-rules.ts";
import { AddressRefused } from "./refusal.ts";

const MAX_URL_LENGTH = 2048;
const PORTS = new Set(["80", "443"]);
/** Names that mean something only inside somebody's network. */
const PRIVATE_NAMES = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion)$/;
const CONTROL_CHARACTERS = /\p{Cc}/u;

/** Exact `host:port` pairs which an operator has exempted from the address rules. */
export type AllowedOrigins = ReadonlySet<string>;

/** A URL, and the tenant whose list of domains has to allow where it leads; absent: no tenant's. */
export interface PostedUrl { readonly url: URL; readonly tenant?: string }

/** @param pairs `host:port` as in LECTERN_SOURCE_ALLOW; read by the same parser as the URLs they are compared with */
export function parseAllowedOrigins(pairs: readonly string[]): AllowedOrigins {
  return new Set(pairs.map((pair) => formatHostPort(new URL(`http://${pair}`))));
}

/** Host and port, the default port filled in. */
export function formatHostPort(url: URL): string {
  return `${url.hostname}:${url.port || defaultPort(url.protocol)}`;
}

export function defaultPort(protocol: string): string {
  return protocol === "https:" ? "443" : "80";
}

/** A socket's host without the brackets that a URL puts around IPv6. */
export function bareHost(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/**
 * Everything that can be said without asking DNS.
 * @throws bad_url for what is not such a URL at all, AddressRefused for one that leads where it must not
 */
export function parsePublicUrl(text: string, allowed: AllowedOrigins): URL {
  if (text.length > MAX_URL_LENGTH) throw fail("bad_url", `The URL is longer than ${MAX_URL_LENGTH} characters.`);
  if (CONTROL_CHARACTERS.test(text)) throw fail("bad_url", "The URL has control characters in it.");
  if (!URL.canParse(text)) throw fail("bad_url", "The URL cannot be read.");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw fail("bad_url", "The URL must start with http: or https:.");
  if (url.username !== "" || url.password !== "") throw fail("bad_url", "The URL must not have a user name or password in it.");
  url.hash = "";
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1); // the root's dot: the same name
  if (!allowed.has(formatHostPort(url))) refusePrivate(url);
  return url;
}

function refusePrivate(url: URL): void {
  const port = url.port || defaultPort(url.protocol);
  if (!PORTS.has(port)) throw new AddressRefused(`port ${port}`);
  const host = bareHost(url.hostname);
  if (isIP(host) !== 0) {
    if (!isGlobalAddress(host)) throw new AddressRefused(`address ${host}`);
    return;
  }
  if (host.endsWith(".") || !host.includes(".") || PRIVATE_NAMES.test(host)) throw new AddressRefused(`name ${host}`);
}
