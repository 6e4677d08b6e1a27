/** How loud a segment is, and whether it sounds when its source does. Samples are 16-bit, one channel. Pure. */

export interface Loudness {
  /** Root mean square over each window, of 32768. */
  windows: Float64Array;
  windowSec: number;
}

const WINDOW_SEC = 0.008;

/** `pcm`: signed 16-bit samples, little-endian. */
export function measureLoudness(pcm: Uint8Array, sampleRate: number): Loudness {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const length = Math.max(1, Math.round(sampleRate * WINDOW_SEC));
  const samples = Math.floor(pcm.byteLength / 2);
  const windows = new Float64Array(Math.ceil(samples / length));
  for (let window = 0; window < windows.length; window++) {
    const [from, to] = [window * length, Math.min(samples, (window + 1) * length)];
    let squares = 0;
    for (let at = from; at < to; at++) squares += view.getInt16(at * 2, true) ** 2;
    windows[window] = Math.sqrt(squares / (to - from));
  }
  return { windows, windowSec: WINDOW_SEC };
}

/** -60 dB of full scale: below it nobody hears anything in a lecture. */
const SILENT = 32.768;
/** -40 dB: this is heard. */
const HEARD = 327.68;

export const isSilent = ({ windows }: Loudness): boolean => windows.every((level) => level < SILENT);
export const isHeard = ({ windows }: Loudness): boolean => windows.filter((level) => level > HEARD).length > windows.length / 20;

/** Further than this from its picture sound is seen to be late (ITU-R BT.1359: 45 ms early). */
const SYNC_SEC = 0.045;
const SEARCH_SEC = 0.4;
/** How much better a shifted fit must be, for noise and hum fit anywhere. */
const BETTER = 0.15;
const FITS = 0.6;
/** Standard deviation of loudness as a part of its mean: a tone's ripple stays below, speech is above 0.5. */
const STEADY = 0.3;

/**
 * Seconds by which `made` comes later than `source`, where that is beyond doubt and can be noticed; else undefined. Both
 * begin at the same time. Steady sound fits everywhere and says nothing.
 */
export function findLag(made: Loudness, source: Loudness): number | undefined {
  if (Math.min(variation(made.windows), variation(source.windows)) < STEADY) return undefined;
  const reach = Math.round(SEARCH_SEC / made.windowSec);
  const inPlace = correlate(made.windows, source.windows, 0);
  let best = { lag: 0, fit: inPlace };
  for (let lag = -reach; lag <= reach; lag++) {
    const fit = correlate(made.windows, source.windows, lag);
    if (fit > best.fit) best = { lag, fit };
  }
  const seconds = best.lag * made.windowSec;
  return Math.abs(seconds) > SYNC_SEC && best.fit > FITS && best.fit - inPlace > BETTER ? seconds : undefined;
}

function variation(levels: Float64Array): number {
  const mean = levels.reduce((sum, level) => sum + level, 0) / Math.max(1, levels.length);
  const variance = levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / Math.max(1, levels.length);
  return mean > 0 ? Math.sqrt(variance) / mean : 0;
}

/** Pearson's coefficient of what overlaps when `made` is taken `lag` windows earlier; 0 where too little does. */
function correlate(made: Float64Array, source: Float64Array, lag: number): number {
  const from = Math.max(0, -lag);
  const to = Math.min(source.length, made.length - lag);
  const count = to - from;
  if (count < 100) return 0;
  let [sumA, sumB, squaresA, squaresB, product] = [0, 0, 0, 0, 0];
  for (let at = from; at < to; at++) {
    const [a, b] = [made[at + lag] ?? 0, source[at] ?? 0];
    sumA += a;
    sumB += b;
    squaresA += a * a;
    squaresB += b * b;
    product += a * b;
  }
  const spread = Math.sqrt((squaresA - (sumA * sumA) / count) * (squaresB - (sumB * sumB) / count));
  return spread > 0 ? (product - (sumA * sumB) / count) / spread : 0;
}
