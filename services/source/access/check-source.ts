/** Says at once whether a URL may be fetched, in words fit for callers. Fetching checks again, where it dials. */
import { isIP } from "node:net";
import { errorMessage } from "../../../config/errors.ts";
import { addressRefused } from "./address-refused.ts";
import { findAddressRefused } from "../../../mixins/guarded-dial/refusal.ts";
import { resolveGlobal, type ResolveHost } from "../../../mixins/guarded-dial/resolve-host.ts";
import { bareHost, formatHostPort, parsePublicUrl, type AllowedOrigins } from "../../../mixins/guarded-dial/public-url.ts";

/** `parsePublicUrl` with refusals made fit for callers. @throws bad_url, source_refused */
export function parseForCaller(text: string, allowed: AllowedOrigins, note: (reason: string) => void): URL {
  try {
    return parsePublicUrl(text, allowed);
  } catch (error) {
    const refused = findAddressRefused(error);
    if (refused === undefined) throw error;
    note(`source refused: ${refused.message}`);
    throw addressRefused();
  }
}

/** @param url as `parsePublicUrl` made it. @throws source_refused, also when DNS does not answer: nothing could be fetched */
export async function checkSource(url: URL, allowed: AllowedOrigins, resolve: ResolveHost, note: (reason: string) => void): Promise<void> {
  if (allowed.has(formatHostPort(url)) || isIP(bareHost(url.hostname)) !== 0) return;
  try {
    await resolveGlobal(url.hostname, resolve);
  } catch (error) {
    note(`source refused: ${errorMessage(error)}`);
    throw addressRefused();
  }
}
