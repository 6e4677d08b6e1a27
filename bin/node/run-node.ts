/** One node in the foreground: its log is the terminal's, its end is ours. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dieWithParent, type Command } from "../start/child.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs it until it ends. The first signal asks it to drain, the second kills it.
 * @returns its exit code, as a shell counts
 */
export async function runNode(command: Command, env: NodeJS.ProcessEnv, cwd: string, setpriv: string | undefined): Promise<number> {
  const { program, args } = dieWithParent(command, setpriv);
  // detached: the terminal's Ctrl-C reaches only us, so that the node is asked once
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ["ignore", "inherit", "inherit"] });
  let asked = false;
  const onSignal = (): void => {
    child.kill(asked ? "SIGKILL" : "SIGTERM");
    asked = true;
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(signal === null ? code ?? 1 : 128 + constants.signals[signal]));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
