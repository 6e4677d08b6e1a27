/**
 * Compiles all that a node runs into NODE_COMPILE_CACHE, and ends. An image has it done once, so that nobody who starts of it has to.
 * Node keeps what it compiled apart by flags and by user: so it goes by the flags of nodes, and is to be run as their user.
 */
import { spawnSync } from "node:child_process";
import { NODE_FLAGS, PROJECT_DIR } from "./start/node-process.ts";

if (process.env["NODE_COMPILE_CACHE"] === undefined) throw new Error("NODE_COMPILE_CACHE names no folder to compile into.");
for (const args of [[...NODE_FLAGS, "bin/load-code.ts"], ["bin/node.ts", "--help"]]) {
  const { status } = spawnSync(process.execPath, args, { cwd: PROJECT_DIR, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}.`);
}
