/** Counts what a node sees of its mesh: whether NATS is there, and who went without saying so. */
import type { Middleware, ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import { registerMetrics, type MetricWriter } from "../metrics/register-metrics.ts";

/** Moleculer's types have none of it. */
interface Transporter {
  client: NatsConnection;
  onConnected(wasReconnect?: boolean): Promise<void>;
}
interface Disconnected { node: { metadata?: { region?: unknown } }; unexpected: boolean }

export const meshMetrics: Middleware = {
  name: "MeshMetrics",
  created(broker: ServiceBroker) {
    const metrics = registerMetrics(broker, "mesh");
    broker.localBus.on("$node.disconnected", ({ node, unexpected }: Disconnected) => {
      if (unexpected && node.metadata?.region === broker.metadata["region"]) metrics.count("lectern_mesh_nodes_lost_total");
    });
    const { tx } = broker.transit as unknown as { tx: Transporter };
    const onConnected = tx.onConnected.bind(tx);
    tx.onConnected = (wasReconnect) => {
      metrics.set("lectern_nats_connected", 1);
      void follow(tx.client, metrics);
      return onConnected(wasReconnect);
    };
  },
};

/** The client comes back by itself, and tells Moleculer nothing of it. */
async function follow(client: NatsConnection, metrics: MetricWriter<"mesh">): Promise<void> {
  for await (const { type } of client.status()) {
    if (String(type) === "disconnect") metrics.set("lectern_nats_connected", 0);
    if (String(type) === "reconnect") metrics.set("lectern_nats_connected", 1);
  }
}
