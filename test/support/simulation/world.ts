/** What all parts of a run share, and what it notes. */
import type { Logger } from "moleculer";
import type { PoisonParams } from "../../../services/scheduler/scheduler.contract.ts";
import type { EventBus } from "./event-bus.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Lecture } from "./lectures.ts";
import type { SimulatedStore } from "./object-store.ts";
import type { Random } from "./random.ts";
import type { RegionRedis } from "./region-redis.ts";
import type { Life } from "./process.ts";

export interface World {
  loop: EventLoop;
  random: Random;
  redis: RegionRedis;
  store: SimulatedStore;
  bus: EventBus;
  journal: Journal;
  /** By the URL of the source. */
  lectures: Map<string, Lecture>;
  /** Tokens under which segments are on their way into the store, by the names of nodes and the keys. */
  publishing: Map<string, string>;
  /** When a run of the video last failed, by its id. */
  failedRuns: Map<string, number>;
  /** The lecture of which this video is. */
  lectureOf(videoId: string): Lecture | undefined;
  /** Tells some scheduler of a chunk that failed as often as it may. @throws when none answers */
  reportPoison(life: Life, params: PoisonParams): Promise<void>;
}

export interface Journal {
  /** How often what happened. */
  counts: Map<string, number>;
  /** What must never happen, and did. */
  violations: string[];
  lines: string[];
  count(what: string, times?: number): void;
  violate(what: string): void;
  write(who: string, what: string): void;
  loggerFor(life: Life): Logger;
}

const KEPT_LINES = 5_000;

export function openJournal(loop: EventLoop): Journal {
  const journal: Journal = {
    counts: new Map(), violations: [], lines: [],
    count(what, times = 1) {
      if (times > 0) journal.counts.set(what, (journal.counts.get(what) ?? 0) + times);
    },
    violate(what) {
      journal.violations.push(what);
      journal.write("!", what);
    },
    write(who, what) {
      journal.lines.push(`${(loop.now() / 1000).toFixed(3).padStart(9)} ${who.padEnd(5)} ${what}`);
      if (journal.lines.length > KEPT_LINES) journal.lines.shift();
    },
    loggerFor(life) {
      const say = (...words: unknown[]): void => journal.write(life.process.name, words.map((word) => (word instanceof Error ? word.message : String(word))).join(" "));
      return { fatal: say, error: say, warn: say, info: say, debug: say, trace: say } as unknown as Logger;
    },
  };
  return journal;
}
