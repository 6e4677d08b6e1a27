/**
 * Checkpoints: what all chains of a region had come to, each signed and with the hash of the one before. Any node makes the
 * next one; of two that do one creates it. A chain that was cut, or is gone, is behind a checkpoint.
 */
import type { Logger } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { formatLines, hashCheckpoint, hourOf, NOTHING, type Checkpoint, type Place } from "./chain/chain.ts";
import type { SigningKey } from "./chain/signing-key.ts";
import { hourBefore, lastOf, type LogReader } from "./log-reader.ts";

export interface CheckpointOptions {
  region: string;
  key: SigningKey;
  reader: LogReader;
  create(key: string, bytes: Buffer): Promise<boolean>;
  /** Of the own chain, wherever its clock has put it. */
  own(): Place | undefined;
  now(): Date;
  logger: Pick<Logger, "error">;
}

export function openCheckpoints({ region, key, reader, create, own, now, logger }: CheckpointOptions) {
  /** What the checkpoints say that were read or made here. */
  const said = new Map<string, number>();
  /** By hour and writer, the last object that was read. */
  let read = new Map<string, { name: string; place: Place }>();
  let last: Checkpoint | undefined;

  function take(checkpoint: Checkpoint): void {
    last = checkpoint;
    for (const { chain, seq } of checkpoint.heads) said.set(chain, Math.max(seq, said.get(chain) ?? 0));
  }

  async function catchUp(): Promise<void> {
    if (last === undefined) {
      const found = await reader.lastCheckpoint();
      if (found === undefined) return;
      take(found);
    }
    for (;;) {
      const next: Checkpoint | undefined = await reader.checkpoint((last?.n ?? 0) + 1);
      if (next === undefined) return;
      take(next);
    }
  }

  /** Of every chain that has been written since about the last checkpoint. */
  async function findPlaces(): Promise<Map<string, Place>> {
    const places = new Map<string, Place>();
    const seen: typeof read = new Map();
    for await (const hour of reader.hours(last === undefined ? undefined : hourBefore(hourOf(last.at)))) {
      for await (const writer of reader.writers(hour)) {
        const id = `${hour}/${writer}`;
        const before = read.get(id);
        const name = await lastOf(reader.objects(hour, writer, before?.name));
        const head = name === undefined ? undefined : (await reader.lines(hour, writer, name)).findLast((line) => line.kind === "head");
        const place = head === undefined ? before?.place : { chain: head.chain, seq: head.seq, hash: head.hash };
        if (place === undefined) continue;
        seen.set(id, { name: name ?? before?.name ?? "", place });
        if (place.seq > (places.get(place.chain)?.seq ?? 0)) places.set(place.chain, place);
      }
    }
    read = seen;
    const mine = own();
    if (mine !== undefined && mine.seq > (places.get(mine.chain)?.seq ?? 0)) places.set(mine.chain, mine);
    return places;
  }

  return {
    /** Makes the next checkpoint if there is something to say. @returns the last one there is */
    async make(): Promise<Checkpoint | undefined> {
      for (;;) {
        await catchUp();
        const places = [...(await findPlaces()).values()];
        for (const { chain, seq } of places) {
          if (seq < (said.get(chain) ?? 0)) logger.error(`The audit log has been cut: its chain ${chain} ends at ${seq}, and had come to ${said.get(chain)}.`);
        }
        const heads = places.filter(({ chain, seq }) => seq > (said.get(chain) ?? 0)).toSorted((a, b) => (a.chain < b.chain ? -1 : 1));
        if (heads.length === 0) return last;
        const next = key.sign({ kind: "checkpoint" as const, v: 1 as const, region, n: (last?.n ?? 0) + 1, at: now().toISOString(), prev: last === undefined ? NOTHING : hashCheckpoint(last), heads });
        if (await create(objectKeys.auditCheckpoint(region, next.n), formatLines([next]))) {
          take(next);
          return next;
        }
      }
    },
  };
}

export type Checkpoints = ReturnType<typeof openCheckpoints>;
