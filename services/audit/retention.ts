/**
 * Drops what is older than it has to be kept, whole days at a time. Before that a signed note says what there was, so that the
 * chains that go on from there can be verified still. Any node may, and twice does no harm.
 */
import type { Logger } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { dayOf, formatLines, hashCheckpoint, parseLines, type Checkpoint, type Dropped } from "./chain/chain.ts";
import type { SigningKey } from "./chain/signing-key.ts";
import type { LogReader, LogStorage } from "./log-reader.ts";

export interface RetentionOptions {
  region: string;
  days: number;
  key: SigningKey;
  reader: LogReader;
  storage: LogStorage;
  create(key: string, bytes: Buffer): Promise<boolean>;
  now(): Date;
  logger: Pick<Logger, "info">;
}

const DAY_MS = 86_400_000;

/** @returns the days that were dropped */
export async function dropOldDays(options: RetentionOptions): Promise<string[]> {
  const { region, days, reader, storage, now, logger } = options;
  const firstKept = dayOf(new Date(now().getTime() - days * DAY_MS).toISOString());
  const hoursOf = new Map<string, string[]>();
  for await (const hour of reader.hours()) {
    if (dayOf(hour) >= firstKept) break;
    hoursOf.set(dayOf(hour), [...(hoursOf.get(dayOf(hour)) ?? []), hour]);
  }
  for (const [day, hours] of hoursOf) {
    const note = (await readNote(storage, region, day)) ?? (await makeNote(day, hours, options));
    if (note === undefined) return [...hoursOf.keys()].filter((done) => done < day); // another node is at it, or has done it
    for (const hour of hours) await storage.removePrefix(objectKeys.auditHour(region, hour));
    logger.info(`The audit log of ${day} is not kept any longer.`);
    if (note.checkpoint === undefined) continue;
    for await (const { n } of checkpoints(reader)) {
      if (n > note.checkpoint.n) break;
      await storage.remove(objectKeys.auditCheckpoint(region, n));
    }
  }
  return [...hoursOf.keys()];
}

async function readNote(storage: LogStorage, region: string, day: string): Promise<Dropped | undefined> {
  const bytes = await storage.get(objectKeys.auditDropped(region, day));
  return bytes === null ? undefined : parseLines<Dropped>(bytes)[0];
}

async function makeNote(day: string, hours: readonly string[], { region, key, reader, storage, create, now }: RetentionOptions): Promise<Dropped | undefined> {
  const spans = new Map<string, Dropped["spans"][number]>();
  for (const hour of hours) {
    for await (const writer of reader.writers(hour)) {
      const names: string[] = [];
      for await (const name of reader.objects(hour, writer)) names.push(name);
      const first = (await reader.lines(hour, writer, names[0] ?? "")).find((line) => line.kind === "record");
      const head = (await reader.lines(hour, writer, names.at(-1) ?? "")).findLast((line) => line.kind === "head");
      if (first === undefined || head === undefined) return undefined;
      const { from, prev } = spans.get(head.chain) ?? { from: first.seq, prev: first.prev };
      spans.set(head.chain, { chain: head.chain, from, to: head.seq, prev, hash: head.hash });
    }
  }
  const latest = await reader.lastCheckpoint(); // which stays, for the next one follows it
  let dropped: Checkpoint | undefined;
  for await (const checkpoint of checkpoints(reader)) {
    if (dayOf(checkpoint.at) > day || checkpoint.n >= (latest?.n ?? 0)) break;
    dropped = checkpoint;
  }
  const note = key.sign({
    kind: "dropped" as const, v: 1 as const, region, day, at: now().toISOString(), spans: [...spans.values()],
    ...(dropped === undefined ? {} : { checkpoint: { n: dropped.n, hash: hashCheckpoint(dropped) } }),
  });
  return (await create(objectKeys.auditDropped(region, day), formatLines([note]))) ? note : await readNote(storage, region, day);
}

async function* checkpoints(reader: LogReader): AsyncGenerator<Checkpoint> {
  for await (const bytes of reader.checkpointContents()) yield* parseLines<Checkpoint>(bytes);
}
