/** Real servers as child processes that cannot outlive the tests, even when these are killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** nats-server is in /usr/sbin, which a user's PATH may lack on Debian. */
const PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
const TAIL_CHARS = 4_000;

export interface TestProcess {
  pid: number;
  /** Resolves when the process is gone. */
  exited: Promise<void>;
  /** Resolves at the first output that matches. Rejects, with the end of its output, when the process ends before or `timeoutMs` pass. */
  said(pattern: RegExp, timeoutMs: number): Promise<void>;
  /** What it wrote last, both streams. */
  output(): string;
  /** Asks it to leave and waits; kills it after 5 s. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts `command`; it is killed by the kernel when this process ends. @throws Error when there is no such program */
export async function startProcess(command: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<TestProcess> {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", command, ...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, PATH, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await once(child, "spawn");
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const output = keepOutput(child);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} did not start`);
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name);
    await exited;
  };
  return {
    pid,
    exited,
    output: output.tail,
    said: (pattern, timeoutMs) => output.said(pattern, timeoutMs, exited, command),
    async stop() {
      const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await signal("SIGTERM");
      clearTimeout(kill);
    },
    kill: () => signal("SIGKILL"),
  };
}

/** Runs `command` to its end and gives its standard output. @throws Error with what it wrote when it fails */
export async function runProcess(command: string, args: readonly string[], options: { env?: Record<string, string>; timeoutMs?: number } = {}): Promise<string> {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", command, ...args], {
    env: { ...process.env, PATH, ...options.env }, stdio: ["ignore", "pipe", "pipe"], timeout: options.timeoutMs ?? 60_000, killSignal: "SIGKILL",
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on("data", (chunk: Buffer) => { errors += chunk.toString(); });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${child.exitCode ?? child.signalCode}: ${(errors || out).slice(-TAIL_CHARS)}`);
  return out;
}

/** Whether a program is installed. */
export async function hasProgram(command: string): Promise<boolean> {
  const child = spawn("sh", ["-c", 'command -v "$0"', command], { env: { ...process.env, PATH }, stdio: "ignore" });
  await once(child, "close");
  return child.exitCode === 0;
}

export async function makeTempDir(name: string): Promise<string> {
  return await mkdtemp(join(tmpdir(), `lectern-test-${name}-`));
}

export async function removeDir(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

function keepOutput(child: ChildProcess) {
  let tail = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-TAIL_CHARS);
      for (const listener of listeners) listener();
    });
  }
  return {
    tail: () => tail,
    said(pattern: RegExp, timeoutMs: number, exited: Promise<void>, command: string): Promise<void> {
      return new Promise((resolve, reject) => {
        const settle = (fault?: string): void => {
          clearTimeout(timer);
          listeners.delete(check);
          if (fault === undefined) resolve();
          else reject(new Error(`${command} ${fault}. Its last words: ${tail}`));
        };
        const check = (): void => { if (pattern.test(tail)) settle(); };
        const timer = setTimeout(() => settle(`did not say ${pattern} within ${timeoutMs} ms`), timeoutMs);
        listeners.add(check);
        void exited.then(() => settle("ended"));
        check();
      });
    },
  };
}
