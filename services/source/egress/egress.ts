/**
 * The ways out of this node, and which source goes through which. A source keeps its way and its headers while it is
 * being read, as one visitor would; where a way fails, it goes on through another. Only ways that a host's policy names
 * are taken: what is to leave through a proxy never leaves without.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";
import type { AccessPolicy, HostPolicy } from "../access/access-policy.ts";
import type { IdentityEntry } from "../access/policy-schema.ts";
import { guardedConnector, type ConnectorOptions } from "../../../mixins/guarded-dial/guarded-connector.ts";
import { chooseIdentity } from "./choose-identity.ts";
import { describeIdentity, noteAnswer, noteFailure, openIdentity, type Identity, type IdentityState } from "./identity.ts";
import { EgressTrouble, openTunnelThrough } from "./tunnel.ts";

/** One visit of an origin, for one source: the same way out and the same headers throughout. */
export interface Visit {
  readonly identity: Identity;
  /** Beside those that each request needs. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Egress {
  /** @param source who visits; the same source at the same host is the same visitor */
  visit(source: string, hostname: string, policy: HostPolicy): Visit;
  /** A request through it was answered, after `ms`. */
  answered(visit: Visit, ms: number): void;
  /** A request, or the body of one, failed on the way. */
  failed(visit: Visit, error: unknown): void;
  /** Takes over a new policy's ways out; those that stay keep their connections. */
  update(policy: AccessPolicy): void;
  describe(): IdentityState[];
  close(): Promise<void>;
}

export interface EgressOptions extends ConnectorOptions {
  region: string;
  /** Connections to one host through one way out. */
  perHost: number;
  /** Our own name, where a host's policy gives no other. */
  ownHeaders: () => Readonly<Record<string, string>>;
}

const MAX_VISITS = 2_000;
/** A visitor who has been away for so long is another. */
const VISIT_MS = 10 * 60_000;

export function openEgress(policy: AccessPolicy, { region, perHost, ownHeaders, ...connecting }: EgressOptions): Egress {
  const identities = new Map<string, Identity>();
  const visits = new LRUCache<string, Visit & { failed: boolean }>({ ...upTo(MAX_VISITS), ttl: VISIT_MS, updateAgeOnGet: true });
  let turn = 0;

  const keyOf = ({ name, proxy = "", region: where = "" }: IdentityEntry): string => JSON.stringify([name, proxy, where]);

  function get(entry: IdentityEntry): Identity {
    const key = keyOf(entry);
    const known = identities.get(key);
    if (known !== undefined) return known;
    const through = entry.proxy === undefined ? {} : { tunnel: openTunnelThrough(entry.name, entry.proxy) };
    const identity = openIdentity(entry, guardedConnector({ ...connecting, ...through }), perHost);
    identities.set(key, identity);
    return identity;
  }

  function update({ identities: entries }: AccessPolicy): void {
    const kept = new Set(entries.map(keyOf));
    for (const [key, identity] of identities) {
      if (kept.has(key)) continue;
      identities.delete(key);
      void identity.dispatcher.close(); // when its requests have ended
    }
    for (const entry of entries) get(entry);
    visits.clear();
  }

  update(policy);
  return {
    visit(source, hostname, hostPolicy) {
      const key = `${hostname} ${source}`;
      const before = visits.get(key);
      const now = performance.now();
      if (before !== undefined && !before.failed && before.identity.restsUntil <= now) return before;
      const candidates = hostPolicy.identities.map(get);
      const identity = chooseIdentity(candidates, hostPolicy.rotation, { turn: turn++, region, now, avoid: before?.failed === true ? before.identity : undefined });
      if (identity === undefined) throw new EgressTrouble("no way out is left"); // a policy without identities is refused
      const sets = hostPolicy.profile;
      const headers = before?.headers ?? sets?.[turn % sets.length] ?? ownHeaders();
      const visit = { identity, headers, failed: false };
      visits.set(key, visit);
      return visit;
    },
    answered(visit, ms) {
      noteAnswer(visit.identity, ms);
    },
    failed(visit, error) {
      noteFailure(visit.identity, error instanceof EgressTrouble, performance.now());
      Object.assign(visit, { failed: true });
    },
    update,
    describe: () => [...identities.values()].map((identity) => describeIdentity(identity, performance.now())),
    async close() {
      await Promise.all([...identities.values()].map(async ({ dispatcher }) => await dispatcher.destroy()));
    },
  };
}
