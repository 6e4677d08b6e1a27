/** Has a message sent to all endpoints that listen: first it is in the store, for each of them, then it is due. */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import type { DueDeliveries } from "./due-deliveries.ts";
import type { Endpoint } from "./endpoint-store.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Outbox } from "./outbox.ts";
import type { Message } from "./webhooks.contract.ts";

export interface DispatchPorts {
  endpoints: Pick<Endpoints, "listening">;
  outbox: Pick<Outbox, "add" | "wasFinished">;
  due: Pick<DueDeliveries, "add" | "renew">;
  log: Pick<DeliveryLog, "queued">;
  look(): void;
  logger: Pick<Logger, "debug">;
}

export function openDispatch({ endpoints, outbox, due, log, look, logger }: DispatchPorts) {
  /** @throws storage_unavailable; without Redis it is due when the outbox is looked through */
  async function send(endpoint: string, message: Message, how: "new" | "anew" = "anew"): Promise<void> {
    const pending = { endpoint, message: message.id };
    await outbox.add(pending, message);
    try {
      await log.queued(endpoint, message);
      await (how === "new" ? due.add(pending) : due.renew(pending));
      look();
    } catch (error) {
      logger.debug(`Delivery ${message.id} waits for Redis: ${errorMessage(error)}`);
    }
  }

  return {
    send,
    /** @param tenant whose video it is about @param passes asked of each endpoint that listens */
    async tell(message: Message, tenant: string | undefined, passes: (endpoint: Endpoint) => boolean = () => true): Promise<void> {
      for (const endpoint of await endpoints.listening(message.type, tenant)) {
        const { id } = endpoint.record;
        if (passes(endpoint) && !(await outbox.wasFinished({ endpoint: id, message: message.id }))) await send(id, message, "new");
      }
    },
  };
}

export type Dispatch = ReturnType<typeof openDispatch>;
