/**
 * The end of a node that a signal asks for, in the order that nobody notices: it tells that it takes nothing new, waits
 * for load balancers to have read that, closes its doors, finishes what viewers wait for, hands the rest back, and ends.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { NodeState } from "../../mixins/node-state.ts";

export interface ShutdownPorts {
  state: NodeState;
  /** Stops all services; what can be handed back is. */
  stop(): Promise<void>;
  exit(code: number): void;
  logger: Pick<Logger, "info" | "warn" | "error">;
  /** From the end of readiness to the end of listening, in ms. */
  graceMs: number;
  /** How long viewers' requests may take after that, in ms. */
  viewersMs: number;
  /** Of all after the grace, in ms. */
  limitMs: number;
}

const LOOK_MS = 50;

/** @returns what to call for each signal; the second ends the process at once */
export function openShutdown(ports: ShutdownPorts): (signal: string) => void {
  const { state, logger, exit } = ports;
  let begun = false;

  async function shutDown(signal: string): Promise<void> {
    state.drain(`It was told to stop (${signal}).`);
    await delay(ports.graceMs);
    const limit = setTimeout(() => {
      logger.error(`Not everything has ended after ${ports.limitMs / 1000} s; this node ends now. What runs still: ${JSON.stringify(state.view().running)}`);
      exit(1);
    }, ports.limitMs);
    limit.unref();
    state.leave();
    const until = performance.now() + ports.viewersMs;
    while (state.isBusy() && performance.now() < until) await delay(LOOK_MS);
    if (state.isBusy()) logger.warn(`Viewers are cut off: they still wait after ${ports.viewersMs / 1000} s.`);
    await ports.stop();
    clearTimeout(limit);
    exit(0);
  }

  return (signal) => {
    if (begun) {
      logger.warn(`A second signal (${signal}): this node ends at once.`);
      exit(1);
      return;
    }
    begun = true;
    logger.info(`${signal}: this node stops.`);
    shutDown(signal).catch((error: unknown) => {
      logger.error(`This node did not stop in good order: ${errorMessage(error)}`);
      exit(1);
    });
  };
}
