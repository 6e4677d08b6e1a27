/**
 * Asks nodes for their figures, only while somebody looks: so many a round, those first that were asked longest ago. A
 * mesh of three hundred is gone through in a dozen seconds; how busy each is they tell by themselves, see load-book.ts.
 */
import { QUEUE_LANES } from "../../../mixins/work-queue/work-queue.contract.ts";
import { TOTALS, type FigurePoint, type NodeFigures, type RunningEncode } from "../../node/node.contract.ts";
import { parseStanding } from "../list-nodes.ts";
import type { NodeStanding } from "../operator.contract.ts";
import type { MeshHistory } from "./mesh-history.ts";

/** `ask`: calls `node.figures` of a node. `now`: ms since 1970. */
export interface NodePollPorts {
  ask(node: string, since: number | undefined): Promise<unknown>;
  /** Whose queue it tells of. */
  queueOf(node: string): string;
  history: MeshHistory;
  now(): number;
}
export interface Polled { standing: NodeStanding; at: number; uptimeSec: number; loop: number; encodes: RunningEncode[]; encodeCount: number }

export const ROUND = 48;
/** An answer that is younger is good enough. */
const FRESH_MS = 1_500;
/** A round does not wait longer for its answers; what comes later counts in the next. */
const PATIENCE_MS = 800;
const MAX_POINTS = 130;

export function openNodePolls({ ask, queueOf, history, now }: NodePollPorts) {
  const polled = new Map<string, Polled>();
  const askedAt = new Map<string, number>();
  const flying = new Set<string>();
  /** Those that have answered, or failed to, at least once. */
  const settled = new Set<string>();

  async function poll(node: string): Promise<void> {
    flying.add(node);
    askedAt.set(node, now());
    try {
      const figures = parseFigures(await ask(node, history.lastOf(node)));
      if (figures === undefined || !askedAt.has(node)) return;
      history.add(node, [...figures.past, figures.now], queueOf(node));
      const { view, uptimeSec, loop, encodes, encodeCount } = figures;
      polled.set(node, { standing: parseStanding(view), at: now(), uptimeSec, loop, encodes, encodeCount });
    } catch {
      // it is away, or of a version that has no figures: what was known of it grows old
    } finally {
      flying.delete(node);
      if (askedAt.has(node)) settled.add(node);
    }
  }

  return {
    /** @param nodes all that are there now, those that matter most first; what is kept of others is forgotten */
    async round(nodes: readonly string[], pressing: ReadonlySet<string>): Promise<void> {
      const living = new Set(nodes);
      for (const kept of [polled, askedAt, settled]) for (const node of kept.keys()) if (!living.has(node)) kept.delete(node);
      const age = (node: string): number => now() - (askedAt.get(node) ?? 0);
      const due = nodes.filter((node) => !flying.has(node) && age(node) >= FRESH_MS)
        .toSorted((a, b) => Number(pressing.has(b)) - Number(pressing.has(a)) || age(b) - age(a));
      const answers = due.slice(0, Math.max(0, ROUND - flying.size)).map(poll);
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, PATIENCE_MS);
      await Promise.race([Promise.all(answers), patience.promise]);
      clearTimeout(timer);
    },
    find: (node: string): Polled | undefined => polled.get(node),
    /** Until when the history has all that `nodes` counted, those left out that have said nothing for `lateMs`; 0: one of them was not heard yet. */
    wholeUntil(nodes: readonly string[], lateMs: number): number {
      if (!nodes.every((node) => settled.has(node))) return 0;
      const heard = nodes.flatMap((node) => polled.get(node)?.at ?? []).filter((at) => now() - at <= lateMs);
      return heard.length === 0 ? 0 : Math.min(now(), ...heard);
    },
  };
}

export type NodePolls = ReturnType<typeof openNodePolls>;

/** It came over the wire. Undefined when it is none. */
export function parseFigures(value: unknown): NodeFigures | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { view, uptimeSec, loop, encodes, encodeCount, now, past } = value as Partial<Record<keyof NodeFigures, unknown>>;
  const latest = parsePoint(now);
  if (latest === undefined || typeof view !== "object" || view === null) return undefined;
  return {
    view: view as NodeFigures["view"], uptimeSec: numberOf(uptimeSec), loop: Math.min(1, numberOf(loop)), encodeCount: numberOf(encodeCount), now: latest,
    encodes: listOf(encodes).slice(0, ROUND).flatMap((encode) => parseEncode(encode) ?? []),
    past: listOf(past).slice(-MAX_POINTS).flatMap((point) => parsePoint(point) ?? []),
  };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const numberOf = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0);

function parsePoint(value: unknown): FigurePoint | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { at, totals, waiting } = value as Partial<Record<keyof FigurePoint, unknown>>;
  if (typeof at !== "number" || !Number.isFinite(at) || !Array.isArray(totals)) return undefined;
  return { at, totals: TOTALS.map((_, i) => numberOf(totals[i])), ...(Array.isArray(waiting) ? { waiting: QUEUE_LANES.map((_, i) => numberOf(waiting[i])) } : {}) };
}

function parseEncode(value: unknown): RunningEncode | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { videoId, renditions, first, last, lane, since, progress, speed } = value as Partial<Record<keyof RunningEncode, unknown>>;
  if (typeof videoId !== "string" || (lane !== "play" && lane !== "background")) return undefined;
  return {
    videoId: videoId.slice(0, 40), renditions: listOf(renditions).slice(0, 12).map((name) => String(name).slice(0, 40)), first: numberOf(first), last: numberOf(last),
    lane, since: numberOf(since), progress: Math.min(1, numberOf(progress)), ...(typeof speed === "number" ? { speed: numberOf(speed) } : {}),
  };
}
