/** Lua scripts of what is counted in Redis: each is one step that happens wholly or not at all. */
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

const KEYS = { admit: 3, merge: 5, written: 4 } as const;
type ScriptName = keyof typeof KEYS;
/** @param args the keys, then the rest */
export type RunUsageScript = (script: ScriptName, ...args: (string | number)[]) => Promise<unknown>;

export function usageScripts(redis: Redis): RunUsageScript {
  for (const [name, numberOfKeys] of Object.entries(KEYS)) redis.defineCommand(`lecternUsage_${name}`, { numberOfKeys, lua: readFileSync(new URL(`lua/${name}.lua`, import.meta.url), "utf8") });
  const commands = redis as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>;
  return async (script, ...args) => await commands[`lecternUsage_${script}`]?.(...args);
}
