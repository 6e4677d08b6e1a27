/** The key of a unit goes where its objects go, before them: without it nobody can read them there. */
import { objectKeys } from "../../../config/object-keys.ts";
import { isSameKey } from "../encryption/wrapped-key.ts";
import type { ObjectStore } from "../object-store.ts";
import { takeBackIfDeleted } from "./copy-object.ts";

/** @returns the unit's key as the store has it; undefined: it is not encrypted, or no unit */
export async function findUnitKey(store: Pick<ObjectStore, "get">, unit: string): Promise<Buffer | undefined> {
  return unit.endsWith("/") ? await store.get(objectKeys.unitKey(unit)) : undefined;
}

/** @returns whether the other store has this key; else the unit began there by itself, and what is here is of no use there */
export async function sendUnitKey(to: Pick<ObjectStore, "get" | "put" | "head" | "erase">, unit: string, bytes: Buffer): Promise<boolean> {
  const key = objectKeys.unitKey(unit);
  const { stored } = await to.put(key, bytes, { ifAbsent: true });
  if (stored) return !(await takeBackIfDeleted(to, key));
  const there = await to.get(key);
  return there !== undefined && isSameKey(there, bytes);
}

/** As `sendUnitKey`, of the key that `from` has. */
export async function copyUnitKey(from: Pick<ObjectStore, "get">, to: Pick<ObjectStore, "get" | "put" | "head" | "erase">, unit: string): Promise<boolean> {
  const bytes = await findUnitKey(from, unit);
  if (bytes === undefined) return true;
  const there = await to.get(objectKeys.unitKey(unit));
  return there === undefined ? await sendUnitKey(to, unit, bytes) : isSameKey(there, bytes);
}
