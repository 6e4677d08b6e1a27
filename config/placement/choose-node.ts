/**
 * Which node a call goes to. Pure: what is known of the nodes, and chance, are arguments.
 *
 * The own region first, then the nearest that is not over its limit. Within it a call with a key goes to the node that
 * rendezvous hashing gives it, or to the next in its order while that one has more than its share; one without goes to the
 * better of two that chance names, so that figures which are a second old do not send everybody to the same node.
 */
import type { LoadReport } from "./load-report.ts";
import { byRegion } from "./regions.ts";
import { rendezvousScore } from "./rendezvous.ts";
import { averageReport, strainOf, typicalSpeed, type Strain } from "./strain.ts";

export interface Candidate {
  id: string;
  region: string | undefined;
  /** Undefined: it has not told lately. */
  report: LoadReport | undefined;
  /** Undefined: not measured. */
  rttMs: number | undefined;
  /** Calls sent there that its report cannot know of. */
  begun: number;
  /** It does not answer, or this very call failed there. */
  avoid: boolean;
}

export interface Call {
  region: string;
  /** Undefined: it has no place. */
  key: string | undefined;
  /** It leaves the region only when no node there takes it, however much they have to do. */
  stays?: boolean;
}
/** `kept`: where its key belongs; `spilled`: that node had too much; `balanced`: no key; `abroad`: not in the own region. */
export type Way = "kept" | "spilled" | "balanced" | "abroad";

/** However little the others have, a node keeps its keys up to so much work: a player asks for picture and sound together. */
const PAIR = 2;
/** And up to this share of its room. */
const KEEP = 0.5;
/**
 * And up to this share of its room more than all have on average: consistent hashing with bounded loads (Mirrokni, Thorup,
 * Zadimoghaddam 2018). Added, not a factor: what it costs to begin on another node does not grow with the load.
 */
const SLACK = 0.25;
/** A region whose nodes all have so many times more work than room sends its calls to the next: a viewer would wait for seconds. */
const FULL = 4;
/** About what a segment takes on a node that does nothing else, to weigh it against the way there. */
const TYPICAL_MS = 500;
/** Cores that one encode keeps busy. */
const THREADS = 2;

interface Rated<C> { candidate: C; strain: Strain }

/** @param candidates at least one @param random from 0 to below 1 */
export function chooseNode<C extends Candidate>(candidates: readonly C[], { region, key, stays = false }: Call, random: () => number): { node: C; way: Way } {
  const regions = byRegion(usable(candidates), region).map(rate);
  const chosen = regions.find((nodes) => stays || nodes.some(({ strain }) => strain.busy < FULL * strain.room)) ?? regions[0] ?? [];
  const { node, way } = key === undefined ? balance(chosen, random) : keep(chosen, key);
  return { node, way: node.region === region ? way : "abroad" };
}

/** Those that take calls; where nobody does, those that at least answer. */
function usable<C extends Candidate>(candidates: readonly C[]): readonly C[] {
  const answering = candidates.filter(({ avoid }) => !avoid);
  const accepting = answering.filter(({ report }) => report?.accepting !== false);
  return [accepting, answering].find((some) => some.length > 0) ?? candidates;
}

function rate<C extends Candidate>(candidates: readonly C[]): Rated<C>[] {
  const reports = candidates.flatMap(({ report }) => report ?? []);
  const [unknown, typical] = [averageReport(reports), typicalSpeed(reports)];
  return candidates.map((candidate) => ({ candidate, strain: strainOf(candidate.report ?? unknown, candidate.begun, typical) }));
}

function keep<C extends Candidate>(nodes: readonly Rated<C>[], key: string): { node: C; way: Way } {
  const total = nodes.reduce((sum, { strain }) => ({ busy: sum.busy + strain.busy, room: sum.room + strain.room }), { busy: 0, room: 0 });
  const share = Math.max(KEEP, (total.busy + 1) / total.room + SLACK);
  const order = nodes.map((rated) => ({ ...rated, score: rendezvousScore(key, rated.candidate.id, rated.strain.weight) })).toSorted((a, b) => b.score - a.score);
  const within = order.find(({ strain }) => strain.busy + 1 <= Math.max(PAIR, share * strain.room)) ?? best(order);
  return { node: within.candidate, way: within === order[0] ? "kept" : "spilled" };
}

function balance<C extends Candidate>(nodes: readonly Rated<C>[], random: () => number): { node: C; way: Way } {
  const first = Math.floor(random() * nodes.length);
  const second = (first + 1 + Math.floor(random() * (nodes.length - 1))) % nodes.length;
  return { node: best([nodes[first], nodes[second]].flatMap((rated) => rated ?? [])).candidate, way: "balanced" };
}

function best<R extends Rated<Candidate>>(nodes: readonly R[]): R {
  return nodes.reduce((a, b) => (expectedWaitMs(b) < expectedWaitMs(a) ? b : a));
}

/** Of a call that is sent now. */
function expectedWaitMs({ candidate: { rttMs = 0 }, strain: { busy, room, pace } }: Rated<Candidate>): number {
  return rttMs + TYPICAL_MS * Math.max(1 / pace, THREADS * (busy + 1) / room);
}
