/**
 * Moleculer's own middlewares, in its own order, but for two that cost each call something and give nothing here: no action
 * has a fallback, and requests are counted by `RequestMetrics` already. Its figures of events and of traffic stay.
 */
import moleculer, { ServiceBroker, type Middleware } from "moleculer";

/** As Moleculer takes it, which its types do not say: made for a broker. */
type MiddlewareOf = (broker: ServiceBroker) => Middleware;

const trafficMetrics: MiddlewareOf = (broker) => {
  const { localAction: _local, remoteAction: _remote, ...others } = (moleculer as unknown as { Middlewares: { Metrics: MiddlewareOf } }).Middlewares.Metrics(broker);
  return others;
};

export const stockMiddlewares = ServiceBroker.INTERNAL_MIDDLEWARES.filter((name) => name !== "Fallback").map((name) => (name === "Metrics" ? trafficMetrics as unknown as Middleware : name));
