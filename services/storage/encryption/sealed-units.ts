/** Which units of a listing are encrypted: those with a key. Their keys are in the order of the units, so a page tells of many. */
import { objectKeys } from "../../../config/object-keys.ts";
import { compareKeys } from "../object-key.ts";
import type { ObjectStore } from "../object-store.ts";
import type { UnitKeys } from "./unit-keys.ts";

/** @param units in byte order */
export async function findSealed(store: Pick<ObjectStore, "head" | "list">, units: ReadonlySet<string>, peek: UnitKeys["peek"]): Promise<Set<string>> {
  const sealed = new Set([...units].filter((unit) => typeof peek(unit) === "object"));
  const unknown = [...units].filter((unit) => peek(unit) === undefined);
  const folders = new Map<string, string[]>();
  for (const unit of unknown) {
    const folder = unit.slice(0, unit.indexOf("/") + 1);
    folders.set(folder, [...(folders.get(folder) ?? []), unit]);
  }
  await Promise.all([...folders].map(([folder, of]) => addSealed(folder, of)));
  return sealed;

  async function addSealed(folder: string, of: readonly string[]): Promise<void> {
    const [first = "", last = ""] = [of[0], of.at(-1)];
    if (first === last) {
      if ((await store.head(objectKeys.unitKey(first))) !== undefined) sealed.add(first);
      return;
    }
    const wanted = new Map(of.map((unit) => [objectKeys.unitKey(unit), unit]));
    for (let after = objectKeys.unitKeys(first); ;) {
      const page = await store.list({ prefix: objectKeys.unitKeys(folder), after });
      for (const { key } of page.objects) if (wanted.has(key)) sealed.add(wanted.get(key) ?? "");
      if (page.next === undefined || compareKeys(page.next, objectKeys.unitKey(last)) >= 0) return;
      after = page.next;
    }
  }
}
