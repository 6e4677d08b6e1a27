/** Starts test/support/start-driver.ts on a data directory of its own. */
import { fileURLToPath } from "node:url";
import { programFolders } from "../../bin/start/program.ts";
import { openLectern, type LecternProcess } from "./lectern-process.ts";

const DRIVER = fileURLToPath(new URL("start-driver.ts", import.meta.url));

/** The environment without settings, and nothing else of it changed. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LECTERN_")));
}

export function startLectern(dataDir: string, settings: Readonly<Record<string, string>> = {}, folders = programFolders(process.env["PATH"])): LecternProcess {
  const env = { ...bareEnvironment(), LECTERN_DATA: dataDir, LECTERN_HTTP_PORT: "0", ...settings };
  return openLectern([DRIVER, folders.join(":")], env);
}

export const READY = /Lectern is ready[\s\S]*nats:\/\/127\.0\.0\.1:(\d+) {2}redis:\/\/127\.0\.0\.1:(\d+)/;
