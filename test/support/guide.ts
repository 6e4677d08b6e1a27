/** The commands of a page of `docs/`: its blocks of `sh`, as one reader would type them, one after the other in one shell. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProcess } from "./processes.ts";

/** Stops at the first command that fails, and says which one that was. */
const BEFORE = `set -Eeuo pipefail\ntrap 'sed -n "s/^/failed: /;$((BASH_LINENO[0] > 0 ? BASH_LINENO[0] : LINENO))p" "$0" >&2' ERR\ntrap 'jobs -p | xargs -r kill 2>/dev/null' EXIT\n`;

export async function readGuide(name: string): Promise<string[]> {
  const text = await readFile(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands ?? "");
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
