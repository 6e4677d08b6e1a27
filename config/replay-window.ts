/** Remembers which numbers of a growing series have come, in a window behind the highest: 1 bit each, whatever comes. */
const WINDOW = 4_096;

/** @returns whether `number` (a whole one, from 1) comes for the first time; false also where nobody knows, far behind the highest */
export function replayWindow(): (number: number) => boolean {
  const bits = new Uint8Array(WINDOW / 8);
  let highest = 0;

  return (number) => {
    if (number <= highest - WINDOW || number < 1) return false;
    if (number - highest >= WINDOW) bits.fill(0);
    else for (let skipped = highest + 1; skipped <= number; skipped++) write(skipped, false);
    highest = Math.max(highest, number);
    if (read(number)) return false;
    write(number, true);
    return true;
  };

  function read(number: number): boolean {
    const at = number % WINDOW;
    return ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  function write(number: number, bit: boolean): void {
    const at = number % WINDOW;
    const mask = 1 << (at & 7);
    bits[at >> 3] = bit ? (bits[at >> 3] ?? 0) | mask : (bits[at >> 3] ?? 0) & ~mask;
  }
}
