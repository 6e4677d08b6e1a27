/** Values that count more or less. */
export interface Weighed { value: number; weight: number }

/**
 * The value that `share` of the weight does not exceed, straight between the middles of neighbours: of two equal weights
 * the median is their mean. NaN of none.
 */
export function weightedQuantile(samples: readonly Weighed[], share: number): number {
  const sorted = samples.filter(({ weight }) => weight > 0).toSorted((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let [passed, before] = [0, undefined as { value: number; at: number } | undefined];
  for (const { value, weight } of sorted) {
    const at = (passed + weight / 2) / total;
    if (at >= share) return before === undefined ? value : before.value + ((value - before.value) * (share - before.at)) / (at - before.at);
    before = { value, at };
    passed += weight;
  }
  return before?.value ?? Number.NaN;
}
