/**
 * Names for those who watch, for one day: hashes under a secret that the region makes by chance each day and forgets two days
 * later. With it goes all that could say that two days' viewers, or a viewer and a person, are the same.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import type { ReportOrigin } from "./insights.contract.ts";

/** Who asks: a person's log-in is theirs alone, a key or a link may be many persons', and a page takes another link each time. */
export interface Viewer { subject: string; origin: ReportOrigin }
export interface DayNames { viewer(viewer: Viewer): string; household(origin: ReportOrigin): string }

const KEPT_SEC = 2 * 86_400;
/** Redis may have been lost, and have another. */
const KNOWN_MS = 30_000;
const ONE_PERSON = /^(login|p):/;

export function viewerNames(redis: Pick<Redis, "set" | "get">, { usageSalt }: Pick<RedisKeys, "usageSalt">, now: () => number = () => performance.now()) {
  let known: { day: string; salt: string; at: number } | undefined;

  async function saltOf(day: string): Promise<string> {
    if (known?.day === day && now() - known.at < KNOWN_MS) return known.salt;
    await redis.set(usageSalt(day), randomBytes(32).toString("base64url"), "EX", KEPT_SEC, "NX");
    const salt = (await redis.get(usageSalt(day))) ?? randomBytes(32).toString("base64url");
    known = { day, salt, at: now() };
    return salt;
  }

  return {
    /** @param day as in 2026-11-26 */
    async of(day: string): Promise<DayNames> {
      const salt = await saltOf(day);
      const name = (...parts: string[]): string => createHmac("sha256", salt).update(parts.join("\0")).digest("base64url").slice(0, 22);
      return {
        viewer: ({ subject, origin }) => (ONE_PERSON.test(subject) ? name("person", subject) : name("browser", subject.startsWith("link:") ? "link" : subject, origin.household, origin.agent)),
        household: ({ household }) => name("household", household),
      };
    },
  };
}

export type ViewerNames = ReturnType<typeof viewerNames>;
