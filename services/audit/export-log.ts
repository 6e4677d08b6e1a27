/** All of a region's log as lines of JSON, as they are in the store: what is damaged there is damaged here, for the verifier to find. */
import { objectKeys } from "../../config/object-keys.ts";
import { formatLines } from "./chain/chain.ts";
import type { LogReader } from "./log-reader.ts";

const NEWLINE = 10;

/** Keys and what was dropped, checkpoints, then the chains hour by hour; the last line says how many there are before it. */
export async function* exportLog(region: string, reader: LogReader, read: (key: string) => Promise<Buffer | null>, now: Date): AsyncGenerator<Buffer> {
  let lines = 0;
  const counted = (bytes: Buffer): Buffer => {
    const whole = bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.of(NEWLINE)]);
    for (const byte of whole) if (byte === NEWLINE) lines++;
    return whole;
  };
  yield counted(formatLines([{ kind: "export", v: 1, region, at: now.toISOString() }]));
  for (const folder of [objectKeys.auditKeys(region), objectKeys.allAuditDropped(region)]) {
    for await (const bytes of reader.contents(folder)) yield counted(bytes);
  }
  for await (const bytes of reader.checkpointContents()) yield counted(bytes);
  for await (const hour of reader.hours()) {
    for await (const writer of reader.writers(hour)) {
      for await (const name of reader.objects(hour, writer)) {
        const bytes = await read(objectKeys.auditWriter(region, hour, writer) + name);
        if (bytes !== null) yield counted(bytes);
      }
    }
  }
  yield formatLines([{ kind: "end", lines }]);
}
