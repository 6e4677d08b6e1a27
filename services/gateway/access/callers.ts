/** Whose requests are: the key that they show, as `access` knows it, asked about once in ten seconds. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { LRUCache } from "lru-cache";
import type { Passports } from "../../../config/access/passports.ts";
import { ANONYMOUS, may, type Caller, type Permission } from "../../../config/access/permissions.ts";
import { fail } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import type { Throttle } from "../limits/throttle.ts";

/** `passport`: for the calls that are made on the caller's behalf; undefined: nobody asks for any. */
export interface Admitted { caller: Caller; passport?: string }
export interface Callers {
  /** @throws unauthorized, forbidden; what `authenticate` and `beforeKey` throw, where a key is shown */
  admit(req: Pick<IncomingMessage, "headers" | "socket">, permission: Permission): Promise<Admitted>;
  /** Who is known and may, without waiting; undefined: `admit` has to look, or to refuse them. */
  recall(req: Pick<IncomingMessage, "headers">, permission: Permission): Admitted | undefined;
  /** What is known of a key no longer holds. */
  forget(subject: string): void;
}

export interface CallerOptions {
  /** null: nobody's, or no longer good. */
  authenticate(credential: string): Promise<Caller | null>;
  passports: Passports;
  /** Before a key is looked at that is not known, and when it was nobody's. */
  throttle: Pick<Throttle, "beforeKey" | "wrongKey">;
  now?: () => number;
}

interface Known { caller: Promise<Caller | null>; at: number; found?: Caller; passport?: string }

/** How long a key is good here that was revoked, where word of that was lost; and what nobody knows is not asked about again. */
const KNOWN_MS = 10_000;
const MAX_KNOWN = 10_000;
const MAX_CREDENTIAL = 4_096;

const refused = new WeakMap<Error, Caller>();

/** Whom `admit` refused with this error, where it knows. */
export function findRefused(error: unknown): Caller | undefined {
  return error instanceof Error ? refused.get(error) : undefined;
}

/** For a network that nobody else reaches: whoever asks may do everything. */
export function everybody(): Callers {
  const admitted: Admitted = { caller: { subject: "anybody", roles: ["admin"] } };
  return { admit: async () => admitted, recall: () => admitted, forget: () => undefined };
}

export function openCallers({ authenticate, passports, throttle, now = () => performance.now() }: CallerOptions): Callers {
  const known = new LRUCache<string, Known>(upTo(MAX_KNOWN));
  let anonymous: Known | undefined;

  /** Keys stay out of memory but for the moment of the request. */
  function find(credential: string, req: Parameters<Callers["admit"]>[0]): Known {
    const id = nameOf(credential);
    const entry = known.get(id);
    if (entry !== undefined && now() - entry.at < KNOWN_MS) return entry;
    if (entry?.found === undefined) throttle.beforeKey(req);
    const fresh: Known = { caller: authenticate(credential), at: now() };
    fresh.caller.then((caller) => { if (caller !== null) fresh.found = caller; }, () => known.delete(id)); // the next one asks for themselves
    known.set(id, fresh);
    return fresh;
  }

  function asAnonymous(): Admitted {
    if (anonymous === undefined || now() - anonymous.at > KNOWN_MS) anonymous = { caller: Promise.resolve(ANONYMOUS), at: now() };
    return { caller: ANONYMOUS, passport: passportOf(anonymous, ANONYMOUS) };
  }

  function passportOf(entry: Known, caller: Caller): string {
    return (entry.passport ??= passports.issue(caller));
  }

  return {
    async admit(req, permission) {
      const { authorization } = req.headers;
      if (authorization === undefined) {
        if (!may(ANONYMOUS, permission)) throw fail("unauthorized", "This needs an API key: Authorization: Bearer lectern_…");
        return asAnonymous();
      }
      const credential = parseCredential(authorization);
      if (credential === undefined) throw fail("unauthorized", "Authorization must be `Bearer` and an API key.");
      const entry = find(credential, req);
      const caller = await entry.caller;
      if (caller === null) {
        throttle.wrongKey(req);
        throw fail("unauthorized", "The API key is not good: nobody's, expired or revoked.");
      }
      if (!may(caller, permission)) {
        const refusal = fail("forbidden", `This asks for the permission ${permission}, which the key does not have.`);
        refused.set(refusal, caller);
        throw refusal;
      }
      return { caller, passport: passportOf(entry, caller) };
    },
    recall({ headers: { authorization } }, permission) {
      if (authorization === undefined) return may(ANONYMOUS, permission) ? asAnonymous() : undefined;
      const credential = parseCredential(authorization);
      const entry = credential === undefined ? undefined : known.get(nameOf(credential));
      if (entry?.found === undefined || now() - entry.at >= KNOWN_MS || !may(entry.found, permission)) return undefined;
      return { caller: entry.found, passport: passportOf(entry, entry.found) };
    },
    forget(subject) {
      for (const [id, entry] of known.entries()) if (entry.found?.subject === subject) known.delete(id);
    },
  };
}

function nameOf(credential: string): string {
  return createHash("sha256").update(credential).digest("base64");
}

function parseCredential(authorization: string): string | undefined {
  const credential = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  return credential === undefined || credential.length > MAX_CREDENTIAL ? undefined : credential;
}
