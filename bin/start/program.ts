/** Finds programs as a shell would, and where Debian hides servers from users. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { StartError } from "./start-error.ts";

/** nats-server lives in /usr/sbin, which a user's PATH may lack. */
const SERVER_FOLDERS = ["/usr/local/sbin", "/usr/sbin"];

/** The folders where programs are looked for, given an environment's PATH. */
export function programFolders(path: string | undefined): readonly string[] {
  return [...(path ?? "").split(delimiter).filter((folder) => folder !== ""), ...SERVER_FOLDERS];
}

/** The absolute path of the program `name` (a name, or a path). */
export function findProgram(name: string, folders: readonly string[]): string | undefined {
  const candidates = name.includes("/") ? [resolve(name)] : folders.map((folder) => join(folder, name));
  return candidates.find(isExecutable);
}

/** @throws StartError saying how to get the program */
export function getProgram(name: string, folders: readonly string[], advice: string): string {
  const path = findProgram(name, folders);
  if (path === undefined) throw new StartError(`The program ${name} is missing: ${advice}.`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not ours to run: the next folder may have it
  }
}
