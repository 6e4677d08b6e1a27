/** The object store, over the simulated network. It notes what must never happen to an object. */
import { fail } from "../../../config/errors.ts";
import { compareKeys } from "../../../services/storage/object-key.ts";
import { NOTHING_ERASED, type EraseParams, type HeadResult, type KeyParams, type ListParams, type ListResult, type PutParams, type PutResult, type RemovePrefixParams } from "../../../services/storage/storage.contract.ts";
import { memoryStore } from "../memory-store.ts";
import type { Life } from "./process.ts";
import type { Requests, Server } from "./requests.ts";

export interface SimulatedStore {
  /** All that is stored. */
  objects: Map<string, Buffer>;
  isAway: boolean;
  /** Calls an action of the service `storage`. */
  call(life: Life, action: string, params: unknown): Promise<unknown>;
}

export interface StorePorts {
  requests: Requests;
  server: Server;
  /** An object is there now that was not. */
  onCreated(key: string, bytes: Buffer, life: Life): void;
  /** Somebody puts one, whether it is there or not. */
  onPut(key: string, isThere: boolean, life: Life): void;
  onRemoved(key: string, bytes: Buffer, life: Life): void;
  /** Somebody put other bytes where some are. */
  onConflict(key: string): void;
}

/** Pages are small, so that listings have several. */
const PAGE = 7;
/** Marks say the same whoever writes them. */
const MAY_BE_WRITTEN_AGAIN = /^open\//;
/** Whoever comes first is right: others may have meant something else. */
const FIRST_WINS = /^(open\/|claims\/|videos\/[^/]+\/(record|verdict|plan|outcome)\.json$|deleted\/)/;

export function openSimulatedStore({ requests, server, onPut, onCreated, onRemoved, onConflict }: StorePorts): SimulatedStore {
  const store = memoryStore();
  const send = <T>(life: Life, isWrite: boolean, effect: () => Promise<T>): Promise<T> => requests.send(life, server, isWrite, effect);

  async function put(life: Life, { key, bytes, ifAbsent = false }: PutParams): Promise<PutResult> {
    const before = store.objects.get(key);
    onPut(key, before !== undefined, life);
    const isOther = before !== undefined && !before.equals(bytes);
    if (isOther && !FIRST_WINS.test(key)) onConflict(key);
    if (before !== undefined && !ifAbsent && !MAY_BE_WRITTEN_AGAIN.test(key)) onConflict(key);
    const result = await store.put(key, bytes, { ifAbsent });
    if (before === undefined) onCreated(key, Buffer.from(bytes), life);
    return result;
  }

  async function removeOne(key: string, life: Life): Promise<void> {
    const bytes = store.objects.get(key);
    if (bytes !== undefined) onRemoved(key, bytes, life);
    await store.remove(key);
  }

  async function list(params: ListParams): Promise<ListResult> {
    return await store.list({ ...params, limit: PAGE });
  }

  return {
    objects: store.objects,
    isAway: false,
    async call(life, action, params) {
      const { key } = params as KeyParams;
      switch (action) {
        case "storage.get": return await send(life, false, async () => (await store.get(key)) ?? null);
        case "storage.head": return await send(life, false, async (): Promise<HeadResult | null> => (await store.head(key)) ?? null);
        case "storage.list": return await send(life, false, () => list(params as ListParams));
        case "storage.put": return await send(life, true, () => put(life, params as PutParams));
        case "storage.remove": return await send(life, true, async () => {
          await removeOne(key, life);
        });
        case "storage.removePrefix": return await removeOneByOne(life, (params as RemovePrefixParams).prefix);
        case "storage.erase": {
          const { what } = params as EraseParams;
          if (what.endsWith("/")) return { ...NOTHING_ERASED, objects: (await removeOneByOne(life, what)).removed };
          return await send(life, true, async () => {
            await removeOne(what, life);
            return NOTHING_ERASED;
          });
        }
        default: throw fail("not_found", action);
      }
    },
  };

  /** A process may die in the midst of it. */
  async function removeOneByOne(life: Life, prefix: string): Promise<{ removed: number }> {
    const keys = await send(life, false, async () => [...store.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted(compareKeys));
    for (let at = 0; at < keys.length; at += PAGE) {
      await send(life, true, async () => {
        for (const key of keys.slice(at, at + PAGE)) await removeOne(key, life);
      });
    }
    return { removed: keys.length };
  }
}
