/**
 * A region of any size at work: the node for each call is chosen by the modules that run (choose-node, rendezvous, load-book,
 * load-report), by callers that each have their own book. Nodes are simulated (bench/placement/node-model.ts); time on the
 * network is nothing, as within a region.
 */
import { chooseNode, type Candidate, type Way } from "../../config/placement/choose-node.ts";
import { openLoadBook } from "../../config/placement/load-book.ts";
import { isBigChange, type LoadReport } from "../../config/placement/load-report.ts";
import { openAgenda } from "../placement/agenda.ts";
import type { Chance } from "../placement/chance.ts";
import { openNodeModel, type NodeModel } from "../placement/node-model.ts";
import { percentile } from "../statistics.ts";
import { reportPace, type ReportPace } from "./slower-pace.ts";

export interface MeshSize { nodes: number; callers: number; seconds: number; /** Part of all slots that the work takes. */ use: number; /** Nodes that leave, and as many that come, half-way; a part of all. */ churn: number }
export interface MeshOutcome {
  waitsMs: number[];
  calls: number;
  spilled: number;
  /** Of calls that another caller was asked about: it would have sent them to the same node. */
  compared: number;
  agreed: number;
  /** Calls whose node died, made again elsewhere. */
  again: number;
  /** The most that a node did, of what nodes do on average. */
  maxOverMean: number;
  /** Reports that a node told, a second. */
  told: number;
  /** Of one choice, the median: others use the machine, too. */
  chooseUs: number;
}

const SLOTS = 4;
/** Core-seconds of encodes of 360p, of 720p and of sound, FFmpeg's start included (bench/placement/workload.ts). */
const WORKS = [{ work: 0.7, share: 0.4 }, { work: 1.8, share: 0.3 }, { work: 0.25, share: 0.3 }] as const;
const MEAN_WORK = WORKS.reduce((sum, { work, share }) => sum + work * share, 0);
const VIDEOS_EACH = 40;
const LOOK_SEC = 0.2;
const COMPARED = 0.02;
const DRAIN_SEC = 30;

/** As `config/middlewares/load-reports.ts` has it. */
const FIXED_PACE: ReportPace = { tellMs: 1_000, soonestMs: 200 };

export function runMesh({ nodes: count, callers: callerCount, seconds, use, churn }: MeshSize, pace: (nodes: number) => ReportPace, chance: Chance): MeshOutcome {
  const agenda = openAgenda();
  const now = (): number => agenda.now * 1000;
  const callers = Array.from({ length: callerCount }, () => openLoadBook(now));
  const nodes = new Map<string, NodeModel>();
  const lost = new Map<string, Set<() => void>>();
  const outcome: MeshOutcome = { waitsMs: [], calls: 0, spilled: 0, compared: 0, agreed: 0, again: 0, maxOverMean: 0, told: 0, chooseUs: 0 };
  const choices: number[] = [];
  let serial = 0;

  function join(): void {
    const id = `node-${serial++}`;
    const model = openNodeModel({ id, region: "eu", slots: SLOTS, speed: 1, others: () => 0 }, agenda);
    nodes.set(id, model);
    lost.set(id, new Set());
    let told: { at: number; report: LoadReport } | undefined;
    const look = (): void => {
      if (nodes.get(id) !== model || agenda.now > seconds + DRAIN_SEC) return;
      const report = model.report();
      const { tellMs, soonestMs } = pace(nodes.size);
      if (told === undefined || now() - told.at >= (isBigChange(told.report, report) ? soonestMs : tellMs)) {
        told = { at: now(), report };
        if (agenda.now < seconds) outcome.told++;
        for (const book of callers) book.reported(id, report);
      }
      agenda.plan(LOOK_SEC, look);
    };
    agenda.plan(chance.next() * LOOK_SEC, look);
  }

  function leave(): void {
    const ids = [...nodes.keys()];
    const id = ids[chance.below(ids.length)] ?? "";
    nodes.delete(id);
    for (const book of callers) book.forget(id);
    for (const redo of lost.get(id) ?? []) redo();
    lost.delete(id);
  }

  function place(book: (typeof callers)[number], key: string): { id: string; way: Way } {
    const candidates = [...nodes.keys()].map((id): Candidate => {
      const { report, begun, silent } = book.look(id);
      return { id, region: "eu", report, rttMs: 1, begun, avoid: silent };
    });
    const { node, way } = chooseNode(candidates, { region: "eu", key }, chance.next);
    return { id: node.id, way };
  }

  function ask(videoId: string, work: number, began: number): void {
    const book = callers[chance.below(callers.length)];
    if (book === undefined) return;
    const from = performance.now();
    const { id, way } = place(book, videoId);
    choices.push(performance.now() - from);
    outcome.calls++;
    if (way === "spilled") outcome.spilled++;
    const other = callers[chance.below(callers.length)];
    if (other !== undefined && other !== book && chance.next() < COMPARED) {
      outcome.compared++;
      if (place(other, videoId).id === id) outcome.agreed++;
    }
    const settled = book.begin(id);
    const redos = lost.get(id);
    const redo = (): void => {
      settled();
      outcome.again++;
      agenda.plan(0, () => ask(videoId, work, began));
    };
    redos?.add(redo);
    nodes.get(id)?.make({ at: agenda.now, region: "eu", gateway: 0, videoId, rendition: "", segment: 0, work, slotless: false }, () => {
      if (redos?.delete(redo) !== true || !lost.has(id)) return; // its node is gone
      settled();
      outcome.waitsMs.push((agenda.now - began) * 1000);
    });
  }

  for (let n = 0; n < count; n++) join();
  const rate = (use * count * SLOTS) / MEAN_WORK;
  const videos = count * VIDEOS_EACH;
  const next = (): void => {
    if (agenda.now >= seconds) return;
    const rank = Math.floor(videos ** chance.next()); // about Zipf, with exponent 1
    ask(`v${rank}1`, pickWork(chance), agenda.now);
    agenda.plan(chance.gap(1 / rate), next);
  };
  agenda.plan(2, next); // when all have told
  agenda.plan(seconds / 2, () => {
    for (let n = 0; n < Math.round(churn * count); n++) {
      leave();
      join();
    }
  });
  agenda.run(seconds + DRAIN_SEC);
  const busy = [...nodes.values()].map((node) => node.use().busySec);
  outcome.maxOverMean = Math.max(...busy) / (busy.reduce((sum, value) => sum + value, 0) / busy.length);
  outcome.told /= count * seconds;
  outcome.chooseUs = 1000 * percentile(choices, 0.5);
  return outcome;
}

function pickWork(chance: Chance): number {
  let left = chance.next();
  return (WORKS.find(({ share }) => (left -= share) < 0) ?? WORKS[0]).work;
}

export const paces = { "once a second": (): ReportPace => FIXED_PACE, "300 taken in": reportPace } as const;
