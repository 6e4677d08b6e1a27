/** The store as the settings want it: encrypted, or not, and then closed to who has not the keys of what is. */
import type { Logger } from "moleculer";
import type { StoreKeySource } from "../../../config/store-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import { checkKeys, openKeyGate } from "./check-keys.ts";
import { encryptStore, type EncryptedStore, type StoreBelow } from "./encrypted-store.ts";
import { envelopeStore } from "./enveloped-store.ts";
import { gateStore, withoutKeys } from "./gated-store.ts";
import { openKeyRing } from "./open-key-ring.ts";

/** As EncryptedStore has it; without keys there is nothing to prepare. */
export interface Sealing extends Pick<EncryptedStore, "prepare" | "discard" | "reveal" | "forget"> { store: StoreBelow }

/**
 * @param store what is to be encrypted; closing the result closes it
 * @param own the part of it that is this region's
 * @throws storage_key_unavailable when there are no keys where the settings say, or not those of the store
 */
export async function openSealing(store: StoreBelow, own: Pick<ObjectStore, "list" | "get">, sources: readonly StoreKeySource[], logger: Pick<Logger, "info" | "error" | "debug">): Promise<Sealing> {
  try {
    const ring = await openKeyRing(sources);
    const gate = await openKeyGate(() => checkKeys(own, ring), logger);
    if (ring === undefined) {
      const nothing = async (): Promise<void> => undefined;
      return { store: gateStore(withoutKeys(store), gate), prepare: nothing, discard: nothing, reveal: async (_key, bytes) => bytes, forget: () => undefined };
    }
    logger.info(`encrypts what belongs to videos and uploads, and webhooks; the key ${ring.firstId} wraps theirs`);
    const encrypted = encryptStore(envelopeStore(store, ring), ring);
    return { store: gateStore(encrypted, gate), prepare: encrypted.prepare, discard: encrypted.discard, reveal: encrypted.reveal, forget: encrypted.forget };
  } catch (error) {
    await store.close();
    throw error;
  }
}
