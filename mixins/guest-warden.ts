/**
 * No guest outlives this process, however it dies. Each asks the kernel to die with it, but a sandbox does so only some
 * milliseconds after its start; what is left of those, the warden ends: a shell that waits for this process's end.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Logger } from "moleculer";

/** In the environment of every guest of this process. */
export const GUEST_MARK = { name: "LECTERN_GUEST_OF", value: randomUUID() } as const;

const WARDEN_SCRIPT = fileURLToPath(new URL("guest-warden.sh", import.meta.url));

let standing = false;

/** Once a process. It sees nothing of this process's environment, and is in a process group of its own. */
export function postWarden(logger: Pick<Logger, "warn">): void {
  if (standing) return;
  standing = true;
  const { PATH = "/usr/bin:/bin" } = process.env;
  const warden = spawn(WARDEN_SCRIPT, [], { cwd: "/", env: { PATH }, detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const fault = (error: Error): void => logger.warn(`Nobody ends FFmpegs that outlive a killed node: ${error.message}`);
  warden.on("error", fault);
  warden.stdin.on("error", fault);
  warden.stdin.write(`${GUEST_MARK.value}\n`);
  warden.unref();
  if ("unref" in warden.stdin && typeof warden.stdin.unref === "function") warden.stdin.unref();
}
