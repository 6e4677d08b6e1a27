/** Whether work is handed out fairly and in its order: kept beside the queue, from what it handed out. */
import type { Redis } from "ioredis";
import type { Journal } from "./world.ts";

export interface SharesWatch {
  onScript(script: string, args: readonly unknown[], result: unknown): Promise<void>;
  /** Redis knows less than before of who had what. */
  onForgotten(): void;
}

/**
 * How far tenants that wait may be apart, in costs of the largest job: one that is under way on either side, and one that
 * is owed by a tenant that had its work done before the others came.
 */
const APART = 3;

export function watchShares(redis: Redis, prefix: string, journal: Journal): SharesWatch {
  /** What tenants got since all of them have had work that waits. */
  let had = new Map<string, number>();
  let largest = 0;
  /** Put before others by somebody. */
  const advanced = new Set<string>();

  async function judgeShares(tenant: string, cost: number): Promise<void> {
    const lanes = await Promise.all(["normal", "bulk"].map((lane) => redis.keys(`${prefix}:wait:${lane}:*`)));
    const waiting = new Set(lanes.flat().map((key) => key.split(":").at(-1) ?? "").toSorted());
    const rivals = new Set([...waiting, tenant]);
    const isSame = rivals.size === had.size && [...rivals].every((name) => had.has(name));
    if (!isSame) had = new Map([...rivals].map((name) => [name, 0]));
    const own = (had.get(tenant) ?? 0) + cost;
    had.set(tenant, own);
    largest = Math.max(largest, cost);
    if (had.size > 1) journal.count("work handed out among tenants that wait");
    for (const name of waiting) {
      const other = had.get(name) ?? 0;
      if (own - other > APART * largest) journal.violate(`tenant ${tenant} got ${own} while ${name} waited with ${other}`);
    }
  }

  async function judgeOrder(id: string, { tenant, lane, priority, stalls }: Record<string, string>): Promise<void> {
    const [first] = await redis.zrange(`${prefix}:wait:${lane}:${tenant}`, 0, 0);
    if (first === undefined || stalls !== "0" || advanced.has(id)) return;
    const urgent = await redis.hget(`${prefix}:job:${first}`, "priority");
    if (Number(urgent) < Number(priority)) journal.violate(`${id} was handed out before ${first}, which is more urgent`);
  }

  return {
    async onScript(script, args, result) {
      if (script === "advance") for (const id of args) advanced.add(String(id));
      if (script === "fail" && args[2] === "back") advanced.add(String(args[0]));
      if (script !== "take" || !Array.isArray(result)) return;
      const id = String(result[0]);
      const job = await redis.hgetall(`${prefix}:job:${id}`);
      if (job["lane"] === "play" || job["second"] !== undefined) return;
      await judgeShares(job["tenant"] ?? "", Number(job["cost"]));
      await judgeOrder(id, job);
    },
    onForgotten() { had = new Map(); },
  };
}
