/** A node of the mesh as a process of its own. */
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import type { Command } from "./child.ts";

/** The project's folder, without a slash at the end. */
export const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const NODE_PROGRAM = `${PROJECT_DIR}/bin/broker.ts`;

export function nodeCommand(nodeProgram: string = process.execPath): Command {
  return { program: nodeProgram, args: [NODE_PROGRAM] };
}

/** The node's own sentence, without the stack and the repetition that follow it. */
export function explainNode(lines: readonly string[]): string | undefined {
  const said = [/ FATAL +\S+ *: (.+)/, /^\{"level":"fatal",.*"msg":"((?:[^"\\]|\\.)+)"/];
  return said.flatMap((form) => lines.map((line) => form.exec(line)?.[1])).find((sentence) => sentence !== undefined);
}

/** `env` with `settings` laid over it. Compiled code is kept in the data directory, which every node of the machine shares. */
export function nodeEnvironment(env: Readonly<NodeJS.ProcessEnv>, settings: Readonly<Record<string, string>>, dataDir: string): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: compiledCode(dataDir), ...env, ...settings };
}
