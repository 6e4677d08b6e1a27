/**
 * Lets requests to a host through as its policy has it. Those of one node stand in line, so that the region's count is
 * asked for one at a time; who is let through holds a place until the answer's last byte.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { sparingRedis } from "../../../mixins/redis.ts";
import { OriginTrouble } from "../origin/attempts.ts";
import { untilAborted } from "../origin/until-aborted.ts";
import { LEASE_MS, type Answer, type BudgetStore, type Limits } from "./budget-store.ts";

export interface HostBudgets {
  /**
   * Waits for its turn. @param bytes that will be asked for
   * @returns gives the place back; may be called twice
   * @throws OriginTrouble when too many wait, or the turn does not come in time
   */
  enter(host: string, limits: Limits, bytes: number, signal: AbortSignal): Promise<() => void>;
  /** The host asked to be left alone for so long. */
  hold(host: string, ms: number): Promise<void>;
  close(): void;
}

export interface BudgetOptions {
  store: BudgetStore;
  /** While the store does not answer: this node alone. */
  spare: BudgetStore;
  /** Longest wait for a turn. */
  waitMaxMs: number;
  /** Told how long somebody waited, and why. */
  onWait?: (ms: number, why: Answer["why"]) => void;
  /** Told when the store refuses. */
  note?: (reason: string) => void;
}

/** More than this would wait for longer than anybody does. */
const MAX_LINE = 500;

interface Line { waiting: number; last: Promise<void>; /** Somebody of this node has left. */ wake: () => void }

export function hostBudgets({ store, spare, waitMaxMs, onWait = () => undefined, note = () => undefined }: BudgetOptions): HostBudgets {
  const lines = new Map<string, Line>();
  const held = new Map<string, string>();
  const closing = new AbortController();

  const sparing = sparingRedis(note);
  /** What the store says; while it is away, what this node counts for itself. */
  const ask = <T>(question: (budgets: BudgetStore) => Promise<T>): Promise<T> => sparing(() => question(store), () => question(spare));

  const renewal = setInterval(() => {
    for (const [lease, host] of held) void ask((budgets) => budgets.renew(host, lease));
  }, LEASE_MS / 3);
  renewal.unref();

  async function takeTurn(host: string, limits: Limits, bytes: number, signal: AbortSignal, line: Line): Promise<string> {
    const lease = randomUUID();
    const startedAt = performance.now();
    let why: Answer["why"] = "free";
    for (;;) {
      signal.throwIfAborted();
      const answer = await ask((budgets) => budgets.enter(host, { ...limits, lease, bytes }));
      const waited = performance.now() - startedAt;
      if (answer.waitMs === 0) {
        if (why !== "free") onWait(waited, why);
        return lease;
      }
      why = answer.why;
      if (waited + answer.waitMs > waitMaxMs) {
        onWait(waited, why);
        throw why === "hold"
          ? new OriginTrouble("asked to be left alone", { retryAfterMs: answer.waitMs })
          : new OriginTrouble("is asked for as much as it may be", { retryAfterMs: Math.max(1_000, answer.waitMs) });
      }
      const woken = why === "busy" ? new Promise<void>((resolve) => { line.wake = resolve; }) : undefined;
      const pause = delay(answer.waitMs * (1 + Math.random() / 4), undefined, { signal }); // nodes do not ask in step
      pause.catch(() => undefined); // heard below, unless somebody left first
      await Promise.race(woken === undefined ? [pause] : [pause, woken]);
    }
  }

  return {
    async enter(host, limits, bytes, caller) {
      const signal = AbortSignal.any([caller, closing.signal]);
      const line = lines.get(host) ?? { waiting: 0, last: Promise.resolve(), wake: () => undefined };
      if (line.waiting >= MAX_LINE) throw new OriginTrouble("is asked for as much as it may be", { retryAfterMs: 1_000 });
      lines.set(host, line);
      line.waiting++;
      const turn = line.last.then(() => takeTurn(host, limits, bytes, signal, line));
      line.last = turn.then(() => undefined, () => undefined);
      let lease: string;
      try {
        lease = await untilAborted(turn, signal);
      } catch (error) {
        turn.then((late) => ask((budgets) => budgets.leave(host, late)), () => undefined); // its turn may come all the same
        throw error;
      } finally {
        if (--line.waiting === 0) lines.delete(host);
      }
      held.set(lease, host);
      return () => {
        if (!held.delete(lease)) return;
        void Promise.all([ask((budgets) => budgets.leave(host, lease)), spare.leave(host, lease)]).then(() => lines.get(host)?.wake());
      };
    },
    async hold(host, ms) {
      await ask((budgets) => budgets.hold(host, ms));
    },
    close() {
      clearInterval(renewal);
      closing.abort();
    },
  };
}
