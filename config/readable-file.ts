/** Files that settings name: keys, certificates, passwords. */
import { readFileSync } from "node:fs";

const REASONS: Readonly<Record<string, string>> = { ENOENT: "there is no such file", EACCES: "this user may not read it", EISDIR: "it is a directory", ENOTDIR: "there is no such file" };

/** Undefined when `path` can be read, else why not, as the end of a sentence. */
export function findUnreadable(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return `names ${path}, which cannot be read: ${REASONS[code] ?? code}`;
  }
}

/** @returns what is in the file whenever it is called; while it cannot be read, for it is being renewed, what was there before. @throws the system's error at once when it is not there */
export function liveFile(path: string): () => Buffer {
  let bytes = readFileSync(path);
  return () => {
    try {
      bytes = readFileSync(path);
    } catch {
      // as it was
    }
    return bytes;
  };
}
