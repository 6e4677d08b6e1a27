/** The directory for everything Lectern keeps on this machine: there, writable, with room. */
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { findSystemCode, StartError } from "./start-error.ts";

const MiB = 1024 * 1024;
/** Below this the first minutes of the first video would fill the disk. */
const MIN_FREE_BYTES = 64 * MiB;

const FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "this user's disk quota is used up",
  EROFS: "the disk is mounted read-only",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "there is a file of that name",
};

/** Makes `dir` and its `logs`. @throws StartError when it can't be used */
export function prepareDataDirectory(dir: string): void {
  try {
    mkdirSync(join(dir, "logs"), { recursive: true });
    const probe = join(dir, `.probe-${process.pid}`);
    const file = openSync(probe, "w");
    try {
      writeSync(file, Buffer.alloc(64 * 1024));
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(probe);
    }
  } catch (error) {
    const code = findSystemCode(error);
    if (code === undefined) throw error;
    throw new StartError(`The data directory ${dir} can't be used: ${FAULTS[code] ?? code}. LECTERN_DATA names another.`);
  }
  const { bavail, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  if (free < MIN_FREE_BYTES) {
    throw new StartError(`The disk of the data directory ${dir} is full: ${(free / MiB).toFixed(1)} MiB are free, Lectern needs ${MIN_FREE_BYTES / MiB} MiB. LECTERN_DATA names another directory.`);
  }
}
