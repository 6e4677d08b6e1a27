/** Where keys are made, and of what. */
import { join } from "node:path";
import type { Authority } from "./kept-authority.ts";
import type { KeyRecord } from "./key-record.ts";
import type { SharedSecrets } from "./shared-secrets.ts";

export const PARTS = ["authority", "gateway", "nats", "redis", "redis-password", "mesh-secret"] as const;
/** What is made anew; a node's certificate and nkey by its id. */
export type Anew = { part: (typeof PARTS)[number] } | { node: string } | undefined;

export interface Workplace { dir: string; record: KeyRecord; authority: Authority; shared: SharedSecrets; anew: Anew }

export function isPartAnew(anew: Anew, part: (typeof PARTS)[number]): boolean {
  return anew !== undefined && "part" in anew && anew.part === part;
}

export function nodeDir(dir: string, id: string): string {
  return join(dir, "nodes", id);
}

/** Where a folder of `dir` is when it is used. */
export function usedAt(dir: string, { at }: KeyRecord, folder: string): string {
  return join(at ?? dir, folder);
}
