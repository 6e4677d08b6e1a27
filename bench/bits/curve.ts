/** Rate over quality, between measured points. */

export interface Point {
  kbps: number;
  /** Loss of SSIM (1 − SSIM) of the whole picture and of print. */
  loss: number;
  printLoss: number;
  /** Seconds of CPU. */
  cpuSec: number;
}

export type Quality = "loss" | "printLoss";

/** Straight between the two points nearest to the wanted quality, both as logarithms (as Bjøntegaard's measure has it); beyond the last ones straight on. */
export function rateAt(points: readonly Point[], quality: Quality, loss: number): number {
  const x = (point: Point): number => Math.log(Math.max(1e-9, point[quality]));
  const sorted = points.toSorted((a, b) => x(a) - x(b));
  const wanted = Math.log(Math.max(1e-9, loss));
  const above = sorted.findIndex((point) => x(point) >= wanted);
  const upper = above === -1 ? sorted.length - 1 : Math.max(1, above);
  const [a, b] = [sorted[upper - 1], sorted[upper]];
  if (a === undefined || b === undefined || x(a) === x(b)) return Number.NaN;
  const share = (wanted - x(a)) / (x(b) - x(a));
  return Math.exp(Math.log(a.kbps) + share * (Math.log(b.kbps) - Math.log(a.kbps)));
}
