/**
 * Which encodes viewers took lately as they began, by tenant and course, in this node's memory: what those who come next will
 * take. Players choose by their lines and screens, which a class largely shares.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import type { RenditionShares } from "./opening.ts";

/** `course` absent: of no course, or of one that nothing is known of yet. */
export interface AudienceOf { tenant: string; course?: string | undefined }

/** Tenants and courses. */
const MAX_AUDIENCES = 2_000;
/** More than a ladder has. */
const MAX_NAMES = 24;
/** Segments from which on a choice is one: six viewers' first minute or so. */
const LEAST_SEEN = 100;
/** At so many all count half: what was taken long ago is forgotten. */
const MOST_SEEN = 5_000;

export function openAudience() {
  const audiences = new LRUCache<string, Map<string, number>>(upTo(MAX_AUDIENCES));
  const nameOf = ({ tenant, course }: AudienceOf): string => `${tenant} ${course ?? ""}`;
  const sum = (seen: ReadonlyMap<string, number>): number => [...seen.values()].reduce((all, count) => all + count, 0);

  function add(audience: AudienceOf, rendition: string): void {
    const name = nameOf(audience);
    const seen = audiences.get(name) ?? new Map<string, number>();
    audiences.set(name, seen);
    if (!seen.has(rendition) && seen.size >= MAX_NAMES) return;
    seen.set(rendition, (seen.get(rendition) ?? 0) + 1);
    if (sum(seen) > MOST_SEEN) for (const [one, count] of seen) seen.set(one, count / 2);
  }

  return {
    /** A viewer took a segment of an encode in the first minute of a video. */
    note({ tenant, course }: AudienceOf, rendition: string): void {
      add({ tenant }, rendition);
      if (course !== undefined) add({ tenant, course }, rendition);
    },
    /** Of the course, else of the tenant; none while too little is known. */
    sharesOf({ tenant, course }: AudienceOf): RenditionShares {
      const enough = [{ tenant, course }, { tenant }].map((one) => audiences.get(nameOf(one))).find((seen) => seen !== undefined && sum(seen) >= LEAST_SEEN);
      return Object.fromEntries(enough ?? []);
    },
  };
}

export type Audience = ReturnType<typeof openAudience>;
