/**
 * What a few consecutive frames of a video look like, as figures: each a share of the picture's blocks from 0 to 1.
 * Taken from luma alone, at a size at which text is still text. Pure.
 */

/** Luma, one byte a pixel, row by row. */
export type Luma = Uint8Array;

export interface FrameSize { width: number; height: number }

/** Some frames of the video from one key frame on. */
export interface Moment {
  /** Blocks without any texture: paper, a window's background, a cartoon's sky. */
  flat: number;
  /** Blocks with the contrast of print: what is lost first when bits are few. */
  edged: number;
  /** Blocks that are not the same in the moment's last frame as in its first. */
  moving: number;
  /** Pixels of the picture's four most frequent shades, of 64. */
  tones: number;
  /** Blocks that are another picture than in the moment before; absent for the first. */
  changed?: number;
}

/** Pixels along the side of a block. */
const BLOCK = 8;
/** Standard deviations of luma within a block, of 255. */
const FLAT_DEVIATION = 1.5;
const EDGED_DEVIATION = 32;
/** Mean differences of luma within a block: more than a codec makes of a still picture; another picture. */
const MOVED = 2;
const CHANGED = 12;
const SHADES = 64;
const FEW_SHADES = 4;

/** Shown to the look: the short side in pixels. Smaller, print is grey; larger, decoding is not what takes the time any more. */
const LOOK_SIDE = 360;

/** The size at which a video is looked at: never enlarged, aspect kept, even, a block at least. */
export function lookSize(width: number, height: number): FrameSize {
  const shrink = Math.min(1, LOOK_SIDE / Math.max(1, Math.min(width, height)), (4 * LOOK_SIDE) / Math.max(1, width, height));
  const side = (pixels: number): number => Math.max(BLOCK, 2 * Math.round((pixels * shrink) / 2));
  return { width: side(width), height: side(height) };
}

/** `frames` of one moment in order, at least one; `before`: the last frame of the moment before. */
export function measureMoment(size: FrameSize, frames: readonly Luma[], before: Luma | undefined): Moment {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined) return { flat: 0, edged: 0, moving: 0, tones: 0 };
  const blocks = Math.max(1, Math.floor(size.width / BLOCK) * Math.floor(size.height / BLOCK));
  const { flat, edged } = countTextures(size, last);
  return {
    flat: flat / blocks,
    edged: edged / blocks,
    moving: countDifferent(size, first, last, MOVED) / blocks,
    tones: shareOfTones(last),
    ...(before === undefined ? {} : { changed: countDifferent(size, before, first, CHANGED) / blocks }),
  };
}

function countTextures(size: FrameSize, frame: Luma): { flat: number; edged: number } {
  let [flat, edged] = [0, 0];
  forEachBlock(size, (start) => {
    let [sum, squares] = [0, 0];
    for (let row = 0, at = start; row < BLOCK; row++, at += size.width) {
      for (let x = at; x < at + BLOCK; x++) {
        const luma = frame[x] ?? 0;
        sum += luma;
        squares += luma * luma;
      }
    }
    const pixels = BLOCK * BLOCK;
    const variance = squares / pixels - (sum / pixels) ** 2;
    if (variance < FLAT_DEVIATION ** 2) flat++;
    else if (variance >= EDGED_DEVIATION ** 2) edged++;
  });
  return { flat, edged };
}

function countDifferent(size: FrameSize, a: Luma, b: Luma, least: number): number {
  let different = 0;
  forEachBlock(size, (start) => {
    let sum = 0;
    for (let row = 0, at = start; row < BLOCK; row++, at += size.width) {
      for (let x = at; x < at + BLOCK; x++) sum += Math.abs((a[x] ?? 0) - (b[x] ?? 0));
    }
    if (sum > least * BLOCK * BLOCK) different++;
  });
  return different;
}

function shareOfTones(frame: Luma): number {
  const counts = new Uint32Array(SHADES);
  for (const luma of frame) counts[luma >> 2] = (counts[luma >> 2] ?? 0) + 1;
  return counts.toSorted().slice(-FEW_SHADES).reduce((sum, count) => sum + count, 0) / Math.max(1, frame.length);
}

/** Calls with where each whole block begins. */
function forEachBlock({ width, height }: FrameSize, visit: (start: number) => void): void {
  for (let y = 0; y + BLOCK <= height; y += BLOCK) for (let x = 0; x + BLOCK <= width; x += BLOCK) visit(y * width + x);
}
