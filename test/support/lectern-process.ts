/** A Lectern command as a child process: what it printed, and waiting for it. */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { getProgram, programFolders } from "../../bin/start/program.ts";

export interface LecternProcess {
  readonly child: ChildProcess;
  output(): string;
  /** Resolves with the match once its output has it; rejects with what it printed when it ends before, or does not come to it. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** By its path: a Lectern under test may be given another PATH. */
const SETPRIV = getProgram("setpriv", programFolders(process.env["PATH"]), "the tests need util-linux");

/** Less than a test has, so that a failure shows the output. */
const SILENT_MS = 100_000;

/** Killed by the kernel when the test's process ends. */
export function openLectern(args: readonly string[], env: NodeJS.ProcessEnv, stdin: "ignore" | "pipe" = "ignore"): LecternProcess {
  const child = spawn(SETPRIV, ["--pdeathsig", "KILL", "--", process.execPath, ...args], { env, stdio: [stdin, "pipe", "pipe"] });
  let output = "";
  const watchers = new Set<() => void>();
  const take = (chunk: string): void => {
    output += chunk;
    watchers.forEach((watch) => watch());
  };
  child.stdout?.setEncoding("utf8").on("data", take);
  child.stderr?.setEncoding("utf8").on("data", take);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    child, exited,
    output: () => output,
    waitFor(pattern) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${pattern} did not come in ${SILENT_MS / 1000} s:\n${output}`)), SILENT_MS);
        const watch = (): void => {
          const match = pattern.exec(output);
          if (match === null) return;
          clearTimeout(timer);
          watchers.delete(watch);
          resolve(match);
        };
        watchers.add(watch);
        watch();
        void exited.then(() => reject(new Error(`it ended before ${pattern} came:\n${output}`)));
      });
    },
  };
}

/** Living processes with `text` in their environment, command line or working directory (Linux); zombies have none. */
export function findProcesses(text: string): number[] {
  const has = (read: () => string): boolean => {
    try {
      return read().includes(text);
    } catch {
      return false; // it ended while we looked
    }
  };
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).filter((pid) => (
    has(() => readFileSync(`/proc/${pid}/environ`, "latin1")) || has(() => readFileSync(`/proc/${pid}/cmdline`, "latin1"))
    || has(() => readlinkSync(`/proc/${pid}/cwd`)) // Redis writes its title over its environment
  )).map(Number);
}
