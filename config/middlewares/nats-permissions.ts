/**
 * Ends a node to which NATS does not let come what is meant for it: it would seem to be there, and be deaf. That is a node
 * under another's name, for an nkey is good for one. Moleculer's own subscription takes the refusal for a packet, and its
 * client reads nothing from then on.
 */
import type { Middleware, ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import { endNode } from "../end-node.ts";

/** Moleculer's types have none of it. */
interface Transporter {
  client: NatsConnection;
  getTopicName(command: string, nodeID?: string): string;
  receive(command: string, bytes: Buffer): unknown;
  subscribe(command: string, nodeID?: string): Promise<void>;
  onConnected(wasReconnect?: boolean): Promise<void>;
}

const TELL_MS = 60_000;

export const natsPermissions: Middleware = {
  name: "NatsPermissions",
  created(broker: ServiceBroker) {
    const { tx } = broker.transit as unknown as { tx: Transporter };
    const onConnected = tx.onConnected.bind(tx);
    tx.onConnected = (wasReconnect) => {
      void watch(broker, tx.client);
      return onConnected(wasReconnect);
    };
    tx.subscribe = async (command, nodeID) => {
      const subject = tx.getTopicName(command, nodeID);
      tx.client.subscribe(subject, {
        callback(refusal, message) {
          if (refusal === null) tx.receive(command, Buffer.from(message.data));
          else endNode(broker, `NATS does not let this node hear ${subject}: its nkey is not that of a node "${broker.nodeID}".`);
        },
      });
    };
  },
};

/** Of what this node may not say, the client tells nobody else. */
async function watch(broker: ServiceBroker, client: NatsConnection): Promise<void> {
  let toldAt = -Infinity;
  for await (const { permissionContext: refused } of client.status()) {
    if (refused?.operation !== "publish" || performance.now() - toldAt < TELL_MS) continue;
    toldAt = performance.now();
    broker.logger.warn(`NATS does not let this node say ${refused.subject}: its nkey is for other subjects.`);
  }
}
