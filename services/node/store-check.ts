/** Whether the object store is away only from here: while others can use it, they have the work. */
import type { ServiceBroker } from "moleculer";
import type { SelfCheck } from "./self-checks.ts";

const PATIENCE_MS = 2_500;
/** Others that are asked. */
const OTHERS = 3;
const ACTION = "storage.check";

interface ListedNode { id: string; metadata?: { services?: unknown } }

export function storeCheck(broker: ServiceBroker): SelfCheck {
  const works = async (nodeID: string): Promise<boolean> => {
    try {
      await broker.call(ACTION, {}, { nodeID, timeout: PATIENCE_MS, retries: 0 });
      return true;
    } catch {
      return false;
    }
  };
  return {
    code: "store",
    strikes: 2,
    async look() {
      if (broker.getLocalService("storage") === undefined || (await works(broker.nodeID))) return undefined;
      const nodes = await broker.call<ListedNode[], object>("$node.list", { onlyAvailable: true });
      const others = nodes.filter(({ id, metadata }) => id !== broker.nodeID && Array.isArray(metadata?.services) && metadata.services.includes("storage"));
      const answers = await Promise.all(others.slice(0, OTHERS).map(({ id }) => works(id)));
      return answers.includes(true) ? "The object store does not answer this node, and answers others." : undefined;
    },
  };
}
