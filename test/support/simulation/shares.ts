/** Whether work is handed out fairly and in its order: kept beside the queue, from what it handed out. */
import type { Redis } from "ioredis";
import type { Journal } from "./world.ts";

interface Had { cost: number; most: number }

/** Take's answers as they come. */
export function watchShares(redis: Redis, prefix: string, journal: Journal) {
  /** What tenants got, all of which had work waiting since. */
  let had = new Map<string, Had>();

  async function judge(id: string): Promise<void> {
    const job = await redis.hgetall(`${prefix}:job:${id}`);
    const { tenant = "", lane = "", cost = "0", priority = "0" } = job;
    if (lane === "play" || job["second"] !== undefined) return;
    const counts = await redis.hgetall(`${prefix}:counts`);
    const waiting = Object.keys(counts).filter((field) => field.startsWith("held:")).map((field) => field.slice("held:".length));
    const rivals = new Set([...waiting, tenant]);
    // Who joins, or had nothing, begins a new account for all.
    if ([...rivals].some((name) => !had.has(name)) || [...had.keys()].some((name) => !rivals.has(name))) had = new Map([...rivals].map((name) => [name, { cost: 0, most: 0 }]));
    const own = had.get(tenant) ?? { cost: 0, most: 0 };
    had.set(tenant, { cost: own.cost + Number(cost), most: Math.max(own.most, Number(cost)) });
    const most = Math.max(...[...had.values()].map((account) => account.most));
    for (const [name, account] of had) {
      if (waiting.includes(name) && own.cost + Number(cost) - account.cost > 4 * most) journal.violate(`tenant ${tenant} got ${own.cost + Number(cost)} while ${name} waited with ${account.cost}`);
    }
    const first = (await redis.zrange(`${prefix}:wait:${lane}:${tenant}`, 0, 0, "WITHSCORES"))[0];
    const next = first === undefined ? undefined : await redis.hgetall(`${prefix}:job:${first}`);
    if (next !== undefined && Number(next["priority"]) < Number(priority) && job["stalls"] === "0" && !advanced.has(id)) journal.violate(`${id} was handed out before ${first}, which is more urgent`);
  }

  const advanced = new Set<string>();
  return {
    async onScript(script: string, args: readonly unknown[], result: unknown): Promise<void> {
      if (script === "advance") for (const id of args) advanced.add(String(id));
      if (script === "fail" && args[2] === "back") advanced.add(String(args[0]));
      if (script === "take" && Array.isArray(result)) await judge(String(result[0]));
    },
  };
}
