/** Whether this node can open what the store has: a node with other keys, or none, would only make things worse. */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "moleculer";
import { errorMessage, fail, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import { isEnvelope, parseEnvelope } from "./envelope.ts";
import type { KeyRing } from "./key-ring.ts";
import { parseWrappedKey, type WrappedKey } from "./wrapped-key.ts";

/** One may be damaged. */
const SAMPLED = 10;

/**
 * @param ring undefined: this node has no keys
 * @throws storage_key_unavailable when the store has encrypted objects, and this node the key of none that were looked at
 */
export async function checkKeys(store: Pick<ObjectStore, "list" | "get">, ring: Pick<KeyRing, "knows"> | undefined): Promise<void> {
  const [units, webhooks] = await Promise.all([objectKeys.allUnitKeys, objectKeys.allWebhooks].map((prefix) => sample(store, prefix)));
  const wrappers = [...(units ?? []).map((bytes) => readWrapper(() => parseWrappedKey(bytes))), ...(webhooks ?? []).filter(isEnvelope).map((bytes) => readWrapper(() => parseEnvelope(bytes).key))];
  if (wrappers.length === 0) return;
  if (ring === undefined) throw fail("storage_key_unavailable", "The object store is encrypted; LECTERN_STORE_KEYS must say where its key is.");
  if (!wrappers.some((by) => ring.knows(by))) throw fail("storage_key_unavailable", "What the object store has is encrypted, and none of the keys of LECTERN_STORE_KEYS is the one.");
}

async function sample(store: Pick<ObjectStore, "list" | "get">, prefix: string): Promise<Buffer[]> {
  const { objects } = await store.list({ prefix, limit: SAMPLED });
  return (await Promise.all(objects.map(({ key }) => store.get(key)))).filter((bytes) => bytes !== undefined);
}

/** Id of the key that wraps; of what is damaged: nobody's. */
function readWrapper(parse: () => WrappedKey): string {
  try {
    return parse().by;
  } catch {
    return "";
  }
}

export interface KeyGate {
  /** @throws storage_key_unavailable once it is known that the keys are not those of the store */
  pass(): void;
  close(): void;
}

const FIRST_LOOK_MS = 3_000;
const LOOK_AGAIN_MS = 2_000;

/** Looks now, and, while the store is away, until it answers. @throws storage_key_unavailable */
export async function openKeyGate(look: () => Promise<void>, logger: Pick<Logger, "error" | "debug">): Promise<KeyGate> {
  const closing = new AbortController();
  let refusal: unknown;
  let isStarting = true;
  async function lookUntilAnswered(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        return await look();
      } catch (error) {
        if (findErrorCode(error) === "storage_key_unavailable") {
          refusal = error;
          if (!isStarting) logger.error(errorMessage(error));
          return;
        }
        logger.debug(`The store's keys were not looked at: ${errorMessage(error)}`);
      }
      await delay(LOOK_AGAIN_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }
  const waited = new AbortController();
  await Promise.race([lookUntilAnswered(), delay(FIRST_LOOK_MS, undefined, { signal: waited.signal }).catch(() => undefined)]);
  waited.abort();
  isStarting = false;
  const pass = (): void => {
    if (refusal !== undefined) throw refusal;
  };
  pass();
  return { pass, close: () => closing.abort() };
}
