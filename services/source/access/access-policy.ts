/** What a policy file means for one host. Pure. */
import { hostPatterns, type HostPatterns } from "./host-patterns.ts";
import type { Domains, HostEntry, IdentityEntry, PolicyFile, Rotation } from "./policy-schema.ts";
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
  readonly robots: "obey" | "ignore";
  readonly quietHours: readonly QuietHours[];
  readonly readAhead: boolean;
}

export interface AccessPolicy {
  readonly contact: string | undefined;
  /** Ways out, all of them. */
  readonly identities: readonly IdentityEntry[];
  /** Whether the operator lets this host be fetched from at all; with `tenant`, whether for that one. */
  isAllowed(hostname: string, tenant?: string): boolean;
  /** Whether the tenant has a list of its own: others are all alike. */
  hasList(tenant: string): boolean;
  /** @param own an origin that the operator's settings name (LECTERN_SOURCE_ALLOW): the operator's own */
  of(hostname: string, own: boolean): HostPolicy;
}

export const DIRECT: IdentityEntry = { name: "direct" };

/** Of strangers: gentler than browsers, which open six connections for each person. */
const DEFAULTS = { rotation: "round-robin", concurrency: 8, requestsPerSec: 30, bytesPerSec: Infinity, thinkMs: [0, 0], robots: "obey", readAhead: true } as const;
const OWN_DEFAULTS = { ...DEFAULTS, concurrency: 256, requestsPerSec: 2_000, robots: "ignore" } as const;

/** @param file as `parsePolicy` has found it good */
export function accessPolicy({ contact, domains = {}, tenants = {}, identities = [DIRECT], profiles = {}, hosts = [] }: PolicyFile): AccessPolicy {
  const isWithin = within(domains);
  const tenantsWithin = new Map(Object.entries(tenants).map(([tenant, { domains: theirs }]) => [tenant, within(theirs)]));
  const describe = ({ match: [name = "default"], identities: names, profile, quietHours = [], ...rest }: HostEntry, defaults: typeof DEFAULTS | typeof OWN_DEFAULTS): HostPolicy => ({
    ...defaults, ...rest, name: name === "*" ? "default" : name,
    identities: names === undefined ? identities : identities.filter((identity) => names.includes(identity.name)),
    profile: profile === undefined ? undefined : profiles[profile],
    quietHours: quietHours.flatMap((text) => parseQuietHours(text) ?? []),
  });
  const entries = [...hosts, { match: ["*"] }].map((entry) => ({ matches: hostPatterns(entry.match), policy: describe(entry, DEFAULTS), ownPolicy: describe(entry, OWN_DEFAULTS) }));
  return {
    contact, identities,
    hasList: (tenant) => tenantsWithin.has(tenant),
    isAllowed: (hostname, tenant) => isWithin(hostname) && (tenant === undefined || tenantsWithin.get(tenant)?.(hostname) !== false),
    of(hostname, own) {
      const entry = entries.find(({ matches }) => matches(hostname));
      if (entry === undefined) throw new Error("the last entry matches every host");
      return own ? entry.ownPolicy : entry.policy;
    },
  };
}

function within({ allow, deny = [] }: Domains): HostPatterns {
  const [allowed, denied] = [allow === undefined ? () => true : hostPatterns(allow), hostPatterns(deny)];
  return (hostname) => allowed(hostname) && !denied(hostname);
}
