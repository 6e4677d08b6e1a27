/**
 * Takes jobs from the queue for a node, as many at once as it has room for, until it is closed. Of each it renews the
 * lease while the work goes on; work whose lease is lost is told to end, and may not publish what it made.
 */
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { Tracer } from "../../config/tracing/trace-scope.ts";
import { pause, systemClock, type Clock } from "../clock.ts";
import type { Lease, WorkClass } from "./work-queue.contract.ts";
import { failJob, runJob } from "./run-job.ts";
import { LEASE_MS, type FailHow, type WorkQueue } from "./work-queue.ts";

/** What a piece of work is given. */
export interface Work {
  /** Aborted when the lease is lost or the worker closes. */
  readonly signal: AbortSignal;
  /** From 0 to 1. Work that tells nothing for long stands still: it is ended, and tried again later. */
  progress(share: number): void;
  /** Whether the lease is this worker's right now: to be asked before anything is published. */
  isHeld(): Promise<boolean>;
}

export interface QueueWorkerOptions<Data> {
  queue: WorkQueue<Data>;
  /** Told when there is work: a connection of its own, as Redis has it. */
  subscriber: Pick<Redis, "on" | "subscribe" | "disconnect">;
  /** Names the node. */
  owner: string;
  /** Jobs at once. */
  rooms: Readonly<Record<WorkClass, number>>;
  /** Told of each job that is begun for the first time. */
  onStart?(lease: Lease<Data>): void;
  run(data: Data, work: Work): Promise<void>;
  /** `away`: somebody else's fault, who will be back. */
  judge(error: unknown): Exclude<FailHow, "back">;
  /** The job has had all its attempts. */
  onDead(data: Data, error: unknown): void;
  /** Whether the node takes new work; asked before each. */
  accepting?: () => boolean;
  logger: Logger;
  /** Absent: nothing is traced. */
  tracer?: Tracer | undefined;
  /** Times, for tests: ms. */
  times?: Partial<WorkerTimes>;
  clock?: Clock;
}

export interface WorkerTimes { lease: number; stuck: number; poll: number }
/** `stuck`: work that says nothing for so long stands still. `poll`: a wake-up may be lost. */
const TIMES: WorkerTimes = { lease: LEASE_MS, stuck: 90_000, poll: 1_000 };
const AWAY_MS = 2_000;
const COMPLETE_TRIES = 3;

export function openQueueWorker<Data>(options: QueueWorkerOptions<Data>) {
  const { queue, subscriber, owner, rooms, logger, clock = systemClock } = options;
  const times = { ...TIMES, ...options.times };
  const closing = new AbortController();
  const running: Record<WorkClass, Set<Promise<void>>> = { play: new Set(), background: new Set() };
  const bells: Record<WorkClass, ReturnType<typeof openBell>> = { play: openBell(clock), background: openBell(clock) };

  const ring = (workClass: WorkClass): void => bells[workClass].ring();
  subscriber.on("message", (_channel, workClass: string) => {
    if (workClass === "play" || workClass === "background") ring(workClass);
  });
  subscriber.subscribe(queue.wakeChannel).catch((error: unknown) => logger.debug(`Not told of new work: ${errorMessage(error)}`)); // then it is polled for
  const loops = (["play", "background"] as const).map((workClass) => takeAll(workClass));

  async function takeAll(workClass: WorkClass): Promise<void> {
    let repeat = false;
    while (!closing.signal.aborted) {
      let pauseMs = times.poll * (0.75 + clock.random() / 2); // a region's nodes do not ask in step
      if (running[workClass].size < rooms[workClass] && options.accepting?.() !== false) {
        try {
          const asked = clock.now();
          const lease = await queue.take(owner, workClass, repeat);
          repeat = lease === undefined && workClass === "background";
          if (lease !== undefined) {
            begin(workClass, lease, asked);
            continue;
          }
        } catch (error) {
          logger.debug(`No work can be taken: ${errorMessage(error)}`);
          pauseMs = AWAY_MS * clock.random();
        }
      }
      await bells[workClass].wait(pauseMs);
    }
  }

  function begin(workClass: WorkClass, lease: Lease<Data>, asked: number): void {
    const work = runJob(lease, options.tracer, () => process(lease, asked)).catch((error: unknown) => logger.debug(`The end of ${lease.id} could not be told: ${errorMessage(error)}`)).finally(() => {
      running[workClass].delete(work);
      ring(workClass);
    });
    running[workClass].add(work);
  }

  async function process(lease: Lease<Data>, asked: number): Promise<void> {
    const held = holdLease(lease, asked);
    if (lease.attempts === 0) options.onStart?.(lease);
    try {
      await options.run(lease.data, held);
      await complete(lease, held);
    } catch (error) {
      if (held.isLost()) return logger.info(`Work ${lease.id} was given to another node.`);
      const how = closing.signal.aborted ? "back" : held.isStuck() ? "away" : options.judge(error);
      const result = await queue.fail(lease, how, errorMessage(error), findErrorCode(error) ?? "");
      failJob(options.tracer, how, error);
      if (how === "fault") logger.warn(`Work ${lease.id} failed (attempt ${lease.attempts + 1}): ${errorMessage(error)}`);
      if (result === "dead") options.onDead(lease.data, error);
    } finally {
      held.end();
    }
  }

  async function complete(lease: Lease<Data>, held: ReturnType<typeof holdLease>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (!(await queue.complete(lease))) logger.debug(`Work ${lease.id} was ended by another node.`);
        return;
      } catch (error) {
        // Nobody else has it before the lease ends; after that another finds that all is made.
        if (attempt === COMPLETE_TRIES || held.isLost()) throw error;
        await pause(clock, times.lease / 6);
      }
    }
  }

  /** @param takenAt when it was asked for: an answer may be long on its way, or find the process stopped */
  function holdLease(lease: Lease<Data>, takenAt: number) {
    const ending = new AbortController();
    let [share, toldAt, until] = [0, clock.now(), takenAt + times.lease];
    let [lost, stuck] = [false, false];

    function lose(): void {
      lost = true;
      stopRenewing();
      ending.abort();
    }
    async function renew(): Promise<boolean> {
      const asked = clock.now();
      if (lost) return false;
      if (asked - toldAt > times.stuck) {
        logger.warn(`Work ${lease.id} stands still; it is tried again later.`);
        stuck = true; // it has until its lease ends to hand the job back by itself
        stopRenewing();
        ending.abort();
        return false;
      }
      if (await queue.renew(lease, share)) {
        until = Math.max(until, asked + times.lease);
        return true;
      }
      lose();
      return false;
    }
    const stopRenewing = clock.every(times.lease / 3, () => {
      renew().catch((error: unknown) => logger.debug(`The lease of ${lease.id} was not renewed: ${errorMessage(error)}`));
    });

    return {
      signal: AbortSignal.any([ending.signal, closing.signal]),
      progress(told: number): void { [share, toldAt] = [told, clock.now()]; },
      /** Time goes on while a process is stopped: one that wakes up too late asks first. Without an answer it holds nothing. */
      async isHeld(): Promise<boolean> {
        if (!lost && clock.now() < until) return true;
        return await renew().catch(() => false);
      },
      isLost: () => lost,
      isStuck: () => stuck,
      end(): void { stopRenewing(); },
    } satisfies Work & { isLost(): boolean; isStuck(): boolean; end(): void };
  }

  return {
    /** To be called when `accepting` may have changed. */
    look(): void {
      ring("play");
      ring("background");
    },
    busy: (): Record<WorkClass, number> => ({ play: running.play.size, background: running.background.size }),
    /** Resolves when nothing runs any more. */
    async idle(): Promise<void> {
      while (running.play.size + running.background.size > 0) await Promise.allSettled([...running.play, ...running.background]);
    },
    /** Takes nothing more; what runs is told to end, and handed back. */
    beginClose(): void {
      closing.abort();
      this.look();
    },
    async close(): Promise<void> {
      this.beginClose();
      await Promise.all([...loops, this.idle()]);
      subscriber.disconnect();
    },
  };
}

export type QueueWorker = ReturnType<typeof openQueueWorker<unknown>>;

/** For one who waits: a ring while nobody does is heard by the next wait. */
function openBell(clock: Clock) {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring(): void {
      rung = true;
      wake?.();
    },
    /** Until it rings, at most `ms`. */
    async wait(ms: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stopWaiting = clock.after(rung ? 0 : ms, resolve);
      wake = resolve;
      await promise;
      stopWaiting();
      wake = undefined;
      rung = false;
    },
  };
}
