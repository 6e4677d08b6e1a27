/**
 * Keeps nodes apart that do not understand each other: one is not known to the other, so neither is called, and a call
 * that comes all the same is refused with a sentence that says why.
 */
import type { Context, Middleware, ServiceBroker } from "moleculer";
import { fail } from "../errors.ts";
import { understands } from "../protocol.ts";

/** A packet of Moleculer's transit, as far as it is read here. */
interface Packet { payload?: { sender?: unknown; metadata?: unknown } }
type Handle = (kind: string, packet: Packet) => Promise<boolean>;

/** Its events announce, and what they announce is also found without them; by its heartbeats it would be looked for again and again. */
const UNHEARD = ["EVENT", "HEARTBEAT"];

export function protocolGuard(own: number): Middleware {
  const strangers = new Map<string, unknown>();
  let broker: ServiceBroker | undefined;

  function meet(sender: string, metadata: unknown): boolean {
    const other = typeof metadata === "object" && metadata !== null && "protocol" in metadata ? metadata.protocol : undefined;
    if (understands(own, other)) {
      strangers.delete(sender);
      return true;
    }
    if (strangers.get(sender) !== other) broker?.logger.warn(`Node ${sender} speaks protocol ${String(other)}, this one ${own}: they do not work together. Upgrade a mesh one version after the other.`);
    strangers.set(sender, other);
    return false;
  }

  const middleware: Middleware = {
    name: "ProtocolGuard",
    created(created) {
      broker = created;
    },
    localAction(next) {
      return async (ctx: Context): Promise<unknown> => {
        if (ctx.nodeID !== null && strangers.has(ctx.nodeID)) throw fail("not_ready", `This node speaks protocol ${own}, and the caller's ${String(strangers.get(ctx.nodeID))}.`);
        const answer: unknown = await Reflect.apply(next, ctx.service, [ctx]);
        return answer;
      };
    },
  };
  // Defined so because Moleculer's types have a promise in the place of the function.
  Object.defineProperty(middleware, "transitMessageHandler", {
    enumerable: true,
    value: (next: Handle): Handle => async (kind, packet) => {
      const { sender, metadata } = packet.payload ?? {};
      if (typeof sender === "string") {
        if (kind === "INFO" && !meet(sender, metadata)) return false;
        if (UNHEARD.includes(kind) && strangers.has(sender)) return false;
      }
      return await next(kind, packet);
    },
  });
  return middleware;
}
