/** What modules use of Moleculer on a simulated node: calls of `storage` and of the node's own actions, and events. */
import type { ServiceBroker } from "moleculer";
import { fail } from "../../../config/errors.ts";
import type { Life } from "./process.ts";
import type { World } from "./world.ts";

export type Actions = Readonly<Record<string, (params: never) => Promise<unknown>>>;

export function openNodeBroker(world: World, life: Life, actions: Actions): ServiceBroker {
  const broker = {
    nodeID: life.process.name,
    logger: world.journal.loggerFor(life),
    async call(action: string, params: never): Promise<unknown> {
      if (action === "storage.placement") return null; // there is one region
      if (action.startsWith("storage.")) return await world.store.call(life, action, params);
      const own = actions[action];
      if (own === undefined) throw fail("not_found", action);
      return await own(params);
    },
    emit: async (event: string, payload: unknown) => world.bus.emit(event, payload),
    broadcast: async (event: string, payload: unknown) => world.bus.broadcast(event, payload),
  };
  return broker as unknown as ServiceBroker;
}
