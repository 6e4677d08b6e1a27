/** What a policy file means for one host. Pure. */
import { hostPatterns } from "./host-patterns.ts";
import type { HostEntry, IdentityEntry, PolicyFile, Rotation } from "./policy-schema.ts";
import { parseQuietHours, type QuietHours } from "./quiet-hours.ts";

/** Everything that is to be known before a host is asked for anything. */
export interface HostPolicy {
  /** For metrics: the entry's first pattern, or `default`. */
  readonly name: string;
  readonly identities: readonly IdentityEntry[];
  readonly rotation: Rotation;
  /** Sets of headers, one of which a source gets; undefined: our own name. */
  readonly profile: readonly Readonly<Record<string, string>>[] | undefined;
  readonly concurrency: number;
  readonly requestsPerSec: number;
  readonly bytesPerSec: number;
  readonly thinkMs: readonly [number, number];
  /** Undefined: obeyed, but for origins that the operator's settings name: those are the operator's own. */
  readonly robots: "obey" | "ignore" | undefined;
  readonly quietHours: readonly QuietHours[];
  readonly readAhead: boolean;
}

export interface AccessPolicy {
  readonly contact: string | undefined;
  /** Ways out, all of them. */
  readonly identities: readonly IdentityEntry[];
  /** Whether the operator lets this host be fetched from at all. */
  isAllowed(hostname: string): boolean;
  of(hostname: string): HostPolicy;
}

export const DIRECT: IdentityEntry = { name: "direct" };

/** Gentler than a browser, which opens six connections for one person. */
const DEFAULTS = { rotation: "round-robin", concurrency: 8, requestsPerSec: 30, bytesPerSec: Infinity, thinkMs: [0, 0], readAhead: true } as const;

/** @param file as `parsePolicy` has found it good */
export function accessPolicy({ contact, domains = {}, identities = [DIRECT], profiles = {}, hosts = [] }: PolicyFile): AccessPolicy {
  const allowed = domains.allow === undefined ? () => true : hostPatterns(domains.allow);
  const denied = hostPatterns(domains.deny ?? []);
  const describe = ({ match: [name = "default"], identities: names, profile, quietHours = [], robots, ...rest }: HostEntry): HostPolicy => ({
    ...DEFAULTS, ...rest, name: name === "*" ? "default" : name, robots,
    identities: names === undefined ? identities : identities.filter((identity) => names.includes(identity.name)),
    profile: profile === undefined ? undefined : profiles[profile],
    quietHours: quietHours.flatMap((text) => parseQuietHours(text) ?? []),
  });
  const entries = hosts.map((entry) => ({ matches: hostPatterns(entry.match), policy: describe(entry) }));
  const fallback = describe({ match: ["*"] });
  return {
    contact, identities,
    isAllowed: (hostname) => allowed(hostname) && !denied(hostname),
    of: (hostname) => entries.find(({ matches }) => matches(hostname))?.policy ?? fallback,
  };
}
