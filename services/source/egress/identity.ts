/** One way out of this node: its connections, and how it has fared. */
import type { Dispatcher } from "undici";
import { Agent } from "undici";
import type { Connector } from "../../../mixins/guarded-dial/guarded-connector.ts";
import type { IdentityEntry } from "../access/policy-schema.ts";

/** What the operator sees of it. */
export interface IdentityState {
  name: string;
  region?: string;
  /** Ms of rest yet after failures; 0: it is used. */
  restingMs: number;
  /** Requests under way. */
  active: number;
  requests: number;
  failures: number;
  /** From request to headers, in ms, averaged over the last ones. */
  latencyMs?: number;
}

export interface Identity {
  readonly entry: IdentityEntry;
  readonly dispatcher: Dispatcher;
  /** Milliseconds of performance.now(). */
  restsUntil: number;
  active: number;
  requests: number;
  failures: number;
  latencyMs: number | undefined;
  /** Failures in a row. */
  strikes: number;
}

const REST_MS = 5_000;
const MAX_REST_MS = 10 * 60_000;
/** A way out that fails once may not be to blame. */
const STRIKES = 2;
/** Weight of the newest figure. */
const SMOOTHING = 0.2;

export function openIdentity(entry: IdentityEntry, connect: Connector, perHost: number): Identity {
  const dispatcher = new Agent({ connect, connections: perHost, pipelining: 1, keepAliveTimeout: 10_000, keepAliveMaxTimeout: 60_000 });
  return { entry, dispatcher, restsUntil: 0, active: 0, requests: 0, failures: 0, latencyMs: undefined, strikes: 0 };
}

/** @param surely it is the way out that failed, not the origin */
export function noteFailure(identity: Identity, surely: boolean, now: number): void {
  identity.failures++;
  identity.strikes++;
  if (!surely && identity.strikes < STRIKES) return;
  identity.restsUntil = now + Math.min(MAX_REST_MS, REST_MS * 2 ** (identity.strikes - 1));
}

export function noteAnswer(identity: Identity, ms: number): void {
  identity.strikes = 0;
  identity.restsUntil = 0;
  identity.latencyMs = identity.latencyMs === undefined ? ms : identity.latencyMs + SMOOTHING * (ms - identity.latencyMs);
}

export function describeIdentity({ entry: { name, region }, restsUntil, active, requests, failures, latencyMs }: Identity, now: number): IdentityState {
  return {
    name, restingMs: Math.max(0, Math.round(restsUntil - now)), active, requests, failures,
    ...(region === undefined ? {} : { region }), ...(latencyMs === undefined ? {} : { latencyMs: Math.round(latencyMs) }),
  };
}
