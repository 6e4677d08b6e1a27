/** Pure: how the segments that a policy wants are grouped into chunks, which come first, and how much work each is. */
import { renditionsOf } from "../../media/plan-video.ts";
import type { Plan, Rendition } from "../../media/plan.ts";
import { plannedSegments, type Policy } from "../../media/policy.ts";
import { planStoryboard, STORYBOARD } from "../../media/storyboard.ts";
import type { NewJob } from "../../mixins/work-queue/work-queue.contract.ts";
import type { ChunkParams, Lane } from "../transcoder/transcoder.contract.ts";
import type { Priority } from "../videos/videos.contract.ts";

export type ChunkJob = NewJob<ChunkParams>;
/** For whom, and how soon. */
export interface ChunkOrder { id: string; tenant: string; policy: Policy; priority: Priority }

/** One FFmpeg run: long enough that starting it costs little, short enough to lose and to spread over nodes. */
const ENCODE_SEGMENTS = 5;
const REPACKAGE_SEGMENTS = 40;
/**
 * Segments after the one that a viewer got which are made before they are asked for: `most`, in one run, once fewer than
 * `least` are there. One at a time would start FFmpeg for each. A player asks for one when it has shown one, so a viewer who
 * watches twice as fast is served twice as fast; one who stopped asks for nothing, and leaves `most` of them at most.
 */
export interface ReadAhead { least: number; most: number }
export const READ_AHEAD: ReadAhead = { least: 3, most: 6 };
/** Priorities of one class of videos: the queue's end at 2 million, and two classes share them. */
const STEPS = 1_000_000;
/** A viewer who was to find this work done is past it by then, or elsewhere; what they still want they ask for themselves. */
const PLAY_LATE_MS = 20_000;
const LAST_PRIORITY = 2 ** 21 - 1;
/** It is queued where nothing waits: by then something else does. */
const EXPECTED_LATE_MS = 15_000;
/** Cost of a second: 1 is one of 360p encoded; the rest as measured against it, with what each run costs to start. */
const COST = { pixels: 640 * 360, decode: 0.5, repackage: 0.02, audio: 0.05, start: 0.2, sheet: 4 };

/** Of a processor, what a unit of cost takes (`npm run bench -- cost --measure`). */
export const UNIT_CPU_SEC = 0.141;

export const laneOf = (priority: Priority): Lane => (priority === "low" ? "bulk" : "normal");

/**
 * The chunks of a video in which `isStored` finds a segment missing. Opening first, in the order of the renditions (what is
 * cheap before what is not), `high` before `normal`. Encodes of the picture are made together where the policy wants several.
 */
export function planChunks({ id: videoId, tenant, policy, priority }: ChunkOrder, plan: Plan, isStored: (rendition: string, segment: number) => boolean): ChunkJob[] {
  const lane = laneOf(priority);
  const base = priority === "normal" ? STEPS : 1;
  return groupsByUrgency(plan).flatMap((group, rank) => spansOf(plan, group, policy).flatMap(({ first, last, renditions }) => {
    const isComplete = (rendition: Rendition): boolean => Array.from({ length: last - first + 1 }, (_, i) => first + i).every((segment) => isStored(rendition.name, segment));
    const missing = renditions.filter((rendition) => !isComplete(rendition));
    if (missing.length === 0) return [];
    return [{
      // Of its group, not of what is missing: what waits already is not added again.
      id: chunkId(videoId, group, first), group: videoId, tenant, lane,
      priority: base + Math.min(STEPS - 1, Math.floor(startSec(plan, first)) * 8 + rank),
      cost: costOf(plan, missing, first, last),
      data: { videoId, renditions: missing.map(({ name }) => name), first, last, lane },
    }];
  }));
}

/** Sheets of previews, after everything that is to be watched. With policy `lazy` they are made when they are asked for. */
export function planSheets({ id: videoId, tenant, policy }: ChunkOrder, plan: Plan): ChunkJob[] {
  if (policy === "lazy") return [];
  return Array.from({ length: planStoryboard(plan.facts).sheets }, (_, sheet) => ({
    id: `${videoId}-${STORYBOARD}-${sheet}`, group: videoId, tenant, lane: "bulk", priority: 2 * STEPS, cost: COST.sheet, aside: true,
    data: { videoId, renditions: [STORYBOARD], first: sheet, last: sheet, lane: "bulk" },
  }));
}

/** What a viewer at `segment` will want next, when it is not there; none when enough of it is. */
export function planReadAhead({ id: videoId, tenant }: Pick<ChunkOrder, "id" | "tenant">, plan: Plan, rendition: Rendition, segment: number, isStored: (segment: number) => boolean, { least, most } = READ_AHEAD): ChunkJob | undefined {
  if (rendition.mode === "repackage") return undefined;
  const last = Math.min(segmentsOf(plan) - 1, segment + most);
  let first = segment + 1;
  while (first <= last && isStored(first)) first++;
  if (first > last || first > segment + least) return undefined;
  return {
    id: `${videoId}-${rendition.name}-ahead-${first}`, group: videoId, tenant, lane: "play", priority: 1, lateMs: PLAY_LATE_MS, aside: true,
    cost: costOf(plan, [rendition], first, last), data: { videoId, renditions: [rendition.name], first, last, lane: "play" },
  };
}

/**
 * The first run of these renditions, up to segment `last`, that is not there, `STORYBOARD` among them: one of its sheets, of
 * all; none when all is there. It comes after all other work, and its failure is nobody's.
 */
export function planWarming({ id: videoId, tenant, group }: Pick<ChunkOrder, "id" | "tenant"> & { group: string }, plan: Plan, renditions: readonly string[], last: number, isStored: (rendition: string, segment: number) => boolean): ChunkJob | undefined {
  const order = { group, tenant, lane: "bulk" as const, priority: LAST_PRIORITY, lateMs: EXPECTED_LATE_MS, aside: true };
  const end = Math.min(last, segmentsOf(plan) - 1);
  for (const name of renditions) {
    if (name === STORYBOARD) {
      const sheet = Array.from({ length: planStoryboard(plan.facts).sheets }, (_, n) => n).find((n) => !isStored(STORYBOARD, n));
      if (sheet === undefined) continue;
      return { ...order, id: `${videoId}-${STORYBOARD}-expected-${sheet}`, cost: COST.sheet, data: { videoId, renditions: [STORYBOARD], first: sheet, last: sheet, lane: "bulk", expected: true } };
    }
    const rendition = renditionsOf(plan).find((one) => one.name === name);
    if (rendition === undefined) continue;
    let first = 0;
    while (first <= end && isStored(name, first)) first++;
    if (first > end) continue;
    const to = Math.min(end, first + sizeOf([rendition]) - 1);
    return {
      ...order, id: `${videoId}-${name}-expected-${first}`, cost: costOf(plan, [rendition], first, to), data: { videoId, renditions: [name], first, last: to, lane: "bulk", expected: true },
    };
  }
  return undefined;
}

/** Chunks that wait for all and are about to be watched: those after what a viewer at `segment` has made for them. */
export function chunksAhead(videoId: string, plan: Plan, segment: number): string[] {
  const from = segment + 1 + READ_AHEAD.most;
  if (from >= segmentsOf(plan)) return [];
  return groupsByUrgency(plan).map((group) => {
    const size = sizeOf(group);
    return chunkId(videoId, group, from - (from % size));
  });
}

const segmentsOf = (plan: Plan): number => plan.boundaries.length - 1;
const startSec = (plan: Plan, segment: number): number => (plan.boundaries[segment] ?? 0) / plan.timescale;

function chunkId(videoId: string, group: readonly Rendition[], first: number): string {
  return `${videoId}-${group.length === 1 ? (group[0]?.name ?? "") : "picture"}-${first}`;
}

function costOf(plan: Plan, renditions: readonly Rendition[], first: number, last: number): number {
  const seconds = startSec(plan, last + 1) - startSec(plan, first);
  const encodesPicture = renditions.some(({ kind, mode }) => kind === "video" && mode === "encode");
  const perSecond = renditions.reduce((sum, rendition) => sum + secondCost(rendition), encodesPicture ? COST.decode : 0);
  return COST.start + seconds * perSecond;
}

function secondCost(rendition: Rendition): number {
  if (rendition.mode === "repackage") return COST.repackage;
  return rendition.kind === "audio" ? COST.audio : (rendition.width * rendition.height) / COST.pixels;
}

/** What one run makes together. */
function groupsByUrgency(plan: Plan): Rendition[][] {
  const encodes = plan.video.filter((r) => r.mode === "encode").toSorted((a, b) => a.bandwidth - b.bandwidth);
  const repackaged = plan.video.filter((r) => r.mode === "repackage");
  return [...[...plan.audio, ...repackaged].map((rendition) => [rendition]), encodes].filter((group) => group.length > 0);
}

const sizeOf = (group: readonly Rendition[]): number => (group.every(({ mode }) => mode === "repackage") ? REPACKAGE_SEGMENTS : ENCODE_SEGMENTS);

/** Runs of segments that the policy wants of the same renditions of a group; a new one also begins where it wants no more of one. */
function spansOf(plan: Plan, group: readonly Rendition[], policy: Policy): { first: number; last: number; renditions: Rendition[] }[] {
  const wanted = group.map((rendition) => ({ rendition, count: plannedSegments(plan, rendition, policy) }));
  const spans: { first: number; last: number; renditions: Rendition[] }[] = [];
  for (let first = 0; ;) {
    const going = wanted.filter(({ count }) => count > first);
    if (going.length === 0) return spans;
    const end = Math.min(first + sizeOf(going.map(({ rendition }) => rendition)), ...going.map(({ count }) => count));
    spans.push({ first, last: end - 1, renditions: going.map(({ rendition }) => rendition) });
    first = end;
  }
}
