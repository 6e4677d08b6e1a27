/** Names to addresses, every one of them checked. */
import { Resolver } from "node:dns/promises";
import { isGlobalAddress } from "./address-rules.ts";
import { AddressRefused } from "./refusal.ts";

/** All addresses of a name, IPv4 and IPv6; none: there is no such name. @throws when DNS does not answer */
export type ResolveHost = (host: string) => Promise<string[]>;

/** Of one name: an answer has room for thousands, and each would get a connection that fails. */
const MAX_DIALLED = 16;

/** How long one kind of address waits for the other: some name servers never answer about the one they don't have. */
const OTHER_KIND_MS = 1_000;

/** DNS answers that say "no", as opposed to no answer. */
const ABSENT = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * Asks DNS itself, not the system's resolver, which would hold one of the four threads that also do file access for
 * as long as somebody's name server likes.
 * @param servers `address:port` of name servers; default: the system's
 */
export function dnsResolver(deadlineMs: number, servers?: readonly string[]): ResolveHost {
  return async (host) => {
    const resolver = new Resolver({ timeout: Math.ceil(deadlineMs / 2), tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const timers = [setTimeout(() => resolver.cancel(), deadlineMs)];
    const goOn = (addresses: string[]): string[] => {
      if (addresses.length > 0) timers.push(setTimeout(() => resolver.cancel(), OTHER_KIND_MS));
      return addresses;
    };
    try {
      const answers = await Promise.allSettled([resolver.resolve4(host).then(goOn), resolver.resolve6(host).then(goOn)]);
      const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      const unanswered = answers.find((answer) => answer.status === "rejected" && !ABSENT.has(codeOf(answer.reason)));
      if (addresses.length === 0 && unanswered?.status === "rejected") throw unanswered.reason;
      return addresses;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  };
}

/**
 * One bad address among good ones refuses them all: nobody serves a file from both.
 * @returns those to dial
 * @throws AddressRefused
 */
export async function resolveGlobal(host: string, resolve: ResolveHost): Promise<string[]> {
  const addresses = await resolve(host);
  if (addresses.length === 0) throw new AddressRefused(`${host} has no address`);
  const bad = addresses.find((address) => !isGlobalAddress(address));
  if (bad !== undefined) throw new AddressRefused(`${host} has the address ${bad}`);
  return addresses.slice(0, MAX_DIALLED);
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
