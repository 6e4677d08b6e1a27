/**
 * Replays the requests of a term through the rules of the mesh, with a store that keeps what was made: the policy's work by
 * `planChunks`, what is made ahead of a viewer by `planReadAhead`, what is expected by `followingOf` and `planOpening`.
 * A run of FFmpeg is there after as many seconds as it costs: one core for each, and always one free.
 */
import type { Plan } from "../../media/plan.ts";
import type { Policy } from "../../media/policy.ts";
import { planOpening } from "../../services/forecast/opening.ts";
import { followingOf } from "../../services/forecast/transitions.ts";
import { hasSettled } from "../../services/forecast/watching.ts";
import { planChunks, planReadAhead, type ReadAhead } from "../../services/scheduler/chunks.ts";
import { nextLecture, timetableOf, HOUR } from "../viewing/catalogue.ts";
import { PICTURES } from "../viewing/segment-requests.ts";
import type { MakingCosts } from "./costs.ts";
import { pictureIndex, planLecture, renditionOf } from "./plans.ts";
import { aloneCost, isEncoded, pictureOf, secondsOf, videoOf, type Trace } from "./trace.ts";

/** For whom a segment was made. */
export const MAKERS = ["viewer", "ahead", "policy", "forecast"] as const;
export type Maker = (typeof MAKERS)[number];

/** `ahead`: segments made after a watched one; absent: as many as the scheduler makes. `budget`: seconds of a processor an hour for forecasts. */
export interface Rules { policy: Policy; forecast: boolean; ahead?: ReadAhead; budget?: number }

export interface Outcome {
  /** Seconds of a processor, by for whom; and what of it nobody ever asked for. */
  spent: Record<Maker, number>;
  wasted: Record<Maker, number>;
  storedBytes: number;
  /** Beginnings of views, and of runs after a jump: how many, and how many whose first segment was there. */
  views: number;
  viewsWarm: number;
  jumps: number;
  jumpsWarm: number;
  /** Segments that somebody asked for before they were made. */
  cold: number;
  requests: number;
}

/** A lecture is posted so long before its bell. */
const POSTED_BEFORE = 6 * HOUR;
/** The timetable is looked at so long before. */
const WARMED_BEFORE = HOUR;
const BUDGET = 600;

export function replay(trace: Trace, costs: MakingCosts, { policy, forecast, ahead, budget = BUDGET }: Rules): Outcome {
  const { catalogue, keys } = trace;
  const readyAt = new Float32Array(keys[keys.length - 1] ?? 0).fill(Infinity);
  const maker = new Uint8Array(readyAt.length);
  const used = new Uint8Array(readyAt.length);
  const share = new Float32Array(readyAt.length);
  const plans = new Map<number, Plan>();
  const moves = new Map<number, Record<string, number>>();
  const guessed = new Set<number>();
  const outcome: Outcome = { spent: { viewer: 0, ahead: 0, policy: 0, forecast: 0 }, wasted: { viewer: 0, ahead: 0, policy: 0, forecast: 0 }, storedBytes: 0, views: 0, viewsWarm: 0, jumps: 0, jumpsWarm: 0, cold: 0, requests: trace.length };
  const budgets = new Map<number, number>();

  const planFor = (video: number): Plan => {
    let plan = plans.get(video);
    const lecture = catalogue.videos[video];
    if (lecture === undefined) throw new Error(`There is no video ${video}.`);
    if (plan === undefined) plans.set(video, (plan = planLecture(lecture)));
    return plan;
  };
  const renditionNumber = (video: number, plan: Plan, name: string): number => video * PICTURES.length + (plan.video[0]?.name === name ? 0 : pictureIndex(name));
  const isMade = (rendition: number) => (segment: number): boolean => (readyAt[(keys[rendition] ?? 0) + segment] ?? Infinity) < Infinity;

  /** Makes what is missing of these; @returns what it cost */
  function make(who: Maker, at: number, renditions: readonly number[], first: number, last: number): number {
    const missing = renditions.flatMap((rendition) => Array.from({ length: last - first + 1 }, (_, n) => first + n).filter((segment) => !isMade(rendition)(segment)).map((segment) => ({ rendition, segment })));
    if (missing.length === 0) return 0;
    const encodes = missing.filter(({ rendition }) => isEncoded(trace, rendition));
    const decoded = new Map(encodes.map(({ rendition, segment }) => [segment, secondsOf(trace, rendition, segment)]));
    const start = encodes.length === 0 ? 0 : costs.startSec + costs.decodeSec * [...decoded.values()].reduce((sum, seconds) => sum + seconds, 0);
    const own = missing.map(({ rendition, segment }) => secondsOf(trace, rendition, segment) * (isEncoded(trace, rendition) ? costs.encodeSec[pictureOf(rendition)] : costs.repackageSec));
    const cost = start + own.reduce((sum, seconds) => sum + seconds, 0);
    for (const [n, { rendition, segment }] of missing.entries()) {
      const key = (keys[rendition] ?? 0) + segment;
      readyAt[key] = at + cost;
      maker[key] = MAKERS.indexOf(who);
      share[key] = (own[n] ?? 0) + (isEncoded(trace, rendition) ? start / encodes.length : 0);
      outcome.storedBytes += costs.bytesPerSec[pictureOf(rendition)] * secondsOf(trace, rendition, segment);
    }
    outcome.spent[who] += cost;
    return cost;
  }

  function post(video: number, at: number): void {
    const plan = planFor(video);
    for (const { data } of planChunks({ id: String(video), tenant: "t", policy, priority: "normal" }, plan, () => false)) make("policy", at, data.renditions.map((name) => renditionNumber(video, plan, name)), data.first, data.last);
  }

  function warm(video: number, at: number): void {
    const hour = Math.floor(at / HOUR);
    const plan = planFor(video);
    for (const { rendition, last } of planOpening(plan)) {
      const left = budgets.get(hour) ?? budget;
      if (left <= 0 || rendition.kind === "audio") continue;
      budgets.set(hour, left - make("forecast", at, [renditionNumber(video, plan, rendition.name)], 0, last));
    }
  }

  const posts = catalogue.videos.map(({ video, releasedAt }) => ({ video, at: Math.max(0, (releasedAt ?? 0) - POSTED_BEFORE) })).toSorted((a, b) => a.at - b.at);
  const bells = forecast ? timetableOf(catalogue).map(({ video, at }) => ({ video, at: Math.max(0, at - WARMED_BEFORE) })) : [];
  let [posted, rung] = [0, 0];
  for (let n = 0; n < trace.length; n++) {
    const [at, key, rendition, segment, begins] = [trace.at[n] ?? 0, trace.key[n] ?? 0, trace.rendition[n] ?? 0, trace.segment[n] ?? 0, trace.begins[n] ?? 0];
    for (let next = posts[posted]; next !== undefined && next.at <= at; next = posts[++posted]) post(next.video, next.at);
    for (let next = bells[rung]; next !== undefined && next.at <= at; next = bells[++rung]) warm(next.video, next.at);
    const isWarm = (readyAt[key] ?? Infinity) <= at;
    used[key] = 1;
    if (begins === 2) [outcome.views, outcome.viewsWarm] = [outcome.views + 1, outcome.viewsWarm + (isWarm ? 1 : 0)];
    if (begins === 1) [outcome.jumps, outcome.jumpsWarm] = [outcome.jumps + 1, outcome.jumpsWarm + (isWarm ? 1 : 0)];
    if (!isWarm) outcome.cold++;
    if (!isMade(rendition)(segment)) {
      const cost = aloneCost(trace, costs, rendition, segment);
      readyAt[key] = at + cost;
      maker[key] = 0;
      share[key] = cost;
      outcome.spent.viewer += cost;
      outcome.storedBytes += costs.bytesPerSec[pictureOf(rendition)] * secondsOf(trace, rendition, segment);
    }
    const video = videoOf(rendition);
    if (isEncoded(trace, rendition) && ahead?.most !== 0) {
      const plan = planFor(video);
      const picture = renditionOf(plan, pictureOf(rendition));
      const job = picture === undefined ? undefined : planReadAhead({ id: String(video), tenant: "t" }, plan, picture, segment, isMade(rendition), ahead);
      if (job !== undefined) make("ahead", at, [rendition], job.data.first, job.data.last);
    }
    if (!forecast) continue;
    const from = trace.cameFrom[n] ?? -1;
    if (from >= 0) {
      const counts = moves.get(from) ?? {};
      counts[video] = (counts[video] ?? 0) + 1;
      moves.set(from, counts);
    }
    const lecture = catalogue.videos[video];
    if (lecture === undefined || guessed.has(video) || !hasSettled(segment * 4)) continue;
    const next = nextLecture(catalogue, lecture);
    if (next !== undefined && (next.releasedAt ?? 0) - POSTED_BEFORE > at) continue; // not there yet: the next viewer asks again
    guessed.add(video);
    for (const { videoId } of followingOf(moves.get(video) ?? {}, next === undefined ? undefined : String(next.video))) warm(Number(videoId), at);
  }
  for (let key = 0; key < used.length; key++) if (used[key] === 0) {
    const who = MAKERS[maker[key] ?? 0] ?? "viewer";
    if ((readyAt[key] ?? Infinity) < Infinity) outcome.wasted[who] += share[key] ?? 0;
  }
  return outcome;
}

export const spentOf = ({ spent }: Outcome): number => MAKERS.reduce((sum, who) => sum + spent[who], 0);
