/** What becomes of Redis' log: on a machine that loses power the end of the last file is missing, on a bad disk something within. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TORN_BYTES = 7;
/** A file that has just been begun has no more to lose. */
const LEAST_BYTES = 64;

/** Files before the last were whole when that was begun. @param dir of a Redis that is not running @returns bytes that are missing then */
export function tearLog(dir: string): number {
  const last = lastFile(dir);
  const { size } = statSync(last);
  if (size < LEAST_BYTES) return 0;
  truncateSync(last, size - TORN_BYTES);
  return TORN_BYTES;
}

/** Writes over the beginning of a command in the midst of the last file, or over the midst of the snapshot before it. @param dir as above */
export function spoilLog(dir: string, what: "last" | "base"): void {
  const path = what === "last" ? lastFile(dir) : join(dir, FOLDER, list(dir, /\.base\.rdb$/).at(-1) ?? "");
  const bytes = readFileSync(path);
  const midst = Math.floor(bytes.length / 2);
  const at = what === "last" ? bytes.indexOf("\r\n*", midst) : midst;
  if (at < 0) throw new Error(`${path} has no command in its second half`);
  bytes.fill("X", at, at + 16);
  writeFileSync(path, bytes);
}

const FOLDER = "appendonlydir";
const serial = (name: string): number => Number(/\.(\d+)\.(incr|base)\./.exec(name)?.[1]);
const list = (dir: string, pattern: RegExp): string[] => readdirSync(join(dir, FOLDER)).filter((name) => pattern.test(name)).toSorted((a, b) => serial(a) - serial(b));

function lastFile(dir: string): string {
  const last = list(dir, /\.incr\.aof$/).at(-1);
  if (last === undefined) throw new Error("Redis has no log");
  return join(dir, FOLDER, last);
}
