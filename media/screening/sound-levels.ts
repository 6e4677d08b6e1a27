/** Whether a video sounds at all, and no louder than sound should. Samples are 16-bit, one channel. Pure. */
import type { Finding } from "./finding.ts";

/** Of a span of sound: root mean square and peak in dB of full scale; the share of samples at full scale. */
export interface SoundLevel { rmsDb: number; peakDb: number; clipped: number }

/** Below it nobody hears anything. */
const SILENT_DB = -60;
/** Speech is at -20, music that was mastered to be loud at -9. */
const LOUD_DB = -6;
const CLIPPED_SHARE = 0.05;
const FULL = 32_700;

/** @param pcm signed 16-bit samples, little-endian */
export function measureLevel(pcm: Uint8Array): SoundLevel {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const samples = Math.floor(pcm.byteLength / 2);
  let [squares, peak, full] = [0, 0, 0];
  for (let at = 0; at < samples; at++) {
    const value = Math.abs(view.getInt16(at * 2, true));
    squares += value * value;
    peak = Math.max(peak, value);
    if (value >= FULL) full++;
  }
  const db = (value: number): number => 20 * Math.log10(Math.max(value, 0.1) / 32_768);
  return { rmsDb: db(Math.sqrt(squares / Math.max(1, samples))), peakDb: db(peak), clipped: full / Math.max(1, samples) };
}

export function judgeLevels(levels: readonly SoundLevel[]): Finding[] {
  if (levels.length === 0) return [];
  const peakDb = Math.max(...levels.map((level) => level.peakDb));
  if (peakDb < SILENT_DB) return [{ code: "silent", message: "There is a sound track, and nothing is heard where it was listened to.", figures: { peakDb: Math.round(peakDb) } }];
  const loud = levels.filter(({ rmsDb, clipped }) => rmsDb > LOUD_DB || clipped > CLIPPED_SHARE);
  if (loud.length * 2 <= levels.length) return [];
  const rmsDb = Math.max(...levels.map((level) => level.rmsDb));
  return [{ code: "loud", message: `The sound is at ${rmsDb.toFixed(1)} dB of full scale: speech is at -20.`, figures: { rmsDb: Math.round(rmsDb * 10) / 10, clippedShare: Math.max(...levels.map(({ clipped }) => Math.round(clipped * 1000) / 1000)) } }];
}
