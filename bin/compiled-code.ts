/** Where compiled code is kept, for every process that uses a data directory: from the second start on nothing is compiled, or stripped of its types, again. */
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { SETTINGS } from "../config/settings.ts";

export function compiledCode(dataDir: string): string {
  return join(dataDir, "compiled");
}

/** For what this process imports from now on; where there is no data directory yet, it makes none. */
export function keepCompiledCode(env: Readonly<NodeJS.ProcessEnv>): void {
  const dataDir = env[SETTINGS.data.env] ?? SETTINGS.data.fallback;
  if (existsSync(dataDir)) enableCompileCache(compiledCode(dataDir));
}
