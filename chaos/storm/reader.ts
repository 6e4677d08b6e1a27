/** Looks at the directory and at Redis with none of the project's code in between, and says what is wrong. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { FILES } from "./storm-video.ts";

export interface Journals { lines: number; /** Writers of each object, by its key. */ writers: Map<string, string[]> }

export function readJournals(dir: string): Journals {
  const writers = new Map<string, string[]>();
  let lines = 0;
  for (const writer of readdirSync(join(dir, FILES.journals))) {
    for (const key of readFileSync(join(dir, FILES.journals, writer), "utf8").split("\n").filter((line) => line !== "")) {
      writers.set(key, [...(writers.get(key) ?? []), writer]);
      lines++;
    }
  }
  return { lines, writers };
}

export function readText(dir: string, key: string): string | undefined {
  try {
    return readFileSync(join(dir, FILES.store, key), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** @param wanted renditions and how many segments of each */
export function findMediaFaults(dir: string, ids: readonly string[], wanted: readonly { rendition: string; segments: number }[]): string[] {
  const faults: string[] = [];
  const { writers } = readJournals(dir);
  for (const [key, by] of writers) if (by.length > 1) faults.push(`${key} was written by ${by.join(" and ")}`);
  for (const id of ids) {
    const outcome = JSON.parse(readText(dir, `videos/${id}/outcome.json`) ?? "null") as { complete?: boolean } | null;
    if (outcome?.complete !== true) faults.push(`video ${id} ended ${JSON.stringify(outcome)}`);
    if (readText(dir, `open/${id}`) !== undefined) faults.push(`video ${id} is still marked as open`);
    for (const { rendition, segments } of wanted) {
      for (let n = 0; n < segments; n++) {
        const key = `videos/${id}/media/${rendition}/${n}.m4s`;
        const [name, writer, end] = readText(dir, key)?.split("\n") ?? [];
        if (name === undefined) faults.push(`${key} is missing`);
        else if (name !== key || writer === undefined || end !== "") faults.push(`${key} has the bytes of something else`);
        else if (writers.has(key) && writers.get(key)?.[0] !== writer) faults.push(`${key} was overwritten by ${writer}`);
      }
    }
  }
  return faults;
}

/** What the queue must not hold when all is done. */
export async function findQueueFaults(redis: Redis, prefix: string): Promise<string[]> {
  const faults: string[] = [];
  for (const pattern of ["job:*", "wait:*", "group:*"]) {
    const found = await redis.keys(`${prefix}:${pattern}`);
    if (found.length > 0) faults.push(`the queue still has ${found.length} of ${pattern}, such as ${found[0]}`);
  }
  for (const key of ["leases", "delayed", "dead", "tenants:play", "tenants:background"]) if ((await redis.exists(`${prefix}:${key}`)) === 1) faults.push(`the queue still has ${key}`);
  for (const [name, value] of Object.entries(await redis.hgetall(`${prefix}:counts`))) {
    if (/^(waiting|active|delayed|dead|held|busy):/.test(name) && value !== "0") faults.push(`the queue counts ${name} ${value}`);
  }
  return faults;
}
