/**
 * Ends a node to which NATS does not let come what is meant for it: it would seem to be there, and be deaf. That is a node
 * under another's name, for an nkey is good for one.
 */
import type { Middleware, ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";

/** Moleculer's types have none of it. */
interface Transporter { client: NatsConnection; onConnected(wasReconnect?: boolean): Promise<void> }

const TELL_MS = 60_000;

export const natsPermissions: Middleware = {
  name: "NatsPermissions",
  async starting(broker: ServiceBroker) {
    const { tx } = broker.transit as unknown as { tx: Transporter };
    const subscribe = tx.onConnected.bind(tx);
    tx.onConnected = (wasReconnect) => {
      void watch(broker, tx.client);
      return subscribe(wasReconnect);
    };
  },
};

async function watch(broker: ServiceBroker, client: NatsConnection): Promise<void> {
  let toldAt = -Infinity;
  for await (const { type, permissionContext: refused } of client.status()) {
    if (type !== "error" || refused === undefined) continue;
    if (refused.operation === "subscription") broker.fatal(`NATS does not let this node hear ${refused.subject}: its nkey is not that of a node "${broker.nodeID}".`, undefined, true);
    if (performance.now() - toldAt < TELL_MS) continue;
    toldAt = performance.now();
    broker.logger.warn(`NATS does not let this node say ${refused.subject}: its nkey is that of another role.`);
  }
}
