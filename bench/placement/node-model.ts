/**
 * A transcoder as the simulation has it: encodes share its cores evenly, a lone one uses three of them at most; as many run
 * as there are slots, the others wait in turn. Of a video it has not had lately it must have the index first, and of one
 * whose source has none a copy.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import type { LoadReport } from "../../config/placement/load-report.ts";
import type { Agenda } from "./agenda.ts";
import type { Machine } from "./topology.ts";
import { hasNoIndex, type Asked } from "./workload.ts";

/** Cores that one encode keeps busy. */
const THREADS = 3;
/** Indexes that the demuxer keeps open, and copies that have room on the disk. */
const KEPT_INDEXES = 16;
const KEPT_COPIES = 8;
/** Seconds until a video's index is there, or its copy. */
const INDEX_SEC = 0.2;
const COPY_SEC = 2.5;
/** How often what others take of the machine is looked at. */
const STEP_SEC = 1;

interface Job { work: number; slotless: boolean; done: () => void }

export function openNodeModel(machine: Machine, agenda: Agenda) {
  const running = new Set<Job>();
  const waiting: Job[] = [];
  const ready = new LRUCache<string, { at: number }>(upTo(KEPT_INDEXES));
  const copies = new LRUCache<string, true>(upTo(KEPT_COPIES));
  let [lastAt, version, busySec, freeSec, shown] = [0, 0, 0, 0, { at: 0, busy: 0 }];

  const cores = (): number => machine.slots * (1 - machine.others(lastAt));
  const used = (): number => Math.min(cores(), running.size * THREADS);
  const encodes = (): number => [...running].filter(({ slotless }) => !slotless).length;

  /** Brings the work of all that runs up to now. */
  function advance(): void {
    const elapsed = agenda.now - lastAt;
    const each = running.size === 0 ? 0 : used() / running.size;
    for (const job of running) job.work -= elapsed * each * machine.speed;
    busySec += elapsed * used();
    freeSec += elapsed * cores();
    lastAt = agenda.now;
  }

  function settle(): void {
    for (const job of running) {
      if (job.work > 1e-9) continue;
      running.delete(job);
      job.done();
    }
    while (encodes() < machine.slots) {
      const next = waiting.shift();
      if (next === undefined) break;
      running.add(next);
    }
    const mine = ++version;
    if (running.size === 0) return;
    const soonest = Math.min(...[...running].map(({ work }) => work)) * running.size / (used() * machine.speed);
    agenda.plan(Math.min(soonest, STEP_SEC), () => {
      if (mine !== version) return;
      advance();
      settle();
    });
  }

  /** When its index, or copy, is there; `warm`: it was before. */
  function prepare(videoId: string): { at: number; warm: boolean } {
    const known = ready.get(videoId);
    if (known !== undefined) return { at: Math.max(agenda.now, known.at), warm: true };
    const takes = INDEX_SEC + (hasNoIndex(videoId) && copies.get(videoId) === undefined ? COPY_SEC : 0);
    if (hasNoIndex(videoId)) copies.set(videoId, true);
    ready.set(videoId, { at: agenda.now + takes });
    return { at: agenda.now + takes, warm: false };
  }

  return {
    machine,
    /** @returns whether it had the video */
    make({ videoId, work, slotless }: Asked, done: () => void): boolean {
      const { at, warm } = prepare(videoId);
      agenda.plan(at - agenda.now, () => {
        advance();
        const job = { work, slotless, done };
        if (slotless) running.add(job);
        else waiting.push(job);
        settle();
      });
      return warm;
    },
    /** Used and usable core-seconds so far. */
    use: () => { advance(); return { busySec, freeSec }; },
    /** As the node itself would measure it since it was asked last. */
    report(): LoadReport {
      advance();
      const elapsed = agenda.now - shown.at;
      const ownCpu = elapsed === 0 ? 0 : (busySec - shown.busy) / elapsed / machine.slots;
      if (elapsed >= STEP_SEC) shown = { at: agenda.now, busy: busySec };
      return { slots: machine.slots, play: encodes(), background: 0, waiting: waiting.length, ownCpu, machineCpu: Math.min(1, ownCpu + machine.others(agenda.now)), speed: machine.speed * 30, accepting: true };
    },
  };
}

export type NodeModel = ReturnType<typeof openNodeModel>;
