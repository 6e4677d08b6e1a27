/** The last twenty minutes as the curves need them. */

const KEPT_MS = 20 * 60_000;
/** A step is ten seconds. */
const KEPT = 130;

/** Adds steps to those that are known; what is older than twenty minutes goes. */
export function mergeSteps(known, more) {
  const last = known.at(-1)?.at ?? -Infinity;
  const all = [...known, ...more.filter(({ at }) => at > last)];
  return all.filter(({ at }) => at > all.at(-1).at - KEPT_MS).slice(-KEPT); // where nobody looked for long there is a hole
}

/** Rows of values, each on top of those before. */
export function stackRows(rows) {
  const sums = rows[0]?.map(() => 0) ?? [];
  return rows.map((row) => row.map((value, i) => (sums[i] += value ?? 0)));
}
