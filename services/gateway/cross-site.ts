/**
 * Orders without a body need no CORS preflight, so any page that an operator's browser shows could send them. A browser
 * says where a request comes from; a program says nothing, and is let through.
 */
import type { IncomingMessage } from "node:http";
import { fail } from "../../config/errors.ts";

/** Fetch Metadata: the only values of our own pages, and of an address that was typed. */
const OWN_SITES = ["same-origin", "none"];

/** @throws cross_site */
export function refuseOtherSites({ headers }: Pick<IncomingMessage, "headers">): void {
  const site = headers["sec-fetch-site"];
  const { origin, host = "" } = headers;
  // Browsers too old for Fetch Metadata send an Origin with every POST.
  const isOwn = site === undefined ? origin === undefined || hostOf(origin) === host.toLowerCase() : typeof site === "string" && OWN_SITES.includes(site);
  if (!isOwn) throw fail("cross_site", "The page of another site may not order this.");
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
