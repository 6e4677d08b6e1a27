/**
 * Messages that are on their way, in the object store: one object for each message and endpoint, from before its first attempt to
 * after its last. Beside them, for some days, marks of what has come to its end, so that nothing is sent twice for want of Redis.
 */
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { Message } from "./webhooks.contract.ts";

/** A message for one endpoint. */
export interface Pending { endpoint: string; message: string }

/** Marks of so many days are kept, today's included: what is older is not looked for. */
const DAYS = 4;
const DAY_MS = 86_400_000;

export function openOutbox(storage: Pick<StorageCalls, "get" | "put" | "list" | "remove" | "removePrefix">, now: () => number = Date.now) {
  const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  async function* walk(prefix: string, folders: boolean): AsyncGenerator<string> {
    let after: string | undefined;
    do {
      const page = await storage.list(prefix, after, folders);
      for (const name of folders ? page.prefixes : page.objects.map(({ key }) => key)) yield name.slice(prefix.length);
      after = page.next;
    } while (after !== undefined);
  }

  return {
    /** From here on it is not lost. */
    async add({ endpoint, message }: Pending, content: Message): Promise<void> {
      await storage.put(objectKeys.webhookPending(endpoint, message), Buffer.from(JSON.stringify(content)), true);
    },
    async find({ endpoint, message }: Pending): Promise<Message | undefined> {
      const bytes = await storage.get(objectKeys.webhookPending(endpoint, message));
      return bytes === null ? undefined : (JSON.parse(bytes.toString("utf8")) as Message);
    },
    /** It was delivered, or given up. The mark comes first: who dies in between lets it come once more. */
    async finish({ endpoint, message }: Pending): Promise<void> {
      await storage.put(objectKeys.webhookDone(dayOf(now()), endpoint, message), Buffer.from("{}"), true);
      await storage.remove(objectKeys.webhookPending(endpoint, message));
    },
    /** Of the last days. */
    async wasFinished({ endpoint, message }: Pending): Promise<boolean> {
      const days = Array.from({ length: DAYS }, (_, n) => dayOf(now() - n * DAY_MS));
      return (await Promise.all(days.map((day) => storage.get(objectKeys.webhookDone(day, endpoint, message))))).some((mark) => mark !== null);
    },
    async *pending(): AsyncGenerator<Pending> {
      for await (const name of walk(objectKeys.allWebhooksPending, false)) {
        const [endpoint = "", message = ""] = name.split("/");
        yield { endpoint, message };
      }
    },
    async forgetEndpoint(endpoint: string): Promise<void> {
      await storage.removePrefix(objectKeys.webhookAllPending(endpoint));
    },
    /** Removes marks of days that nobody asks about. */
    async prune(): Promise<void> {
      const oldest = dayOf(now() - (DAYS - 1) * DAY_MS);
      for await (const folder of walk(objectKeys.allWebhooksDone, true)) if (folder.slice(0, -1) < oldest) await storage.removePrefix(objectKeys.allWebhooksDone + folder);
    },
  };
}

export type Outbox = ReturnType<typeof openOutbox>;
