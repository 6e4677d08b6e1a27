/** Looks at the regions' buckets, as files, and at their Redis with none of the project's code in between, and says what is wrong. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";

/** Objects of a bucket: SHA-256 by key. */
export type Bucket = ReadonlyMap<string, string>;

const EVERYWHERE = ["record", "verdict", "plan", "outcome"] as const;

export function listObjects(storeDir: string, prefix = ""): string[] {
  const entries = readdirSync(storeDir, { recursive: true, withFileTypes: true });
  const keys = entries.filter((entry) => entry.isFile()).map((entry) => relative(storeDir, join(entry.parentPath, entry.name)));
  return keys.filter((key) => !key.startsWith(".") && key.startsWith(prefix)).toSorted();
}

export function readBucket(storeDir: string): Bucket {
  return new Map(listObjects(storeDir).map((key) => [key, createHash("sha256").update(readFileSync(join(storeDir, key))).digest("hex")]));
}

export function readJson(storeDir: string, key: string): unknown {
  try {
    return JSON.parse(readFileSync(join(storeDir, key), "utf8"));
  } catch {
    return undefined; // absent, or damaged, which is as bad
  }
}

export interface Place { name: string; storeDir: string }

/** What keeps the regions from being done: videos without an end, and marks, of whatever video, of work and of copies that are to be made. */
export function findUnsettled(places: readonly Place[], ids: readonly string[]): string[] {
  return places.flatMap(({ name, storeDir }) => [
    ...["open/", "standby/", "replicating/"].flatMap((prefix) => listObjects(storeDir, prefix)).map((key) => `${name} still has ${key}`),
    ...ids.filter((id) => readJson(storeDir, `videos/${id}/outcome.json`) === undefined).map((id) => `${name} has no outcome of ${id}`),
  ]);
}

/**
 * Of videos that were accepted, when all has settled.
 * @returns what is lost, double or contradictory, and how many media objects two stores have with other bytes, as they may
 */
export function findFaults(places: readonly Place[], ids: readonly string[]): { faults: string[]; variants: number } {
  const buckets = places.map(({ name, storeDir }) => ({ name, storeDir, bucket: readBucket(storeDir) }));
  const faults: string[] = [];
  let variants = 0;
  for (const id of ids) {
    for (const part of EVERYWHERE) {
      const key = `videos/${id}/${part}.json`;
      const contents = buckets.map(({ storeDir }) => readJson(storeDir, key));
      buckets.forEach(({ name }, n) => { if (contents[n] === undefined) faults.push(`${key} is missing in ${name}`); });
      if (contents.some((content) => !isDeepStrictEqual(withoutTimes(content), withoutTimes(contents[0])))) faults.push(`${key} is not the same everywhere`);
    }
    const outcome = readJson(buckets[0]?.storeDir ?? "", `videos/${id}/outcome.json`);
    if (!isComplete(outcome)) faults.push(`video ${id} ended ${JSON.stringify(outcome)}`);
    const keepers = buckets.filter(({ name }) => keepersOf(readJson(buckets[0]?.storeDir ?? "", `videos/${id}/record.json`)).includes(name));
    const media = new Set(keepers.flatMap(({ bucket }) => [...bucket.keys()].filter((key) => key.startsWith(`videos/${id}/media/`))));
    for (const key of media) {
      for (const { name, bucket } of keepers) if (!bucket.has(key)) faults.push(`${key} is missing in ${name}`);
      if (new Set(keepers.flatMap(({ bucket }) => bucket.get(key) ?? [])).size > 1) variants++;
    }
    faults.push(...findAdoptionFaults(buckets, id));
  }
  faults.push(...findUnsettled(places, ids));
  return { faults, variants };
}

/** Changes of hands: the same everywhere, and each region takes a video over from another once at most. */
function findAdoptionFaults(buckets: readonly { name: string; bucket: Bucket }[], id: string): string[] {
  const changes = buckets.map(({ bucket }) => [...bucket.keys()].filter((key) => key.startsWith("adopted/") && key.includes(`/${id}/`)));
  const [first = []] = changes;
  const differing = buckets.filter((_, n) => !isDeepStrictEqual(changes[n], first)).map(({ name }, n) => `${name} has other changes of hands of ${id} than ${buckets[0]?.name}: ${JSON.stringify(changes[n])}`);
  const times = first.map((key) => key.split("/").at(-1)?.split("-")[0]);
  return new Set(times).size === times.length ? differing : [...differing, `two regions took over ${id} at once: ${first.join(", ")}`];
}

/** Regions that a record names: these have all of its video. */
function keepersOf(record: unknown): unknown[] {
  const { home, standby = [] } = (record ?? {}) as { home?: unknown; standby?: unknown[] };
  return [home, ...standby];
}

const isComplete = (outcome: unknown): boolean => typeof outcome === "object" && outcome !== null && "complete" in outcome && outcome.complete === true;

/** Two regions that did the same did it at other times. */
function withoutTimes(content: unknown): unknown {
  return typeof content === "object" && content !== null ? { ...content, at: undefined } : content;
}
