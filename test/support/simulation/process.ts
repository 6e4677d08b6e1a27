/** A process of a simulated node: it can be killed and started anew, stopped and continued, slowed down, and its clock can be wrong. */
import type { Clock } from "../../../mixins/clock.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Random } from "./random.ts";

/** From a start to a death: what it began ends with it. */
export interface Life {
  readonly process: SimulatedProcess;
  readonly clock: Clock;
  isOver(): boolean;
  /** Lets `work` happen in the process: now, when it is continued, or never. */
  deliver(work: () => void): void;
}

export interface SimulatedProcess {
  readonly name: string;
  /** ms by which its clock is ahead. */
  clockAheadMs: number;
  /** How much longer work takes on it. */
  slowness: number;
  cutOff: { redis: boolean };
  life(): Life | undefined;
  isStopped(): boolean;
  start(): void;
  kill(): void;
  stop(): void;
  continue(): void;
}

/** What is the same in all processes of a run. */
export interface ProcessWorld { loop: EventLoop; random: Random; epochMs: number }

/** @param boot what the process does when it starts; it may not wait */
export function openProcess({ loop, random, epochMs }: ProcessWorld, name: string, boot: (life: Life) => void): SimulatedProcess {
  let current: Life | undefined;
  let stopped = false;
  let backlog: (() => void)[] = [];

  function begin(): Life {
    const startedAt = loop.now();
    const after = (ms: number, work: () => void): (() => void) => {
      let live = true;
      const callOff = loop.in(ms, () => life.deliver(() => { if (live) work(); }));
      return () => {
        live = false;
        callOff();
      };
    };
    const clock: Clock = {
      date: () => Math.floor(epochMs + loop.now() + process.clockAheadMs),
      now: () => loop.now() - startedAt,
      after,
      every(ms, work) {
        let callOff = after(ms, run);
        function run(): void {
          callOff = after(ms, run);
          work();
        }
        return () => callOff();
      },
      random: () => random.next(),
    };
    const life: Life = {
      process, clock,
      isOver: () => current !== life,
      deliver(work) {
        if (current !== life) return;
        if (stopped) backlog.push(() => life.deliver(work));
        else work();
      },
    };
    return life;
  }

  const process: SimulatedProcess = {
    name, clockAheadMs: 0, slowness: 1, cutOff: { redis: false },
    life: () => current,
    isStopped: () => stopped,
    start() {
      if (current !== undefined) return;
      [stopped, backlog] = [false, []];
      current = begin();
      boot(current);
    },
    kill() {
      current = undefined;
      [stopped, backlog] = [false, []];
    },
    stop() { stopped = current !== undefined; },
    continue() {
      if (!stopped) return;
      stopped = false;
      const missed = backlog;
      backlog = [];
      for (const work of missed) loop.in(0, work); // one by one, as an event loop would
    },
  };
  return process;
}
