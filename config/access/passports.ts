/**
 * A caller's papers within the mesh: who they are, sealed by the node that let them in, and good for a minute or two. They
 * travel as `meta.passport` with every call that is made for that caller; plain `meta` says nothing.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { fail } from "../errors.ts";
import { upTo } from "../lru-room.ts";
import type { Caller } from "./permissions.ts";

export interface Passports {
  issue(caller: Caller): string;
  /** @throws unauthorized when it was not issued in this mesh, or has expired */
  read(passport: unknown): Caller;
}

/** Longer than a call may take that goes through several nodes, an upload apart: that is read once, where it arrives. */
const GOOD_MS = 10 * 60_000;
const MAX_KNOWN = 2_000;

interface Page { caller: Caller; until: number }

/** @param secret the mesh's; undefined: NATS is open, and whoever reaches it can forge anything */
export function passports(secret: string | undefined, namespace: string, now: () => number = Date.now): Passports {
  const key = Buffer.from(hkdfSync("sha256", secret ?? "", namespace, "lectern passports", 32));
  const known = new LRUCache<string, Page>(upTo(MAX_KNOWN));
  const sign = (text: string): Buffer => createHmac("sha256", key).update(text).digest();

  function open(passport: unknown): Page {
    if (typeof passport !== "string") throw forged();
    const seen = known.get(passport);
    if (seen !== undefined) return seen;
    const [text = "", mark = ""] = passport.split(".");
    const given = Buffer.from(mark, "base64url");
    const due = sign(text);
    if (given.length !== due.length || !timingSafeEqual(given, due)) throw forged();
    const page = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Page;
    known.set(passport, page);
    return page;
  }

  return {
    issue(caller) {
      const text = Buffer.from(JSON.stringify({ caller, until: now() + GOOD_MS } satisfies Page)).toString("base64url");
      return `${text}.${sign(text).toString("base64url")}`;
    },
    read(passport) {
      const { caller, until } = open(passport);
      if (until < now()) throw fail("unauthorized", "The call took longer than its caller was vouched for.");
      return caller;
    },
  };
}

const forged = (): Error => fail("unauthorized", "The caller's passport is not of this mesh.");
