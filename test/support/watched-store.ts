/** A store that notes its calls, and can be made to fail, or to wait, in any of them. */
import type { ObjectStore } from "../../services/storage/object-store.ts";

type Method = "put" | "copy" | "get" | "getRange" | "head" | "list" | "upload" | "remove" | "removePrefix" | "erase" | "prune";

export interface Watched {
  store: ObjectStore;
  /** `put videos/v/record.json`, in order. */
  calls: string[];
  /** What happens in a call before it is done. */
  before: (line: string) => Promise<void> | void;
}

const METHODS: readonly Method[] = ["put", "copy", "get", "getRange", "head", "list", "upload", "remove", "removePrefix", "erase", "prune"];

export function watchStore(below: ObjectStore): Watched {
  const calls: string[] = [];
  const watched: Watched = { store: { ...below }, calls, before: () => undefined };
  for (const method of METHODS) {
    const call = below[method].bind(below) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(watched.store, {
      [method]: async (...args: unknown[]): Promise<unknown> => {
        const line = `${method} ${typeof args[0] === "string" ? args[0] : (args[0] as { prefix: string }).prefix}`;
        calls.push(line);
        await watched.before(line);
        return await call(...args);
      },
    });
  }
  return watched;
}
