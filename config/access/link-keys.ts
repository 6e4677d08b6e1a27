/**
 * Keys that sign links. What an operator sets is taken as it is; else they are made of the mesh's secret, another in each
 * epoch, so that all nodes and regions have the same ones without telling each other. A link lives for less than an epoch, so
 * those of this epoch and the one before are all there can be.
 */
import { createHmac, hkdfSync } from "node:crypto";
import { fail } from "../errors.ts";

export interface LinkKey { /** Four bytes in hex. */ id: string; key: Buffer }
export interface LinkKeys {
  /** @throws links_off */
  signing(): LinkKey;
  find(id: string): LinkKey | undefined;
}

/** More than `LECTERN_LINK_MAX_HOURS` can be. */
const EPOCH_MS = 31 * 24 * 3_600_000;
/** Another node's clock may be ahead of this one's by so much. */
const SKEW_MS = 5 * 60_000;

export interface LinkKeyOptions { linkKeys: readonly string[] | undefined; meshSecret: string | undefined; namespace: string }

export function linkKeys({ linkKeys: given, meshSecret, namespace }: LinkKeyOptions, now: () => number = Date.now): LinkKeys {
  const derive = (secret: string, info: string): LinkKey => {
    const key = Buffer.from(hkdfSync("sha256", secret, namespace, `lectern links ${info}`, 32));
    return { id: createHmac("sha256", key).update("id").digest("hex").slice(0, 8), key };
  };
  const own = given?.map((secret) => derive(secret, "set"));
  const derived = new Map<number, LinkKey>();

  /** The one that signs comes first. */
  function keys(): readonly LinkKey[] {
    if (own !== undefined) return own;
    if (meshSecret === undefined) return [];
    const epochs = [0, -EPOCH_MS, SKEW_MS].map((offset) => Math.floor((now() + offset) / EPOCH_MS));
    for (const epoch of derived.keys()) if (!epochs.includes(epoch)) derived.delete(epoch);
    return epochs.map((epoch) => {
      const known = derived.get(epoch) ?? derive(meshSecret, String(epoch));
      derived.set(epoch, known);
      return known;
    });
  }

  return {
    signing() {
      const [first] = keys();
      if (first === undefined) throw fail("links_off", "Links need LECTERN_MESH_SECRET, or LECTERN_LINK_KEYS.");
      return first;
    },
    find: (id) => keys().find((one) => one.id === id),
  };
}
