/** The commands of a page: its blocks of `sh`, as one reader would type them, one after the other in one shell, and those within its sentences. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProcess } from "./processes.ts";

/** Stops at the first command that fails, and says which one that was. */
const BEFORE = `set -Eeuo pipefail\ntrap 'sed -n "s/^/failed: /;$((BASH_LINENO[0] > 0 ? BASH_LINENO[0] : LINENO))p" "$0" >&2' ERR\ntrap 'jobs -p | xargs -r kill 2>/dev/null' EXIT\n`;
/** What begins with two words or more and is none: PromQL, a line of a configuration. */
const NO_COMMAND = /^((sum|max) by|appendfsync) /;

/** Blocks of a page of `docs/`; of what is below one heading, when one is given. */
export async function readGuide(name: string, heading?: string): Promise<string[]> {
  const text = await readFile(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), "utf8");
  const part = heading === undefined ? text : text.split(/^(?=##+ )/m).find((one) => one.slice(0, one.indexOf("\n")).replace(/^#+ /, "") === heading);
  if (part === undefined) throw new Error(`docs/${name}.md has no "${heading}"`);
  return listBlocks(part);
}

export function listBlocks(text: string): string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands ?? "");
}

/** Each command once that stands in backticks within a sentence or in the note at the end of a line of a block: two words or more, the first in small letters. */
export function listInlineCommands(text: string): string[] {
  const notes = listBlocks(text).flatMap((block) => [...block.matchAll(/#.*?\b((?:docker compose|aws) .*)$/gm)].map(([, command]) => command ?? ""));
  const inline = [...text.replace(/^```.*?^```$/gms, "").matchAll(/`([a-z][\w-]* [^`\n]+)`/g)].map(([, command]) => command ?? "");
  return [...new Set([...inline, ...notes])].filter((command) => !NO_COMMAND.test(command));
}

/**
 * Runs the blocks in `cwd`; `env` stands for what a reader would fill in, and `scratch` is a folder for the script.
 * @returns what they printed @throws Error with what the failed one said
 */
export async function runGuide(blocks: readonly string[], env: Readonly<Record<string, string>>, cwd: string, scratch: string): Promise<string> {
  const script = join(scratch, "guide.sh");
  await writeFile(script, BEFORE + blocks.join("\n"));
  return await runProcess("timeout", ["130", "env", "-C", cwd, "bash", script], { env: { ...env }, timeoutMs: 140_000 });
}
