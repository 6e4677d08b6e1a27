/** Names to addresses, every one of them checked. */
import { Resolver } from "node:dns/promises";
import { isGlobalAddress } from "./address-rules.ts";
import { AddressRefused } from "./refusal.ts";

/** All addresses of a name, IPv4 and IPv6; none: there is no such name. @throws when DNS does not answer */
export type ResolveHost = (host: string) => Promise<string[]>;

/** DNS answers that say "no", as opposed to no answer. */
const ABSENT = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * Asks DNS itself, not the system's resolver, which would hold one of the four threads that also do file access for
 * as long as somebody's name server likes.
 */
export function dnsResolver(deadlineMs: number): ResolveHost {
  return async (host) => {
    const resolver = new Resolver({ timeout: Math.ceil(deadlineMs / 2), tries: 2 });
    const limit = setTimeout(() => resolver.cancel(), deadlineMs);
    try {
      const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      const unanswered = answers.find((answer) => answer.status === "rejected" && !ABSENT.has(codeOf(answer.reason)));
      if (addresses.length === 0 && unanswered?.status === "rejected") throw unanswered.reason;
      return addresses;
    } finally {
      clearTimeout(limit);
    }
  };
}

/** One bad address among good ones refuses them all: nobody serves a file from both. @throws AddressRefused */
export async function resolveGlobal(host: string, resolve: ResolveHost): Promise<string[]> {
  const addresses = await resolve(host);
  if (addresses.length === 0) throw new AddressRefused(`${host} has no address`);
  const bad = addresses.find((address) => !isGlobalAddress(address));
  if (bad !== undefined) throw new AddressRefused(`${host} has the address ${bad}`);
  return addresses;
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
