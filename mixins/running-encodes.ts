/** Runs of FFmpeg under way on this node, for whoever operates it: one list a broker, which the transcoder keeps. */
import type { ServiceBroker } from "moleculer";
import type { RunningEncode } from "../services/node/node.contract.ts";

/** `mediaSec` of each of its renditions; `background`: nobody waits for it. */
export interface EncodeBegun { videoId: string; renditions: readonly string[]; first: number; last: number; lane: RunningEncode["lane"]; mediaSec: number }
export interface EncodeNote {
  /** So many seconds of one rendition more are made. */
  made(seconds: number): void;
  end(): void;
}
export interface RunningEncodes {
  begin(begun: EncodeBegun): EncodeNote;
  /** Those that viewers wait for first, then the oldest; at most `limit`. */
  list(limit: number): RunningEncode[];
  readonly count: number;
}

const lists = new WeakMap<ServiceBroker, RunningEncodes>();

/** The same for every caller that has the same broker. */
export function runningEncodes(broker: ServiceBroker): RunningEncodes {
  const known = lists.get(broker) ?? openRunningEncodes();
  lists.set(broker, known);
  return known;
}

/** @param now ms since 1970 */
export function openRunningEncodes(now: () => number = Date.now): RunningEncodes {
  const running = new Set<EncodeBegun & { since: number; madeSec: number }>(); // as many as the node has slots
  return {
    begin(begun) {
      const run = { ...begun, since: now(), madeSec: 0 };
      running.add(run);
      return {
        made(seconds) { run.madeSec += seconds; },
        end() { running.delete(run); },
      };
    },
    get count() { return running.size; },
    list(limit) {
      const order = { play: 0, background: 1 };
      return [...running].toSorted((a, b) => order[a.lane] - order[b.lane] || a.since - b.since).slice(0, limit).map(({ mediaSec, madeSec, renditions, ...run }) => {
        const [wholeSec, tookSec] = [mediaSec * renditions.length, (now() - run.since) / 1_000];
        const progress = wholeSec > 0 ? Math.min(1, madeSec / wholeSec) : 0;
        return { ...run, renditions: [...renditions], progress, ...(progress > 0 && tookSec > 0 ? { speed: (progress * mediaSec) / tookSec } : {}) };
      });
    },
  };
}
