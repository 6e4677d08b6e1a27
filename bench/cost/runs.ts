/** What `cache` and `cost` share: their options, and how figures of several seeds are put together. */
import { parseArgs } from "node:util";
import { openCatalogue } from "../viewing/catalogue.ts";
import { openTrace, type Trace } from "./trace.ts";

export interface Scale { views: number; courses: number; zipf: number; seeds: number }

export function parseScale(args: readonly string[], { views, courses }: { views: number; courses: number }): Scale {
  const { values } = parseArgs({ args: [...args], options: { views: { type: "string" }, courses: { type: "string" }, zipf: { type: "string" }, seeds: { type: "string" } } });
  const whole = (name: "views" | "courses" | "seeds", fallback: number): number => {
    const given = Number(values[name] ?? fallback);
    if (!Number.isInteger(given) || given < 1) throw new Error(`--${name} takes a whole number from 1, not "${values[name]}".`);
    return given;
  };
  const zipf = Number(values.zipf ?? 0.9);
  if (!(zipf > 0 && zipf <= 3)) throw new Error(`--zipf takes a number above 0, up to 3, not "${values.zipf}".`);
  return { views: whole("views", views), courses: whole("courses", courses), zipf, seeds: whole("seeds", 3) };
}

export const traceOf = ({ views, courses, zipf }: Scale, seed: number): Trace => openTrace(openCatalogue({ seed, views, courses, zipf }));

/** The middle of the seeds, and how far from it the others are. */
export function formatSpread(values: readonly number[], digits = 1): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const off = Math.max((sorted.at(-1) ?? middle) - middle, middle - (sorted[0] ?? middle));
  return sorted.length < 2 ? middle.toFixed(digits) : `${middle.toFixed(digits)} ±${off.toFixed(digits)}`;
}
