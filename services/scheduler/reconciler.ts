/**
 * Finds videos that are not finished although nobody works on them (an event was lost, a node died, Redis was flushed)
 * and continues them from what the object store says. Every scheduler runs one; an election a video keeps them from
 * doing the same thing at the same time, and doing it twice would do no harm.
 */
import type { Logger } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { systemClock } from "../../mixins/clock.ts";
import { awaitsScreening } from "../../mixins/screening-policy/awaits-screening.ts";
import type { ListResult } from "../storage/storage.contract.ts";
import type { VideoState } from "../videos/videos.contract.ts";

export interface ReconcilerPorts {
  logger: Logger;
  listOpen(after: string | undefined): Promise<ListResult>;
  /** True for one caller of all within `forMs`. */
  elect(key: string, forMs: number): Promise<boolean>;
  state(id: string): Promise<VideoState | null>;
  validate(id: string): Promise<void>;
  plan(id: string): Promise<void>;
  feed(id: string): Promise<void>;
  screen(id: string): Promise<void>;
  /** Removes a mark that nobody needs any more, by its key. */
  unmark(key: string): Promise<void>;
  /** Ends what a video that has ended left half done. */
  tidy(id: string): Promise<void>;
  /** Deletes what there is of a video that is to be deleted. */
  bury(id: string): Promise<void>;
  relist(id: string): Promise<void>;
  /** Whether it is this region's to go on with. */
  isOurs(id: string): Promise<boolean>;
}

export interface Reconciler { close(): Promise<void> }

const ROUND_MS = 3_000;
/** How long a step may take before it counts as lost: looking at a slow source; queueing what is missing. */
const VALIDATE_LOST_MS = 20_000;
const PLAN_LOST_MS = 5_000;
const FEED_LOST_MS = 20_000;
/** Whoever screens it holds a lock meanwhile: to ask again costs little. */
const SCREEN_LOST_MS = 12_000;
/** Just posted: the ordinary way is given its time. */
const FRESH_MS = 4_000;
/** A mark without a record is of a post that was never answered. */
const ABANDONED_MS = 60_000;
/** Whatever was under way in the store has come by then. */
const LATE_MS = 60_000;
/** What the store does not let be erased is tried again after a round, after twice as long, … */
const LONGEST_REST_MS = 600_000;

export function openReconciler(ports: ReconcilerPorts, clock = systemClock): Reconciler {
  const firstSeen = new Map<string, number>();
  /** The step of each mark that the log has already: one that waits for its upload is looked at for hours. */
  const told = new Map<string, string>();
  /** Of an erasure that was not whole, by its mark: when it is tried again, and how long that was. */
  const resting = new Map<string, { untilMs: number; restMs: number }>();
  let closed = false;
  let wake = Promise.withResolvers<void>();
  const running = loop();

  async function loop(): Promise<void> {
    while (!closed) {
      try {
        await round();
      } catch (error) {
        ports.logger.debug(`A round of reconciling was cut short: ${errorMessage(error)}`);
      }
      const stopWaiting = clock.after(ROUND_MS, () => wake.resolve());
      await wake.promise;
      stopWaiting();
      wake = Promise.withResolvers();
    }
  }

  async function round(): Promise<void> {
    const open = new Set<string>();
    let after: string | undefined;
    do {
      const page = await ports.listOpen(after);
      for (const { key } of page.objects) {
        if (closed) return;
        open.add(key);
        const [id = ""] = key.slice(objectKeys.allOpen.length).split(".");
        await (key === objectKeys.leaving(id) ? bury : reconcile)(id, key, measureSeen(key)).catch((error: unknown) => ports.logger.debug(`Video ${id} could not be looked at: ${errorMessage(error)}`)); // the others can
      }
      after = page.next;
    } while (after !== undefined);
    for (const known of [firstSeen, told, resting]) for (const key of known.keys()) if (!open.has(key)) known.delete(key);
  }

  function measureSeen(key: string): number {
    const seenMs = clock.now() - (firstSeen.get(key) ?? clock.now());
    firstSeen.set(key, clock.now() - seenMs);
    return seenMs;
  }

  async function reconcile(id: string, key: string, seenMs: number): Promise<void> {
    const state = await ports.state(id);
    if (state === null) {
      if (seenMs > ABANDONED_MS) await ports.unmark(key);
      return;
    }
    if (awaitsScreening(state)) await screen(id, state, seenMs);
    if (state.deleted || state.outcome !== undefined || state.verdict?.accepted === false) return await end(id, key, seenMs);
    if (isFresh(state, seenMs)) return;
    if (!(await ports.isOurs(id))) return;
    const step = nextStep(state);
    if (!(await ports.elect(`${step.name}:${id}`, step.lostMs))) return;
    ports.logger[step.name === "feed" || told.get(key) === step.name ? "debug" : "info"](`Video ${id}: ${step.name} continued.`);
    told.set(key, step.name);
    await ports.relist(id);
    step.run(id).catch((error: unknown) => ports.logger.warn(`Video ${id}: ${step.name} failed: ${errorMessage(error)}`));
  }

  /** The clock of who made the record may be ahead. */
  function isFresh({ record }: VideoState, seenMs: number): boolean {
    return clock.date() - Date.parse(record.createdAt) < FRESH_MS && seenMs < FRESH_MS;
  }

  /** Beside whatever else the video waits for. */
  async function screen(id: string, state: VideoState, seenMs: number): Promise<void> {
    if (isFresh(state, seenMs) || !(await ports.isOurs(id)) || !(await ports.elect(`screen:${id}`, SCREEN_LOST_MS))) return;
    ports.screen(id).catch((error: unknown) => ports.logger.debug(`Video ${id} was not screened: ${errorMessage(error)}`));
  }

  /** Whoever opens a video once more marks it first, and takes its end away next. */
  async function end(id: string, key: string, seenMs: number): Promise<void> {
    const isReopened = key !== objectKeys.open(id);
    if (isReopened && seenMs <= LATE_MS) return;
    if ((await patiently(id, key, ports.tidy)) && isReopened) await ports.unmark(key);
  }

  /** At once, for whoever deleted it may have died in the midst of it; and once more when nothing can come any more. */
  async function bury(id: string, key: string, seenMs: number): Promise<void> {
    const isOver = seenMs > LATE_MS;
    if (seenMs > 0 && !isOver) return;
    if ((await patiently(id, key, ports.bury)) && isOver) await ports.unmark(key);
  }

  /** What the store does not let be erased is tried ever more seldom. @returns whether it was done now */
  async function patiently(id: string, key: string, erase: (id: string) => Promise<void>): Promise<boolean> {
    const rest = resting.get(key);
    if (clock.now() < (rest?.untilMs ?? 0)) return false;
    try {
      await erase(id);
    } catch (error) {
      if (findErrorCode(error) !== "erasure_incomplete") throw error;
      const restMs = Math.min(LONGEST_REST_MS, 2 * (rest?.restMs ?? ROUND_MS / 2));
      resting.set(key, { untilMs: clock.now() + restMs, restMs });
      if (rest === undefined) ports.logger.warn(`Video ${id} is not erased yet: ${errorMessage(error)}`);
      return false;
    }
    resting.delete(key);
    return true;
  }

  function nextStep(state: VideoState): { name: string; lostMs: number; run(id: string): Promise<void> } {
    if (state.verdict === undefined) return { name: "validate", lostMs: VALIDATE_LOST_MS, run: ports.validate };
    if (state.plan === undefined) return { name: "plan", lostMs: PLAN_LOST_MS, run: ports.plan };
    return { name: "feed", lostMs: FEED_LOST_MS, run: ports.feed };
  }

  return {
    async close() {
      closed = true;
      wake.resolve();
      await running;
    },
  };
}
