/** A child's log: appended to, and put aside as `<path>.1` when it gets long, so that it never fills the disk. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

const MAX_BYTES = 32 * 1024 * 1024;

export interface LogFile {
  readonly path: string;
  writeLine(line: string): void;
  close(): void;
}

/** @param onFault is told once when lines can't be written (a full disk); they are dropped until they can be again */
export function openLogFile(path: string, onFault: (error: Error) => void, maxBytes = MAX_BYTES): LogFile {
  let file = openSync(path, "a", 0o600);
  let bytes = fstatSync(file).size;
  let faulty = false;
  return {
    path,
    writeLine(line) {
      try {
        if (bytes > maxBytes) {
          closeSync(file);
          renameSync(path, `${path}.1`);
          file = openSync(path, "a", 0o600);
          bytes = 0;
        }
        bytes += writeSync(file, `${line}\n`);
        faulty = false;
      } catch (error) {
        if (!faulty) onFault(error instanceof Error ? error : new Error(String(error)));
        faulty = true;
      }
    },
    close: () => closeSync(file),
  };
}
