/** From what was measured of a segment to what is wrong with it. Pure. */
import type { Finding } from "./report.ts";
import { findLag, isHeard, isSilent, type Loudness } from "./sound.ts";
import type { PictureNumbers } from "./watch-pictures.ts";

/**
 * Below this a picture is another one. Measured over the shared lectures and the corpus, encoded as the ladder says: see
 * the README. At the size that is compared a rung's low bit rate costs little.
 */
const MIN_SSIM = 0.75;
const MIN_MEAN_SSIM = 0.85;
/** Of 255. Black taken for white of another range is off by 16 and more. */
const MAX_LUMA_ERROR = 5;
const MAX_CHROMA_ERROR = 8;
/** The source moves so much, of 255, and the segment by less than this part of it. */
const MOVES = 1.5;
const FROZEN_SHARE = 0.1;

export function judgePictures(numbers: PictureNumbers): Finding[] {
  const { wanted, compared, minSsim, meanSsim, maxLumaError, maxChromaError, black, moving, shifted, sourceMovement, madeMovement } = numbers;
  if (compared === 0) return wanted === 0 ? [] : [{ fault: "shifted", detail: `none of ${wanted} pictures of the source is there at its time` }];
  if (black > 0) return [{ fault: "black", detail: `${black} of ${compared} pictures are black where the source's are not` }];
  if (sourceMovement > MOVES && madeMovement < sourceMovement * FROZEN_SHARE) return [{ fault: "frozen", detail: `it stands still while the source moves by ${round(sourceMovement)}` }];
  if (minSsim < MIN_SSIM || meanSsim < MIN_MEAN_SSIM) return [{ fault: "picture", detail: `SSIM ${round(minSsim)} at worst, ${round(meanSsim)} in the mean of ${compared}` }];
  if (maxLumaError > MAX_LUMA_ERROR || maxChromaError > MAX_CHROMA_ERROR) return [{ fault: "colour", detail: `luma is off by ${round(maxLumaError)}, chroma by ${round(maxChromaError)}` }];
  if (moving > 1 && shifted > moving / 2) return [{ fault: "shifted", detail: `${shifted} of ${moving} moving pictures are a frame too early or late` }];
  return [];
}

export function judgeSound(made: Loudness, source: Loudness): Finding[] {
  if (isSilent(made) && isHeard(source)) return [{ fault: "silent", detail: "it is silent where the source is not" }];
  const lag = findLag(made, source);
  return lag === undefined ? [] : [{ fault: "sync", detail: `sound is ${Math.abs(Math.round(lag * 1000))} ms ${lag > 0 ? "late" : "early"}` }];
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
