/**
 * What it is worth to know what comes: a term of several schools (docs/viewing-trace.md), their encodes at measured costs,
 * and the transcoders of one region by different policies. Viewers and transcoders are simulated; the forecast, the sizes
 * and the holding still are the modules that run.
 */
import { parseArgs } from "node:util";
import type { Benchmark } from "./benchmark.ts";
import { addUp, loadsOf, openDemand, type Demand } from "./capacity/demand.ts";
import { errorsOf } from "./capacity/errors-of.ts";
import { fixed, foresight, holtWinters, ours, reactive, TERM_MS, type Terms } from "./capacity/policies.ts";
import { replay, type Policy, type Replayed } from "./capacity/replay.ts";
import { formatTable } from "./text-table.ts";

/** The first week of the term that is counted, from 0: there are six before to learn from. */
const FROM_WEEK = 6;
const [WEEKS, WEEK_HOURS, HOUR_SLOTS] = [12, 168, 12];
const SLOTS_EACH = 2;

export const capacity: Benchmark = {
  name: "capacity",
  summary: "transcoders by forecast, beside reactive and fixed numbers: waits and node-hours over a term (simulated)",
  usage: "[--seeds 3] [--schools 4] [--views 30000] [--hours 336] [--lead 120] [--use 50]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { seeds: { type: "string", default: "3" }, schools: { type: "string", default: "4" }, views: { type: "string", default: "30000" }, hours: { type: "string", default: "336" }, lead: { type: "string", default: "120" }, use: { type: "string", default: "50" } } });
    const [seeds, schools, views, hours, lead, use] = (["seeds", "schools", "views", "hours", "lead", "use"] as const).map((name) => parseCount(name, values[name])) as [number, number, number, number, number, number];
    const from = FROM_WEEK * WEEK_HOURS;
    const span = { from, until: Math.min(WEEKS * WEEK_HOURS, from + hours) };
    console.log(`${schools} schools with ${views} views each in ${WEEKS} weeks, of which ${span.until - span.from} hours from the ${FROM_WEEK + 1}th week on are counted; transcoders of ${SLOTS_EACH} slots, ready ${lead} s after they are asked for, ${use} % in use; ${seeds} seeds.\n`);
    const replayed = new Map<string, Replayed[]>();
    const errors = new Map<string, { mae: number; covered: number; pinball: number }[]>();
    for (let seed = 1; seed <= seeds; seed++) {
      const demand = addUp(Array.from({ length: schools }, (_, n) => openDemand({ seed: seed * 100 + n, views, courses: Math.ceil(views / 333), weeks: WEEKS, region: "eu" })));
      for (const [name, policy] of contenders(demand, span, { slotsEach: SLOTS_EACH, leadSec: lead, use: use / 100 })) {
        replayed.set(name, [...(replayed.get(name) ?? []), replay(demand, policy, { from: span.from * 3_600, until: span.until * 3_600, slotsEach: SLOTS_EACH, leadSec: lead })]);
      }
      const lectures = demand.lectures.map(({ at, viewers }) => ({ at: TERM_MS + at * 1000, viewers }));
      for (const { name, lead: ahead, ...figures } of errorsOf(loadsOf(demand), span.from * HOUR_SLOTS, span.until * HOUR_SLOTS, lectures)) errors.set(`${ahead} ahead: ${name}`, [...(errors.get(`${ahead} ahead: ${name}`) ?? []), figures]);
    }
    console.log(constants(schools, views));
    console.log(formatTable(["transcoders", "wait p95 s", "wait p99 s", "over 2 s %", "node-hours", "most"], [...replayed].map(([name, runs]) => [
      name, spread(runs, ({ p95 }) => p95), spread(runs, ({ p99 }) => p99), spread(runs, ({ late }) => 100 * late), spread(runs, ({ nodeHours }) => nodeHours, 0), spread(runs, ({ most }) => most, 0),
    ])));
    console.log(`\nForecasts of the load in slots, looked at every three hours: mean error, how often it was at most p90 (90 is right), pinball loss of p90 (less is better).\n`);
    console.log(formatTable(["forecast", "mean error", "within p90 %", "pinball"], [...errors].toSorted(([a], [b]) => (a.split(":")[0] ?? "").localeCompare(b.split(":")[0] ?? "")).map(([name, runs]) => [
      name, spread(runs, ({ mae }) => mae, 3), spread(runs, ({ covered }) => 100 * covered, 1), spread(runs, ({ pinball }) => pinball, 3),
    ])));
  },
};

/** What the forecast begins with, and a plan goes by (lectures.ts, plan-region.ts), as this trace has it. */
function constants(schools: number, views: number): string {
  const [few, many] = [views / 10, views].map((count) => openDemand({ seed: schools, views: count, courses: Math.ceil(views / 333), weeks: 8, region: "eu" }));
  if (few === undefined || many === undefined) return "";
  const total = ({ work }: Demand): number => work.reduce((sum, value) => sum + value, 0);
  const loads = loadsOf(many);
  const brought = many.lectures.map(({ at }) => Math.floor(at / 300)).reduce((sum, n) => sum + Math.max(0, ((loads[n] ?? 0) + (loads[n + 1] ?? 0)) / 2 - (loads[n - 1] ?? 0)), 0);
  const viewers = many.lectures.reduce((sum, lecture) => sum + lecture.viewers, 0);
  return `Of one school: encodes grow by the power ${Math.log10(total(many) / total(few)).toFixed(2)} of the users of the same videos; an expected viewer of a lecture takes ${(brought / viewers).toFixed(3)} slots while it begins.\n`;
}

function contenders(demand: Demand, span: { from: number; until: number }, terms: Terms): [string, Policy][] {
  const loads = loadsOf(demand).subarray(span.from * HOUR_SLOTS, span.until * HOUR_SLOTS);
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  const nodes = (slots: number): number => Math.max(1, Math.ceil(slots / SLOTS_EACH));
  return [
    ["fixed, at the mean", fixed(nodes(mean / terms.use))],
    ["fixed, at the peak", fixed(nodes(Math.max(...loads) / terms.use))],
    ["reactive", reactive(terms)],
    ["Holt-Winters and reactive", holtWinters(demand, terms)],
    ["ours", ours(demand, terms)],
    ["ours, with the timetable", ours(demand, terms, demand.lectures)],
    ["who knows the next means of five minutes", foresight(demand, terms)],
  ];
}

/** The mean of the seeds, and how far the least and the most are apart from it. */
function spread<T>(runs: readonly T[], of: (run: T) => number, digits = 2): string {
  const values = runs.map(of);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return runs.length === 1 ? mean.toFixed(digits) : `${mean.toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
}

function parseCount(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1, not "${text}".`);
  return value;
}
