/**
 * Has a call that may be repeated tried again, on another node as soon as the one it waits for has fallen silent, on any when
 * it may have been lost with this node's line to NATS. Moleculer's retry
 * does the rest: the call fails as one whose node was found dead, and the strategy passes over that node.
 */
import { Readable } from "node:stream";
import type { NatsConnection } from "nats";
import { Errors, type Context, type Middleware, type ServiceBroker, type Transit } from "moleculer";
import { openCallWatch, type CallWatch } from "../placement/call-watch.ts";
import { meshView } from "../placement/mesh-view.ts";
import { isPlaced, isRepeatable } from "../placement/placed-calls.ts";

const watches = new WeakMap<ServiceBroker, CallWatch>();

function watchOf(broker: ServiceBroker): CallWatch {
  const known = watches.get(broker);
  if (known !== undefined) return known;
  const { book } = meshView(broker);
  const watch = openCallWatch({
    ownId: broker.nodeID,
    ping: (nodeId) => void broker.transit?.sendPing(nodeId),
    heardAt: (nodeId) => book.heardAt(nodeId),
    onSilent(nodeId) {
      book.fellSilent(nodeId);
      broker.logger.warn(`${nodeId} does not answer; what was asked of it is asked of another node.`);
    },
    now: () => performance.now(),
  });
  watches.set(broker, watch);
  return watch;
}

const hooks: Middleware = {
  name: "Failover",
  async started(broker: ServiceBroker) { void followLine(broker); }, // until it ends
  localAction(next, action) {
    return isPlaced(action.name ?? "") ? (ctx: Context) => counted(this, this.nodeID, Reflect.apply(next, ctx.service, [ctx])) : next;
  },
  remoteAction(next, action) {
    const name = action.name ?? "";
    if (!isRepeatable(name)) return next;
    return async (ctx: Context) => {
      const nodeId = ctx.nodeID ?? "";
      const answer: Promise<unknown> = Reflect.apply(next, ctx.service, [ctx]);
      const silence = Promise.withResolvers<never>();
      const end = watchOf(this).watch(nodeId, () => {
        silence.reject(new Errors.RequestRejectedError({ action: name, nodeID: nodeId }));
        answer.then(discard, () => undefined); // it may come after all
      });
      try {
        return await counted(this, nodeId, Promise.race([answer, silence.promise]));
      } finally {
        end();
      }
    };
  },
};

/** The client connects again by itself, of which Moleculer tells nobody. */
async function followLine(broker: ServiceBroker): Promise<void> {
  const transporter: object | undefined = broker.transit?.tx;
  const client: unknown = transporter !== undefined && "client" in transporter ? transporter.client : undefined;
  if (!isConnection(client)) return;
  for await (const { type } of client.status()) if (type === "reconnect") watchOf(broker).restored();
}

function isConnection(client: unknown): client is Pick<NatsConnection, "status"> {
  return typeof client === "object" && client !== null && "status" in client && typeof client.status === "function";
}

/** Counts the call as under way at the node until it has been answered. */
async function counted(broker: ServiceBroker, nodeId: string, answer: Promise<unknown>): Promise<unknown> {
  const end = meshView(broker).book.begin(nodeId);
  try {
    return await answer;
  } finally {
    end();
  }
}

function discard(answer: unknown): void {
  if (answer instanceof Readable) answer.destroy();
}

/** Whatever arrives is a sign of life of who sent it. Moleculer's type of this hook has it return what its handler does. */
export const failover: Middleware = Object.assign(hooks, {
  transitMessageHandler(this: Transit, next: Transit["messageHandler"]): Transit["messageHandler"] {
    const { book } = meshView(this.broker);
    return (command, packet) => {
      const sender: unknown = packet?.payload?.sender;
      if (typeof sender === "string") book.heard(sender);
      return next(command, packet);
    };
  },
});
