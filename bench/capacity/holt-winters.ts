/** Additive Holt-Winters without a trend, a season of a week: the rival of the usual week. Its band is of its own errors. */
import { weightedQuantile } from "../../services/capacity/forecast/quantile.ts";

const LEVEL = 0.1;
const SEASON = 0.3;
const KEPT_ERRORS = 4_000;

/** @param season values in one @returns forecasts made after `n` values of value `n + lead`, for growing `n` */
export function openHoltWinters(values: Float64Array, season: number) {
  const seasonal = new Float64Array(season);
  const errors: number[] = [];
  let [level, seen] = [0, 0];
  return {
    at(n: number, lead: number): { p50: number; p90: number } {
      for (; seen < n; seen++) {
        const value = values[seen] ?? 0;
        const usual = seasonal[seen % season] ?? 0;
        if (seen >= season) errors.push(value - level - usual);
        if (errors.length > KEPT_ERRORS) errors.shift();
        level += LEVEL * (value - usual - level);
        seasonal[seen % season] = usual + (seen < season ? 1 : SEASON) * (value - level - usual);
      }
      const p50 = Math.max(0, level + (seasonal[(n + lead) % season] ?? 0));
      const width = errors.length === 0 ? p50 : weightedQuantile(errors.map((value) => ({ value, weight: 1 })), 0.9);
      return { p50, p90: p50 + Math.max(0, width) };
    },
  };
}
