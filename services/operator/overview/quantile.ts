/**
 * A quantile of a histogram, as Prometheus' `histogram_quantile` has it: even within a bucket.
 * @param buckets upper bounds, ascending, with how many were no larger @param share from 0 to 1
 * @returns undefined of nothing; Infinity when it lies beyond the last bound
 */
export function quantileOf(buckets: readonly (readonly [bound: number, within: number])[], count: number, share: number): number | undefined {
  if (count <= 0) return undefined;
  const rank = share * count;
  const index = buckets.findIndex(([, within]) => within >= rank);
  const found = buckets[index];
  if (found === undefined) return Infinity;
  const [lower, below] = buckets[index - 1] ?? [0, 0];
  const [upper, within] = found;
  return within === below ? upper : lower + ((upper - lower) * Math.max(0, rank - below)) / (within - below);
}
