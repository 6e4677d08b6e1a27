/** The queue's Lua scripts: each is one step that happens wholly or not at all, whoever else is at it. */
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

const read = (name: string): string => readFileSync(new URL(`lua/${name}.lua`, import.meta.url), "utf8");

const SCRIPTS = ["add", "take", "renew", "complete", "fail", "cancel", "revive", "advance", "pause"] as const;
export type ScriptName = (typeof SCRIPTS)[number];
export type RunScript = <T>(script: ScriptName, ...args: (string | number)[]) => Promise<T>;

/** @param now ms, for a clock other than Redis' own */
export function queueScripts(redis: Redis, prefix: string, now?: () => number): RunScript {
  const common = read("common");
  for (const name of SCRIPTS) redis.defineCommand(`lecternQueue_${name}`, { numberOfKeys: 1, lua: `${common}\n${read(name)}` });
  const commands = redis as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>;
  return async <T>(script: ScriptName, ...args: (string | number)[]) => (await commands[`lecternQueue_${script}`]?.(prefix, now?.() ?? "", ...args)) as T;
}
