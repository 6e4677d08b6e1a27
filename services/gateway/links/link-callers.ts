/** Whose requests are that come by a link: those of whoever has it. */
import type { IncomingMessage } from "node:http";
import { LRUCache } from "lru-cache";
import type { Grant } from "../../../config/access/grants.ts";
import type { LinkKeys } from "../../../config/access/link-keys.ts";
import { readLink, type Network } from "../../../config/access/link-token.ts";
import type { Passports } from "../../../config/access/passports.ts";
import { ANONYMOUS, type Caller } from "../../../config/access/permissions.ts";
import { fail } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import type { Admitted } from "../access/callers.ts";
import type { Route } from "../exchange.ts";

export interface LinkCallers {
  /**
   * @param videoId as the path has it
   * @returns without a grant where a page is to say that the link is not good
   * @throws video_not_found for what the link is not good for, whyever; not_found where no links lead
   */
  admit(req: IncomingMessage, token: string, route: Route, videoId: string): Admitted & { grant?: Grant };
}

/** From which network a request comes. */
export type FindNetwork = (req: IncomingMessage) => Network | undefined;
export interface LinkCallerOptions { keys: LinkKeys; passports: Passports; findNetwork: FindNetwork; now?: () => number }

/** Passports are good for ten minutes. */
const KNOWN_MS = 60_000;
const MAX_KNOWN = 10_000;

export function openLinkCallers({ keys, passports, findNetwork, now = Date.now }: LinkCallerOptions): LinkCallers {
  const known = new LRUCache<string, { passport: string; caller: Caller }>({ ...upTo(MAX_KNOWN), ttl: KNOWN_MS });
  return {
    admit(req, token, { permission, area, use = "play" }, videoId) {
      if (permission !== "videos.watch") throw fail("not_found", "There is nothing at this path.");
      const grant = readLink(keys, token, videoId, findNetwork(req), now());
      const isGood = grant !== undefined && (use === "any" || grant.uses.includes(use));
      if (!isGood && area === "page") return { caller: ANONYMOUS };
      if (!isGood) throw fail("video_not_found", "There is no such video.");
      const name = `${videoId} ${token}`;
      const seen = known.get(name);
      if (seen !== undefined) return { ...seen, grant };
      const caller: Caller = { subject: `link:${grant.linkId}`, roles: [], grant };
      const entry = { caller, passport: passports.issue(caller) };
      known.set(name, entry);
      return { ...entry, grant };
    },
  };
}
