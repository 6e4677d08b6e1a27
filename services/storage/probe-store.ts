/** Tries a store in earnest: not only that it answers, but that it keeps what it is given. */
import { randomBytes } from "node:crypto";
import { fail } from "../../config/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/** @throws storage_unavailable, storage_full */
export async function probeStore(store: Pick<ObjectStore, "put" | "get" | "remove">): Promise<void> {
  const bytes = randomBytes(16);
  const key = `probes/${bytes.toString("hex")}`;
  const { stored } = await store.put(key, bytes, { ifAbsent: true });
  const read = await store.get(key);
  await store.remove(key);
  if (!stored || read?.equals(bytes) !== true) throw fail("storage_unavailable", "The object store does not give back what it was given.");
}
