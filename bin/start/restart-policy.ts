/** When a process that died by itself is started again, and when that is given up. */
const WINDOW_MS = 60_000;
const MAX_FAILURES = 5;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/**
 * How long to wait before the next start, in ms; undefined: give up.
 * @param failures when it died (ms), oldest first, the last one just now
 */
export function restartDelayMs(failures: readonly number[]): number | undefined {
  const now = failures.at(-1) ?? 0;
  const recent = failures.filter((at) => now - at < WINDOW_MS).length;
  if (recent >= MAX_FAILURES) return undefined;
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (recent - 1));
}
