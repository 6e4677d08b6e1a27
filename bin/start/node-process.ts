/** A node of the mesh as a process of its own. */
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import type { Command } from "./child.ts";

/** The project's folder, without a slash at the end. */
export const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const NODE_PROGRAM = `${PROJECT_DIR}/bin/broker.ts`;

/** What Node is started with. */
export const NODE_FLAGS = [
  "--max-semi-space-size=4", // MiB for what is new: a node's large things are buffers outside of it, and the usual 16 cost 50 MiB of RAM
  "--heap-growing-percent=20", // beyond what lives, before it is collected; usually half as much again, 20 MiB while a long video is planned
  "--expose-gc", // for what loading leaves behind: mixins/after-loading.ts
];

export function nodeCommand(nodeProgram: string = process.execPath): Command {
  return { program: nodeProgram, args: [...NODE_FLAGS, NODE_PROGRAM] };
}

/** The node's own sentence, without the stack and the repetition that follow it. */
export function explainNode(lines: readonly string[]): string | undefined {
  const said = [/ FATAL +\S+ *: (.+)/, /^\{"level":"fatal",.*"msg":"((?:[^"\\]|\\.)+)"/];
  return said.flatMap((form) => lines.map((line) => form.exec(line)?.[1])).find((sentence) => sentence !== undefined);
}

/**
 * What buffers took goes back to the system when they are gone, those that sockets are read into (64 KiB) included: glibc
 * would otherwise keep it, in a pool for each thread, and a node that has passed on a gigabyte looks as if it held a
 * quarter more than it does.
 */
export const MALLOC_SETTINGS = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "131072" };

/** `env` with `settings` laid over it. Compiled code is kept in the data directory, which every node of the machine shares. */
export function nodeEnvironment(env: Readonly<NodeJS.ProcessEnv>, settings: Readonly<Record<string, string>>, dataDir: string): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: compiledCode(dataDir), ...MALLOC_SETTINGS, ...env, ...settings };
}
