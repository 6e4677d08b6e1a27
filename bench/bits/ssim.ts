/**
 * SSIM of luma as FFmpeg's and x264's own have it: windows of 8×8 pixels, four apart. Counted for the whole picture,
 * and once more for print: the windows with the contrast of print in the source that have not changed since the last
 * frame that was looked at. Those of a moving inset are not among them, however sharp its edges.
 */
export interface SsimSums { windows: number; loss: number; printWindows: number; printLoss: number }

export const emptySums = (): SsimSums => ({ windows: 0, loss: 0, printWindows: 0, printLoss: 0 });

/** (0.01 × 255)² and (0.03 × 255)² for sums over the 64 pixels of a window, as both programs have them. */
const C1 = 0.01 ** 2 * 255 ** 2 * 64;
const C2 = 0.03 ** 2 * 255 ** 2 * 64 * 63;
/** Variance of luma in a window of print: a standard deviation of 32. */
const PRINT_VARIANCE = 32 ** 2;
/** Sum of differences of a window that has not changed: one a pixel, which is a codec's doing. */
const STILL = 64;

/** Five sums of each 4×4 block: luma of the source and of the copy, squares of each, products; and a sixth: what changed. */
const SUMS = 6;

export interface Frames { source: Uint8Array; copy: Uint8Array; /** The source's frame before. */ before: Uint8Array | undefined; width: number; height: number }

export function addFrame(sums: SsimSums, frames: Frames): void {
  const { columns, rows, blocks } = sumBlocks(frames);
  for (let y = 0; y + 1 < rows; y++) {
    for (let x = 0; x + 1 < columns; x++) {
      const at = (y * columns + x) * SUMS;
      const below = at + columns * SUMS;
      const of = (sum: number): number => (blocks[at + sum] ?? 0) + (blocks[at + SUMS + sum] ?? 0) + (blocks[below + sum] ?? 0) + (blocks[below + SUMS + sum] ?? 0);
      const [a, b] = [of(0), of(1)];
      const [varianceA, varianceB, covariance] = [of(2) * 64 - a * a, of(3) * 64 - b * b, of(4) * 64 - a * b];
      const loss = 1 - ((2 * a * b + C1) * (2 * covariance + C2)) / ((a * a + b * b + C1) * (varianceA + varianceB + C2));
      sums.windows++;
      sums.loss += loss;
      if (frames.before === undefined || varianceA < PRINT_VARIANCE * 64 ** 2 || of(5) > STILL) continue;
      sums.printWindows++;
      sums.printLoss += loss;
    }
  }
}

function sumBlocks({ source, copy, before, width, height }: Frames): { columns: number; rows: number; blocks: Int32Array } {
  const [columns, rows] = [width >> 2, height >> 2];
  const blocks = new Int32Array(columns * rows * SUMS);
  for (let block = 0; block < columns * rows; block++) {
    let [a, b, aa, bb, ab, changed] = [0, 0, 0, 0, 0, 0];
    const corner = Math.floor(block / columns) * 4 * width + (block % columns) * 4;
    for (let row = corner; row < corner + 4 * width; row += width) {
      for (let i = row; i < row + 4; i++) {
        const [p, q] = [source[i] ?? 0, copy[i] ?? 0];
        a += p;
        b += q;
        aa += p * p;
        bb += q * q;
        ab += p * q;
        if (before !== undefined) changed += Math.abs(p - (before[i] ?? 0));
      }
    }
    blocks.set([a, b, aa, bb, ab, changed], block * SUMS);
  }
  return { columns, rows, blocks };
}
