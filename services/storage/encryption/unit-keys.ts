/** The keys of units: made once, kept in the store wrapped, in memory for a while. */
import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { fail } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { ownBytes } from "../../../media/own-bytes.ts";
import type { ObjectStore } from "../object-store.ts";
import type { EraseResult } from "../storage.contract.ts";
import type { KeyRing } from "./key-ring.ts";
import { isSealed, KEY_BYTES, KEY_ID_BYTES, type UnitKey } from "./sealed-format.ts";
import { beginningsOf } from "./units.ts";
import { formatWrappedKey, parseWrappedKey } from "./wrapped-key.ts";

/** A node works on some hundred units at a time. */
const KEPT = 5_000;
const KEPT_MS = 3_600_000;
/** Longer than the beginning that tells a sealed object. */
const LOOKED_BYTES = 16;

export interface UnitKeys {
  /** What is in memory; `plain`: the unit is from before there were keys. */
  peek(unit: string): UnitKey | "plain" | undefined;
  /** Undefined when the store has none. @throws storage_key_unavailable, storage_damaged */
  find(unit: string): Promise<UnitKey | undefined>;
  /** Of a unit without a key. Its first objects tell: if they can be read, it is from before there were keys. */
  isPlain(unit: string): Promise<boolean>;
  /** Gives a new unit its key, or says which one somebody else has given it meanwhile. Its `durable` resolves with that. */
  begin(unit: string): { key: UnitKey; durable: Promise<UnitKey> };
  /** Of a unit to which this node is giving its key just now. */
  beginning(unit: string): Promise<UnitKey> | undefined;
  /** Nothing of the unit can be read from then on, by nobody. @throws erasure_incomplete */
  destroy(unit: string): Promise<EraseResult>;
  /** Removes the key of a unit that never was. */
  drop(unit: string): Promise<void>;
  forget(unit: string): void;
}

export function openUnitKeys(store: Pick<ObjectStore, "get" | "getRange" | "put" | "remove" | "erase">, ring: KeyRing): UnitKeys {
  const known = new LRUCache<string, UnitKey | "plain">({ ...upTo(KEPT), ttl: KEPT_MS });
  /** What is being looked for or made: of one unit once at a time. What was forgotten meanwhile is not kept. */
  const finding = new Map<string, Promise<UnitKey | undefined>>();
  const making = new Map<string, { key: UnitKey; durable: Promise<UnitKey> }>();

  async function read(unit: string): Promise<UnitKey | undefined> {
    const bytes = await store.get(objectKeys.unitKey(unit));
    if (bytes === undefined) return undefined;
    const { id, by, wrapped } = parseWrappedKey(bytes);
    return { id, bytes: ownBytes(await ring.unwrap(wrapped, by, { unit, keyId: id })) };
  }

  async function find(unit: string): Promise<UnitKey | undefined> {
    const kept = known.get(unit);
    if (kept !== undefined && kept !== "plain") return kept;
    const underWay = finding.get(unit);
    if (underWay !== undefined) return await underWay;
    const work = read(unit);
    finding.set(unit, work);
    try {
      const key = await work;
      if (key !== undefined && finding.get(unit) === work) known.set(unit, key);
      return key;
    } finally {
      if (finding.get(unit) === work) finding.delete(unit);
    }
  }

  /** Of all who make one at the same time the first has made it. */
  async function create(unit: string, key: UnitKey): Promise<UnitKey> {
    const { by, wrapped } = await ring.wrap(key.bytes, { unit, keyId: key.id });
    const { stored } = await store.put(objectKeys.unitKey(unit), formatWrappedKey({ id: key.id, by, wrapped }), { ifAbsent: true });
    const made = stored ? key : await read(unit);
    if (made === undefined) throw fail("storage_unavailable", "The key of what is being written was taken away.");
    return made;
  }

  return {
    peek: (unit) => known.get(unit),
    find,
    async isPlain(unit) {
      if (known.get(unit) === "plain") return true;
      const beginnings = await Promise.all(beginningsOf(unit).map((key) => store.getRange(key, 0, LOOKED_BYTES)));
      const isPlain = beginnings.some((bytes) => bytes !== undefined && !isSealed(bytes));
      if (isPlain) known.set(unit, "plain");
      return isPlain;
    },
    begin(unit) {
      const underWay = making.get(unit);
      if (underWay !== undefined) return underWay;
      const key = { id: randomBytes(KEY_ID_BYTES).toString("hex"), bytes: randomBytes(KEY_BYTES) };
      const durable: Promise<UnitKey> = create(unit, key).then((made) => {
        if (making.get(unit)?.durable === durable) known.set(unit, made);
        return made;
      }).finally(() => {
        if (making.get(unit)?.durable === durable) making.delete(unit);
      });
      durable.catch(() => undefined); // also when nobody waits for it
      making.set(unit, { key, durable });
      return { key, durable };
    },
    beginning: (unit) => making.get(unit)?.durable,
    async destroy(unit) {
      forget(unit);
      const erased = await store.erase(objectKeys.unitKey(unit));
      forget(unit); // who has looked meanwhile
      return erased;
    },
    async drop(unit) {
      forget(unit);
      await store.remove(objectKeys.unitKey(unit));
      forget(unit);
    },
    forget,
  };

  function forget(unit: string): void {
    known.delete(unit);
    finding.delete(unit);
    making.delete(unit);
  }
}
