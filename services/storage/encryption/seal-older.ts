/** Puts into envelopes what was written before there were keys. Twice, or by several at once, does no harm: any of the envelopes will do. */
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import { isEnvelope, sealEnvelope } from "./envelope.ts";
import type { KeyRing } from "./key-ring.ts";
import { findEnvelopeFolder } from "./units.ts";

/** @param folder an endpoint's, as `findEnvelopeFolder` gives it */
export async function sealOlder(store: Pick<ObjectStore, "list" | "get" | "put" | "head" | "erase">, ring: KeyRing, folder: string): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await store.list({ prefix: folder, ...(after === undefined ? {} : { after }) });
    await Promise.all(page.objects.map(async ({ key }) => {
      const bytes = findEnvelopeFolder(key) === undefined ? undefined : await store.get(key);
      if (bytes !== undefined && !isEnvelope(bytes)) await replace(store, key, await sealEnvelope(ring, key, bytes));
    }));
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** Unless its endpoint was deleted meanwhile: that comes first, and what is written after it must not stay. */
export async function replace(store: Pick<ObjectStore, "put" | "head" | "erase">, key: string, envelope: Buffer): Promise<void> {
  await store.put(key, envelope);
  const [, , id = ""] = key.split("/");
  if ((await store.head(objectKeys.webhookPart(id, "deleted"))) !== undefined) await store.erase(key);
}
