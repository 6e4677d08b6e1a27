/** What becomes of Redis' log on a machine that loses power: the end of the last file is missing. Files before it were whole when that was begun. */
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

const TORN_BYTES = 7;
/** A file that has just been begun has no more to lose. */
const LEAST_BYTES = 64;

/** @param dir of a Redis that is not running @returns bytes that are missing then */
export function tearLog(dir: string): number {
  const folder = join(dir, "appendonlydir");
  const serial = (name: string): number => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1]);
  const last = readdirSync(folder).filter((name) => name.endsWith(".incr.aof")).toSorted((a, b) => serial(a) - serial(b)).at(-1);
  if (last === undefined) throw new Error("Redis has no log");
  const { size } = statSync(join(folder, last));
  if (size < LEAST_BYTES) return 0;
  truncateSync(join(folder, last), size - TORN_BYTES);
  return TORN_BYTES;
}
