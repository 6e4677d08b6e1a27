/** What of the log is in the store: by hours, by writers, by objects. */
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import { parseLines, type AuditRecord, type Checkpoint, type Head } from "./chain/chain.ts";

export type LogStorage = Pick<StorageCalls, "get" | "list" | "removePrefix" | "remove">;
export type LogLine = AuditRecord | Head;

/** Sorts behind every name that begins like this. */
const END = "~";

export function logReader(storage: LogStorage, region: string) {
  /** Names below a folder, in order: of objects, or with `folders` of folders. @param after names after this one only */
  async function* names(folder: string, folders: boolean, after?: string): AsyncGenerator<string> {
    let from = after === undefined ? undefined : folder + after;
    do {
      const page = await storage.list(folder, from, folders);
      for (const found of folders ? page.prefixes : page.objects.map(({ key }) => key)) yield found.slice(folder.length).replace(/\/$/, "");
      from = page.next;
    } while (from !== undefined);
  }

  return {
    /** @param before the first hour that is wanted or later ones; undefined: all */
    hours: (from?: string): AsyncGenerator<string> => names(objectKeys.auditHours(region), true, from === undefined ? undefined : `${hourBefore(from)}${END}`),
    writers: (hour: string): AsyncGenerator<string> => names(objectKeys.auditHour(region, hour), true),
    /** Names of objects, which are the numbers of their first records. @param after the one after which they are wanted */
    objects: (hour: string, writer: string, after?: string): AsyncGenerator<string> => names(objectKeys.auditWriter(region, hour, writer), false, after),
    /** The lines of an object; none when it is gone. */
    async lines(hour: string, writer: string, name: string): Promise<LogLine[]> {
      const bytes = await storage.get(objectKeys.auditWriter(region, hour, writer) + name);
      return bytes === null ? [] : parseLines<LogLine>(bytes);
    },
    /** The bytes of each object of a folder, in order. */
    async* contents(folder: string): AsyncGenerator<Buffer> {
      for await (const name of names(folder, false)) {
        const bytes = await storage.get(folder + name);
        if (bytes !== null) yield bytes;
      }
    },
    async* checkpointContents(): AsyncGenerator<Buffer> {
      const folder = objectKeys.auditCheckpoints(region);
      for await (const thousand of names(folder, true)) yield* this.contents(`${folder}${thousand}/`);
    },
    async lastCheckpoint(): Promise<Checkpoint | undefined> {
      const folder = objectKeys.auditCheckpoints(region);
      const latest = await lastOf(names(folder, true));
      const name = latest === undefined ? undefined : await lastOf(names(`${folder}${latest}/`, false));
      return latest === undefined || name === undefined ? undefined : await this.checkpoint(Number(name));
    },
    async checkpoint(n: number): Promise<Checkpoint | undefined> {
      const bytes = await storage.get(objectKeys.auditCheckpoint(region, n));
      return bytes === null ? undefined : parseLines<Checkpoint>(bytes)[0];
    },
  };
}

export type LogReader = ReturnType<typeof logReader>;

export async function lastOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const item of items) last = item;
  return last;
}

/** `2026-11-26T00` → `2026-11-25T23` */
export function hourBefore(hour: string): string {
  return new Date(Date.parse(`${hour}:00:00Z`) - 3_600_000).toISOString().slice(0, 13);
}
