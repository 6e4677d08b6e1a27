/** Orders to erase a person, in the object store: what was ordered, what was found, what came of it, each written once. */
import { objectKeys } from "../../config/object-keys.ts";
import type { PersonThing } from "../../mixins/person-marks.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { ErasureCounts, VideosChoice } from "./persons.contract.ts";

/** `order.json`, until it has come to its end. `tenant` absent: of all. `by`: who ordered it, as the audit log names them. */
export interface ErasureOrder { id: string; person: string; tenant?: string; videos: VideosChoice; at: string; by: string }
/** `found.json`, until then: so that who goes on after a death counts the same. */
export interface Found { videos: PersonThing[]; uploads: PersonThing[]; keys: string[]; links: { videoId: string; linkId: string }[] }
/** `done.json`, which stays: it names nobody. */
export interface ErasureDone { id: string; tenant?: string; videos: VideosChoice; orderedAt: string; endedAt: string; erased: ErasureCounts }

export function erasureOrders(storage: Pick<StorageCalls, "get" | "put" | "list" | "remove">) {
  const encode = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  async function read<T>(key: string): Promise<T | undefined> {
    const bytes = await storage.get(key);
    return bytes === null ? undefined : (JSON.parse(bytes.toString("utf8")) as T);
  }
  const find = (id: string): Promise<ErasureOrder | undefined> => read(objectKeys.erasureOrder(id));
  const findFound = (id: string): Promise<Found | undefined> => read(objectKeys.erasureFound(id));
  const findDone = (id: string): Promise<ErasureDone | undefined> => read(objectKeys.erasureDone(id));
  const close = (id: string): Promise<void> => storage.remove(objectKeys.erasureOpen(id));

  /** Orders that have not come to their end. */
  async function* open(): AsyncGenerator<ErasureOrder> {
    let after: string | undefined;
    do {
      const page = await storage.list(objectKeys.allErasuresOpen, after, false);
      for (const { key } of page.objects) {
        const id = key.slice(objectKeys.allErasuresOpen.length);
        const order = await find(id);
        if (order !== undefined) yield order;
        else await close(id); // whoever ended it died before this
      }
      after = page.next;
    } while (after !== undefined);
  }

  return {
    find, findFound, findDone, open,
    /** The mark comes last: before it, whoever ordered has no answer. */
    async create(order: ErasureOrder): Promise<void> {
      await storage.put(objectKeys.erasureOrder(order.id), encode(order), true);
      await storage.put(objectKeys.erasureOpen(order.id), encode({}), false);
    },
    /** @returns what counts: this, or what was found before */
    async keepFound(id: string, found: Found): Promise<Found> {
      if ((await storage.put(objectKeys.erasureFound(id), encode(found), true)).stored) return found;
      return (await findFound(id)) ?? found;
    },
    /** From here on the order names nobody. Twice does no harm. */
    async finish(done: ErasureDone): Promise<void> {
      await storage.put(objectKeys.erasureDone(done.id), encode(done), true);
      await storage.remove(objectKeys.erasureFound(done.id));
      await storage.remove(objectKeys.erasureOrder(done.id));
      await close(done.id);
    },
  };
}

export type ErasureOrders = ReturnType<typeof erasureOrders>;
