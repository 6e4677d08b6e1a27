/** Folders and files of keys: for this user's eyes only, whatever they were before. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { writeSecretFile } from "../start/secret-file.ts";

export function openPrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
}

/** Leaves a file alone that already says so: who looks at its time sees that nothing has changed. */
export function writeChanged(path: string, content: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8") !== content) writeSecretFile(path, content);
}
