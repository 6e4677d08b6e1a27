/**
 * Who in the region reads which part of a source from its origin: whoever wanted it first. The others ask that node. Kept
 * in the region's Redis; all of it may be lost, which costs some bytes that come twice.
 */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../../config/redis-keys.ts";
import { sparingRedis } from "../../../mixins/redis.ts";

export interface GroupOwners {
  /** The other node to ask for each group; undefined: it is ours, or nobody can be asked. */
  claim(sourceId: string, groups: readonly number[]): Promise<(string | undefined)[]>;
  /** Its owner does not answer: it is ours from now on. */
  takeOver(sourceId: string, group: number): Promise<void>;
}

/** A region forgets a source that nobody has read for so long; the blocks stay with whoever has them. */
const REMEMBERED_MS = 2 * 3_600_000;

/** KEYS: owners. ARGV: node, lifetime, groups. */
const CLAIM = `
local owners = {}
for at = 3, #ARGV do
  redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[1])
  owners[at - 2] = redis.call('HGET', KEYS[1], ARGV[at])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return owners`;

interface Scripts { lecternClaim(key: string, node: string, lifetimeMs: number, ...groups: number[]): Promise<string[]> }

export function redisOwners(redis: Redis, keys: Pick<RedisKeys, "blockOwners">, nodeId: string, note: (reason: string) => void): GroupOwners {
  redis.defineCommand("lecternClaim", { numberOfKeys: 1, lua: CLAIM });
  const scripts = redis as unknown as Scripts;
  const sparing = sparingRedis(note); // while Redis is away each node reads for itself
  return {
    claim: (sourceId, groups) => sparing(
      async () => (await scripts.lecternClaim(keys.blockOwners(sourceId), nodeId, REMEMBERED_MS, ...groups)).map((owner) => (owner === nodeId ? undefined : owner)),
      () => groups.map(() => undefined),
    ),
    async takeOver(sourceId, group) {
      await sparing(async () => void (await redis.hset(keys.blockOwners(sourceId), String(group), nodeId)), () => undefined);
    },
  };
}
