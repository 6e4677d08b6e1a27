/** How the calls ended that a node handled, by action: counted in memory, and read only when somebody asks. */
import type { ServiceBroker } from "moleculer";

/** ms, ascending. */
const BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 2_500, 4_000, 5_000, 8_000, 10_000, 30_000] as const;
export type CallBound = (typeof BOUNDS_MS)[number];

/** Every field has few values, so that each can be a label. */
export interface CallFault { readonly code: number; readonly name: string; readonly type: string }

export interface CallCount {
  readonly action: string;
  readonly service: string;
  readonly count: number;
  /** Of all of them together. */
  readonly sumMs: number;
  /** One more. */
  ended(durationMs: number, fault?: CallFault): void;
  /** How many took no longer than that. */
  within(boundMs: CallBound): number;
  faults(): (CallFault & { times: number })[];
}

export interface CallCounts {
  /** The count of an action: the same one for as long as the broker is there. */
  of(action: string, service: string): CallCount;
  /** Of actions that were called. */
  list(): CallCount[];
}

const known = new WeakMap<ServiceBroker, CallCounts>();

export function callCounts(broker: ServiceBroker): CallCounts {
  const counts = known.get(broker) ?? openCallCounts();
  known.set(broker, counts);
  return counts;
}

function openCallCounts(): CallCounts {
  const counts = new Map<string, CallCount>();
  return {
    of(action, service) {
      const count = counts.get(action) ?? openCallCount(action, service);
      counts.set(action, count);
      return count;
    },
    list: () => [...counts.values()].filter(({ count }) => count > 0),
  };
}

function openCallCount(action: string, service: string): CallCount {
  /** By the smallest bound that they were within; the last place is for those that took longer than any. */
  const byBound = new Float64Array(BOUNDS_MS.length + 1);
  const faults = new Map<string, CallFault & { times: number }>();
  let count = 0;
  let sumMs = 0;
  return {
    action, service,
    get count() { return count; },
    get sumMs() { return sumMs; },
    ended(durationMs, fault) {
      count++;
      sumMs += durationMs;
      let at = 0;
      while (at < BOUNDS_MS.length && durationMs > (BOUNDS_MS[at] ?? Infinity)) at++;
      byBound[at] = (byBound[at] ?? 0) + 1;
      if (fault === undefined) return;
      const name = `${fault.code} ${fault.name} ${fault.type}`;
      const seen = faults.get(name) ?? { ...fault, times: 0 };
      seen.times++;
      faults.set(name, seen);
    },
    within: (boundMs) => byBound.subarray(0, BOUNDS_MS.indexOf(boundMs) + 1).reduce((sum, calls) => sum + calls, 0),
    faults: () => [...faults.values()],
  };
}
