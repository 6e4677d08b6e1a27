/** Pure: how many nodes of its own an autoscaler is to have. */

/** Beside what `others` bring, which is never ended. @param desired transcoders that the region should have */
export function nodesWanted(desired: number, others: number, max: number): number {
  return Math.min(max, Math.max(0, Math.ceil(desired) - others));
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** How long to wait after so many nodes in a row that ended by themselves, in ms. */
export function pauseAfter(failures: number): number {
  return failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}
