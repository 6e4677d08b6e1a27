/**
 * Looks now and then for what would make this node fail at everything: such a node quarantines itself, and takes work
 * again when the check passes. Only what is the node's own fault counts; what fails everywhere is nobody's here.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { NodeState } from "../../mixins/node-state.ts";

export interface SelfCheck {
  /** Of the reason of the quarantine. */
  readonly code: string;
  /** How often in a row it fails before it counts. */
  readonly strikes: number;
  /** @param suspected whether it has failed the last time @returns what is wrong, as a sentence; undefined: nothing */
  look(suspected: boolean): Promise<string | undefined>;
  close?(): void;
}

const EVERY_MS = 3_000;

/** A check that itself breaks says nothing of the node. */
export function openSelfChecks(checks: readonly SelfCheck[], state: NodeState, logger: Pick<Logger, "debug">, everyMs = EVERY_MS): { close(): void } {
  const failed = new Map<string, number>();
  let busy = false;

  async function run(check: SelfCheck): Promise<void> {
    const { code, strikes } = check;
    try {
      const before = failed.get(code) ?? 0;
      const fault = await check.look(before > 0);
      failed.set(code, fault === undefined ? 0 : before + 1);
      if (fault === undefined) state.release(code);
      else if (before + 1 >= strikes) state.quarantine(code, fault);
    } catch (error) {
      logger.debug(`The self-check ${code} did not work: ${errorMessage(error)}`);
    }
  }
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void Promise.all(checks.map(run)).finally(() => { busy = false; });
  }, everyMs);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      for (const check of checks) check.close?.();
    },
  };
}
