/**
 * Copies to one other region what was written here. What waits is remembered in a bounded list and, durably, by marks in
 * the own store; what a process that died left marked, another process of the region copies.
 */
import type { Logger } from "moleculer";
import { errorMessage, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Copied } from "./copy-object.ts";
import type { RegionLink } from "./region-link.ts";
import { openMarks } from "./replication-marks.ts";
import { isVideoUnit, type Urgency } from "./replication-rules.ts";
import { settleUnit } from "./settle-unit.ts";
import { workList, type Work } from "./work-list.ts";

export interface ReplicatorOptions {
  own: ObjectStore;
  ownName: string;
  link: RegionLink;
  /** Names this process. */
  writer: string;
  wantsMedia(videoId: string): Promise<boolean>;
  /** Processes of this region that live; undefined while that is not known. One of them, which is told so, sees to the marks of the dead. */
  findLiving(): Promise<{ writers: ReadonlySet<string>; isFirst: boolean } | undefined>;
  onCopied(outcome: Copied): void;
  /** A deletion reached the region later than it should have. */
  onLateDeletion(videoId: string): void;
  logger: Pick<Logger, "info" | "warn" | "debug">;
  /** In ms: how long a mark outlives its last copy; how often what waits is looked at; how often marks of the dead are read. */
  timing: { lingerMs: number; tickMs: number; scanMs: number };
  /** Units that are remembered at once. */
  maxWorks?: number;
}

export interface Replicator {
  /** Resolves when a restart would find the unit. What it returns ends the hold. */
  hold(unit: string): Promise<() => void>;
  /** @param key undefined: the unit as a whole */
  add(unit: string, urgency: Urgency, key?: string): void;
  lag(): { units: number; oldestMs: number };
  close(): Promise<void>;
}

const WORKS_AT_ONCE = 8;
/** A whole video, or an upload of many gigabytes. */
const WORK_MS = 3_600_000;
const LATE_MS = 5_000;
/** Before what the other store does not let be erased is tried again. */
const KEPT_MS = 600_000;

export function openReplicator(options: ReplicatorOptions): Replicator {
  const { own, link, writer, logger, timing } = options;
  const name = link.region.name;
  const works = workList(options.maxWorks);
  const marks = openMarks({ own, region: name, writer, hasWork: works.has, logger, lingerMs: timing.lingerMs });
  /** Marks of dead processes, by unit: removed once it is copied. */
  const inherited = new Map<string, Set<string>>();
  /** Writers that were missing at the last scan. */
  let missing = new Set<string>();
  let scanning: Promise<void> | undefined;
  const underWay = new Set<Promise<void>>();
  /** Something was forgotten for want of room, and only its mark tells of it. */
  let forgot = false;
  let closed = false;

  function forget(unit: string): void {
    forgot = true;
    marks.leave(unit);
  }

  function pump(): void {
    while (!closed && !link.isAway() && works.runningCount() < WORKS_AT_ONCE) {
      const work = works.take();
      if (work === undefined) return;
      const run = perform(work);
      underWay.add(run);
      void run.finally(() => {
        underWay.delete(run);
        pump();
      });
    }
  }

  async function perform(work: Work): Promise<void> {
    try {
      const deleted = await link.use((target) => settleUnit(work.unit, work.keys, { ...options, target }), WORK_MS);
      if (deleted !== undefined && performance.now() - work.since > LATE_MS) options.onLateDeletion(deleted);
      works.done(work);
      const left = work.keys === undefined ? inherited.get(work.unit) : undefined;
      if (left === undefined) return;
      inherited.delete(work.unit);
      for (const mark of left) await (mark.endsWith(`/${writer}`) ? marks.drop(work.unit) : own.remove(mark));
    } catch (error) {
      const isKept = findErrorCode(error) === "erasure_incomplete";
      if (!works.again(work, isKept ? KEPT_MS : 0)) forget(work.unit);
      logger[work.attempts === (isKept ? 0 : 3) ? "warn" : "debug"](`${work.unit} could not be copied to ${name}: ${errorMessage(error)}`);
    }
  }

  /** Finds what others left, and what this process had to forget. */
  async function scan(): Promise<void> {
    const living = await options.findLiving();
    if (living === undefined || link.isAway()) return;
    if (!living.isFirst && !forgot) return;
    const prefix = objectKeys.replicationMarks(name);
    const absent = new Set<string>();
    let seenAll = false;
    for (let after: string | undefined; !works.isFull(); ) {
      const page = await own.list({ prefix, ...(after === undefined ? {} : { after }) });
      for (const { key } of page.objects) {
        const [unitName = "", by = ""] = key.slice(prefix.length).split("/");
        const unit = unitName.replaceAll("~", "/");
        if (by === writer) {
          if (!marks.knows(unit)) inherit(unit, key);
        } else if (!living.writers.has(by)) {
          absent.add(by);
          if (missing.has(by)) inherit(unit, key); // a process that has just started may not be known yet
        }
      }
      seenAll = page.next === undefined;
      if (page.next === undefined) break;
      after = page.next;
    }
    if (seenAll && !works.isFull()) forgot = false;
    missing = absent;
  }

  function inherit(unit: string, mark: string): void {
    const left = inherited.get(unit) ?? new Set();
    inherited.set(unit, left.add(mark));
    if (!works.has(unit)) works.add(unit, urgencyOf(unit)); // without room the next scan finds it again
  }

  const tick = setInterval(pump, timing.tickMs);
  const scanTimer = setInterval(() => {
    scanning ??= scan()
      .then(pump, (error: unknown) => logger.debug(`Marks of ${name} were not read: ${errorMessage(error)}`))
      .finally(() => { scanning = undefined; });
  }, timing.scanMs);
  link.onBack(() => {
    works.hurry();
    pump();
  });
  return {
    hold: marks.hold,
    add(unit, urgency, key) {
      if (!works.add(unit, urgency, key)) forget(unit);
      pump();
    },
    lag: works.lag,
    async close() {
      closed = true;
      clearInterval(tick);
      clearInterval(scanTimer);
      await scanning;
      await Promise.race([Promise.all(underWay), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
      await marks.close();
    },
  };
}

/** Of a unit of which nobody remembers what is missing. */
function urgencyOf(unit: string): Urgency {
  return isVideoUnit(unit) || !unit.endsWith("/") ? 0 : 1;
}
