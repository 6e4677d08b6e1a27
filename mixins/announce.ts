/**
 * Events that nobody waits for. Moleculer's `emit` resolves when the handlers on this node have finished, which for
 * work that an event starts is much too late.
 */
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../config/errors.ts";

/** To one service of each kind. What is lost on the way, a reconciler finds. */
export function announce(broker: ServiceBroker, event: string, payload: object): void {
  run(broker, event, () => broker.emit(event, payload));
}

/** To every node. */
export function announceToAll(broker: ServiceBroker, event: string, payload: object): void {
  run(broker, event, () => broker.broadcast(event, payload));
}

/** An oversized payload throws at once, everything else later. */
function run(broker: ServiceBroker, event: string, send: () => Promise<unknown>): void {
  (async () => await send())().catch((error: unknown) => broker.logger.warn(`The event ${event} was not handled: ${errorMessage(error)}`));
}
