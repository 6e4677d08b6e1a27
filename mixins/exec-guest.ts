/** Runs a guest whose output is small to its end: all of it is killed when it takes too long or nobody wants it any more. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { killTree } from "./kill-tree.ts";

/** Starts every guest: limits first, then what `guest.start` says. */
export const GUEST_SCRIPT = fileURLToPath(new URL("ffmpeg-guest.sh", import.meta.url));

export interface ExecLimits { timeoutMs: number; maxOutputBytes?: number; signal?: AbortSignal }

/** `fault`: absent when it went through. What it said is there in any case. */
export interface ExecResult { stdout: Buffer; stderr: string; fault?: "too_long" | "aborted" | "failed" }

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** `args`: what `guest.start` says, and the program's own. @throws Error when the guest cannot be started at all */
export function execGuest(args: readonly string[], { timeoutMs, maxOutputBytes = MAX_OUTPUT_BYTES, signal }: ExecLimits): Promise<ExecResult> {
  if (signal?.aborted === true) return Promise.resolve({ stdout: Buffer.alloc(0), stderr: "", fault: "aborted" });
  return new Promise((resolve, reject) => {
    let tooLong = false;
    const child = execFile(GUEST_SCRIPT, args, { maxBuffer: maxOutputBytes, encoding: "buffer", killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      const said = { stdout, stderr: stderr.toString() };
      if (error === null) resolve(said);
      else if (child.pid === undefined) reject(error);
      else resolve({ ...said, fault: tooLong ? "too_long" : signal?.aborted === true ? "aborted" : "failed" });
    });
    const stop = (): void => { if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killTree(child.pid); };
    const timer = setTimeout(() => { tooLong = true; stop(); }, timeoutMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
