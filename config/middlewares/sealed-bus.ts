/** Has a node send nothing to the mesh that is not sealed, and believe nothing else. */
import type { Logger, Middleware } from "moleculer";
import type { BusSeal } from "../bus-seal.ts";

type Send = (topic: string, bytes: Buffer, about: { packet: { type: string } }) => Promise<void>;
type Receive = (command: string, bytes: Buffer, socket: unknown) => Promise<unknown>;

/** Whoever shouts fills no log. */
const TELL_MS = 60_000;

/** @param seal undefined: the operator keeps strangers off their NATS by other means, or should */
export function sealedBus(seal: BusSeal | undefined): Middleware {
  let logger: Pick<Logger, "warn"> | undefined;
  let [dropped, toldAt] = [0, -Infinity];

  function drop(command: string, error: unknown): void {
    dropped++;
    if (performance.now() - toldAt < TELL_MS) return;
    toldAt = performance.now();
    logger?.warn(`What comes from NATS ${error instanceof Error ? error.message : "cannot be read"} and is dropped (${command}, ${dropped} so far): somebody else is on this NATS, or a node has another LECTERN_MESH_SECRET.`);
  }

  const middleware: Middleware = {
    name: "SealedBus",
    created(broker) {
      ({ logger } = broker);
      if (seal === undefined) logger.warn("Whoever reaches this NATS is believed: LECTERN_MESH_SECRET keeps strangers out.");
    },
  };
  if (seal === undefined) return middleware;
  // Moleculer's types have what these functions return in the place of the functions.
  return Object.assign(middleware, {
    transporterSend: (next: Send): Send => (topic, bytes, about) => next(topic, seal.seal(about.packet.type, bytes), about),
    transporterReceive: (next: Receive): Receive => async (command, bytes, socket) => {
      let opened: Buffer;
      try {
        opened = seal.open(command, bytes);
      } catch (error) {
        drop(command, error);
        return undefined;
      }
      return await next(command, opened, socket);
    },
  });
}
