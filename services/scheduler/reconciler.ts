/**
 * Finds videos that are not finished although nobody works on them (an event was lost, a node died, Redis was flushed)
 * and continues them from what the object store says. Every scheduler runs one; an election a video keeps them from
 * doing the same thing at the same time, and doing it twice would do no harm.
 */
import type { Logger } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { errorMessage } from "../../config/errors.ts";
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
  /** Removes a mark that belongs to nothing. */
  unmark(id: string): Promise<void>;
  /** Ends what a video that has ended left half done. */
  tidy(id: string): Promise<void>;
  relist(id: string): Promise<void>;
}

export interface Reconciler { close(): Promise<void> }

const ROUND_MS = 3_000;
/** How long a step may take before it counts as lost: looking at a slow source; queueing what is missing. */
const VALIDATE_LOST_MS = 20_000;
const PLAN_LOST_MS = 5_000;
const FEED_LOST_MS = 20_000;
/** Just posted: the ordinary way is given its time. */
const FRESH_MS = 4_000;
/** A mark without a record is of a post that was never answered. */
const ABANDONED_MS = 60_000;

export function openReconciler(ports: ReconcilerPorts): Reconciler {
  const firstSeen = new Map<string, number>();
  /** The step of each video that the log has already: one that waits for its upload is looked at for hours. */
  const told = new Map<string, string>();
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
      const timer = setTimeout(() => wake.resolve(), ROUND_MS);
      await wake.promise;
      clearTimeout(timer);
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
        const id = key.slice(objectKeys.allOpen.length);
        open.add(id);
        await reconcile(id).catch((error: unknown) => ports.logger.debug(`Video ${id} could not be looked at: ${errorMessage(error)}`)); // the others can
      }
      after = page.next;
    } while (after !== undefined);
    for (const known of [firstSeen, told]) for (const id of known.keys()) if (!open.has(id)) known.delete(id);
  }

  async function reconcile(id: string): Promise<void> {
    const seen = firstSeen.get(id);
    firstSeen.set(id, seen ?? Date.now());
    const state = await ports.state(id);
    if (state === null) {
      if (seen !== undefined && Date.now() - seen > ABANDONED_MS) await ports.unmark(id);
      return;
    }
    if (state.deleted || state.outcome !== undefined || state.verdict?.accepted === false) return await ports.tidy(id);
    if (Date.now() - Date.parse(state.record.createdAt) < FRESH_MS) return;
    const step = nextStep(state);
    if (!(await ports.elect(`${step.name}:${id}`, step.lostMs))) return;
    ports.logger[step.name === "feed" || told.get(id) === step.name ? "debug" : "info"](`Video ${id}: ${step.name} continued.`);
    told.set(id, step.name);
    await ports.relist(id);
    step.run(id).catch((error: unknown) => ports.logger.warn(`Video ${id}: ${step.name} failed: ${errorMessage(error)}`));
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
