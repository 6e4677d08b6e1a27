/** Pure: what is watched after a video, of what was watched after it before and of the order of its course. */
export interface Following { videoId: string; chance: number }

/** The next lecture of a course counts for so many viewers who went on to it, until there are real ones. */
const PRIOR = 3;
/** A guess worth less is none. */
const LEAST_CHANCE = 0.25;

/** `moves`: how many viewers went on to which video. `next`: the one after it in its course. The likeliest first. */
export function followingOf(moves: Readonly<Record<string, number>>, next: string | undefined): Following[] {
  const counts = new Map(Object.entries(moves));
  if (next !== undefined) counts.set(next, (counts.get(next) ?? 0) + PRIOR);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts].map(([videoId, count]) => ({ videoId, chance: count / Math.max(all, PRIOR) }))
    .filter(({ chance }) => chance >= LEAST_CHANCE).toSorted((a, b) => b.chance - a.chance);
}
