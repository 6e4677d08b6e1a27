/** The last twenty minutes as the curves need them. */

const KEPT = 130;

/** Adds steps to those that are known; what is older than twenty minutes goes. */
export function mergeSteps(known, more) {
  const last = known.at(-1)?.at ?? -Infinity;
  return [...known, ...more.filter(({ at }) => at > last)].slice(-KEPT);
}

/** Rows of values, each on top of those before. */
export function stackRows(rows) {
  const sums = rows[0]?.map(() => 0) ?? [];
  return rows.map((row) => row.map((value, i) => (sums[i] += value ?? 0)));
}
