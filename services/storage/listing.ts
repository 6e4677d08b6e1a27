/** What every store agrees on about a page of a listing. */
import { compareKeys } from "./object-key.ts";
import { MAX_PAGE } from "./object-store.ts";
import type { ListParams, ListResult } from "./storage.contract.ts";

/** A line of a listing; `name` is the object's key, or the common prefix up to the delimiter. */
export type ListItem = { kind: "object"; name: string } | { kind: "prefix"; name: string };

export function pageLimit(limit: number | undefined): number {
  return Math.min(Math.max(limit ?? MAX_PAGE, 1), MAX_PAGE);
}

/** The prefix that `after` is or lies in, when the listing shows prefixes: all below it has been listed. */
export function finishedPrefix({ prefix, after, delimiter }: ListParams): string | undefined {
  if (delimiter === undefined || after === undefined || !after.startsWith(prefix)) return undefined;
  const end = after.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : after.slice(0, end + 1);
}

/** Whether a key belongs to what comes after the page that ended with `after`. */
export function isAfter(key: string, params: ListParams): boolean {
  const finished = finishedPrefix(params);
  if (finished !== undefined && key.startsWith(finished)) return false;
  return params.after === undefined || compareKeys(key, params.after) > 0;
}

export function formatPage(items: readonly ListItem[], sizes: ReadonlyMap<string, number>, more: boolean): ListResult {
  const last = items.at(-1);
  return {
    objects: items.flatMap(({ kind, name }) => {
      const size = sizes.get(name);
      return kind === "object" && size !== undefined ? [{ key: name, size }] : [];
    }),
    prefixes: items.flatMap(({ kind, name }) => (kind === "prefix" ? [name] : [])),
    ...(more && last !== undefined ? { next: last.name } : {}),
  };
}
