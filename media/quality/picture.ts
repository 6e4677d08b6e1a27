/**
 * Small pictures of a video, and how alike two of them are. They are UYVY: for two pixels, the bytes U, Y of the left
 * one, V, Y of the right one. Small, because a fault worth finding (another frame, another colour, a turned, half
 * decoded or empty picture) shows at any size, while a low bit rate, which is none, does not. Pure.
 */

export interface Size { width: number; height: number }
export interface Picture extends Size { bytes: Uint8Array }

export interface Likeness {
  /** Mean structural similarity of luma over blocks of 8 × 8 (Wang et al. 2004), 1 for the same picture. */
  ssim: number;
  /** Mean distance of luma and of both chromas, of 255. SSIM hardly sees a wrong range or colour. */
  lumaError: number;
  chromaError: number;
}

const BLOCK = 8;
/** Of SSIM's definition: (0.01 × 255)² and (0.03 × 255)². */
const C1 = 6.5025;
const C2 = 58.5225;

/** Two pictures of the same size. */
export function compare(a: Picture, b: Picture): Likeness {
  const { width, height } = a;
  let [ssim, blocks] = [0, 0];
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      ssim += blockSsim(a, b, left, top);
      blocks++;
    }
  }
  return { ssim: ssim / blocks, lumaError: meanError(a, b, 1, 2), chromaError: meanError(a, b, 0, 2) };
}

function blockSsim({ bytes: a, width, height }: Picture, { bytes: b }: Picture, left: number, top: number): number {
  const [right, bottom] = [Math.min(width, left + BLOCK), Math.min(height, top + BLOCK)];
  let [sumA, sumB, squares, product] = [0, 0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let at = 2 * (row * width + left) + 1, end = 2 * (row * width + right); at < end; at += 2) {
      const [p, q] = [a[at] ?? 0, b[at] ?? 0];
      sumA += p;
      sumB += q;
      squares += p * p + q * q;
      product += p * q;
    }
  }
  const count = (right - left) * (bottom - top);
  const [meanA, meanB] = [sumA / count, sumB / count];
  const variances = squares / count - meanA * meanA - meanB * meanB;
  const covariance = product / count - meanA * meanB;
  return ((2 * meanA * meanB + C1) * (2 * covariance + C2)) / ((meanA * meanA + meanB * meanB + C1) * (variances + C2));
}

function meanError({ bytes: a }: Picture, { bytes: b }: Picture, offset: number, step: number): number {
  let [sum, count] = [0, 0];
  for (let at = offset; at < a.length; at += step) {
    sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
    count++;
  }
  return sum / Math.max(1, count);
}

/** Black of video is 16; noise and a dark title stay below and above these. */
const BLACK_MEAN = 20;
const BLACK_SPREAD = 12;

export function isBlack({ bytes }: Picture): boolean {
  const histogram = new Uint32Array(256);
  let sum = 0;
  for (let at = 1; at < bytes.length; at += 2) {
    const luma = bytes[at] ?? 0;
    histogram[luma] = (histogram[luma] ?? 0) + 1;
    sum += luma;
  }
  const pixels = Math.max(1, bytes.length / 2);
  const percentile = (share: number): number => {
    let seen = 0;
    return histogram.findIndex((count) => (seen += count) > share * pixels);
  };
  return sum / pixels <= BLACK_MEAN && percentile(0.99) - percentile(0.01) <= BLACK_SPREAD;
}

/** Mean distance of luma, of 255: how much one frame moves on from another. */
export function movement(a: Picture, b: Picture): number {
  return meanError(a, b, 1, 2);
}

/** The longer side; the other keeps the aspect. Even, and never larger than the video. */
export function pictureSize({ width, height }: Size, longest = 160): Size {
  const shrink = Math.min(1, longest / Math.max(width, height));
  return { width: even(width * shrink), height: even(height * shrink) };
}

const even = (pixels: number): number => Math.max(2, 2 * Math.round(pixels / 2));
