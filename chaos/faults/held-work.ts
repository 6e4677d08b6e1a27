/** What a node has of the queue, as Redis has it: mixins/work-queue/lua/common.lua says where. */
import type { Redis } from "ioredis";
import { redisKeys } from "../../config/redis-keys.ts";

/** @returns "<id> <token>" of each lease of the node; none while Redis is away */
export async function leasesOf(redis: Redis, namespace: string, nodeId: string): Promise<string[]> {
  const prefix = redisKeys(namespace).queuePrefix;
  const held: string[] = [];
  for (const lease of await redis.zrange(`${prefix}:leases`, 0, -1).catch(() => [])) {
    const [id = "", token = ""] = lease.split(" ");
    const { first, firstOwner, second, secondOwner } = await redis.hgetall(`${prefix}:job:${id}`);
    if ((first === token && firstOwner === nodeId) || (second === token && secondOwner === nodeId)) held.push(lease);
  }
  return held;
}

/** Whether none of them is held any more: the work is over, or somebody else's. */
export async function areOver(redis: Redis, namespace: string, leases: readonly string[]): Promise<boolean> {
  const held = new Set(await redis.zrange(`${redisKeys(namespace).queuePrefix}:leases`, 0, -1));
  return !leases.some((lease) => held.has(lease));
}
