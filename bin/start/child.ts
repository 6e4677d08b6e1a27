/**
 * A child process that cannot outlive this one and that the terminal's Ctrl-C does not reach: it is stopped by
 * whoever opened it, in the order that loses nothing.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Command { readonly program: string; readonly args: readonly string[] }

export interface Exit { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export interface Child {
  readonly pid: number | undefined;
  /** Settles when the process has gone and all its lines have been read; never rejects. */
  readonly exited: Promise<Exit>;
  /** The last lines it wrote, oldest first. */
  lastLines(): readonly string[];
  /** Asks it to end, kills it and what it started after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** Kills it and what it started at once. */
  kill(): void;
}

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly onLine: (line: string, from: "out" | "err") => void;
  /** util-linux's setpriv, when there is one: Linux kills the child when this process dies, however it dies. */
  readonly setpriv: string | undefined;
}

const KEPT_LINES = 20;

export function dieWithParent(command: Command, setpriv: string | undefined): Command {
  return setpriv === undefined ? command : { program: setpriv, args: ["--pdeathsig", "KILL", "--", command.program, ...command.args] };
}

export function openChild(command: Command, options: ChildOptions): Child {
  const { program, args } = dieWithParent(command, options.setpriv);
  // detached: a process group of its own, so that the terminal's signals pass it by and its own children die with it
  const child = spawn(program, args, { env: options.env, cwd: options.cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const kept: string[] = [];
  const read = (from: "out" | "err") => (line: string): void => {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    options.onLine(line, from);
  };
  createInterface({ input: child.stdout }).on("line", read("out"));
  createInterface({ input: child.stderr }).on("line", read("err"));

  let gone = false;
  const kill = (): void => {
    if (!gone) signalGroup(child.pid, "SIGKILL"); // later the id may be another's
  };
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      kill(); // what it started and left behind also holds its pipes open
      gone = true;
      child.once("close", () => resolve({ code, signal }));
    });
    child.once("error", (error) => { // it could not be spawned at all
      read("err")(error.message);
      if (child.pid === undefined) resolve({ code: 127, signal: null });
    });
  });

  return {
    pid: child.pid,
    exited,
    lastLines: () => kept,
    kill,
    async stop(graceMs) {
      child.kill("SIGTERM");
      const timer = setTimeout(kill, graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return; // all of it has gone
    throw error;
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`;
}
