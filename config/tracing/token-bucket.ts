/** Lets so many things a second happen, and `burst` at once after a quiet while. */
export function openTokenBucket(perSec: number, burst: number, now: () => number = () => performance.now()) {
  let [tokens, at] = [burst, now()];
  return {
    /** Whether one more may. */
    take(): boolean {
      const time = now();
      tokens = Math.min(burst, tokens + ((time - at) / 1000) * perSec);
      at = time;
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}
