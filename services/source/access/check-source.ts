/** Says at once whether a URL may be fetched, in words fit for callers. Fetching checks again, where it dials. */
import { isIP } from "node:net";
import { errorMessage } from "../../../config/errors.ts";
import { addressRefused, findAddressRefused } from "./refusal.ts";
import { resolveGlobal, type ResolveHost } from "./resolve-host.ts";
import { bareHost, formatHostPort, parseSourceUrl, type AllowedOrigins } from "./source-url.ts";

/** `parseSourceUrl` with refusals made fit for callers. @throws bad_url, source_refused */
export function parseForCaller(text: string, allowed: AllowedOrigins, note: (reason: string) => void): URL {
  try {
    return parseSourceUrl(text, allowed);
  } catch (error) {
    const refused = findAddressRefused(error);
    if (refused === undefined) throw error;
    note(`source refused: ${refused.message}`);
    throw addressRefused();
  }
}

/** @param url as `parseSourceUrl` made it. @throws source_refused, also when DNS does not answer: nothing could be fetched */
export async function checkSource(url: URL, allowed: AllowedOrigins, resolve: ResolveHost, note: (reason: string) => void): Promise<void> {
  if (allowed.has(formatHostPort(url)) || isIP(bareHost(url.hostname)) !== 0) return;
  try {
    await resolveGlobal(url.hostname, resolve);
  } catch (error) {
    note(`source refused: ${errorMessage(error)}`);
    throw addressRefused();
  }
}
