/**
 * robots.txt (RFC 9309): what an origin asks programs not to fetch. Read once a day for each origin. A file that is not
 * there allows everything; one that the origin cannot give forbids everything for a while.
 */
import { LRUCache } from "lru-cache";
import robotsParser from "robots-parser";
import { upTo } from "../../../config/lru-room.ts";

/** What an origin answered for its robots.txt. */
export interface RobotsAnswer { status: number; text: string }

export interface Robots {
  /** @throws what the fetch throws */
  allows(url: URL, signal: AbortSignal): Promise<boolean>;
}

/** Our name in robots.txt. */
export const PRODUCT = "Lectern";
/** RFC 9309 2.5: at least so much of it must be read. */
export const MAX_ROBOTS_BYTES = 512 * 1024;

const DAY_MS = 24 * 3_600_000;
const AGAIN_MS = 5 * 60_000;

type Rules = (url: URL) => boolean;

/** CommonJS: what its types call the default export is the module itself. */
const parseRobots = robotsParser as unknown as typeof robotsParser.default;

export function openRobots(fetch: (url: URL, signal: AbortSignal) => Promise<RobotsAnswer>): Robots {
  const known = new LRUCache<string, Promise<Rules>>({ ...upTo(2_000), ttl: DAY_MS });

  async function read(url: URL, signal: AbortSignal): Promise<Rules> {
    const { status, text } = await fetch(url, signal);
    if (status >= 200 && status < 300) {
      const robots = parseRobots(url.href, text);
      return (target) => robots.isAllowed(target.href, PRODUCT) ?? true;
    }
    if (status >= 500 || status === 429) {
      known.set(url.origin, Promise.resolve(() => false), { ttl: AGAIN_MS });
      return () => false;
    }
    return () => true;
  }

  return {
    async allows(url, signal) {
      let rules = known.get(url.origin);
      if (rules === undefined) {
        const reading = read(new URL("/robots.txt", url), signal);
        rules = reading;
        known.set(url.origin, reading);
        reading.catch(() => { if (known.peek(url.origin) === reading) known.delete(url.origin); });
      }
      return (await rules)(url);
    },
  };
}
