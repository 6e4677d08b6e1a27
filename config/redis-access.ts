/** What Lectern's user may do in Redis: its own keys and channels, and the commands that the code has. A test holds this list to the code. */

export const REDIS_USER = "lectern";

export const REDIS_COMMANDS = [
  "ping", "info", "select", "time", "multi", "exec", "eval", "evalsha", "subscribe", "publish",
  "bgrewriteaof", // see renewLog in mixins/redis.ts
  "get", "set", "del", "unlink", "exists", "strlen", "expire", "pexpire", "pttl", "incrby", "setbit", "bitcount",
  "hget", "hgetall", "hmget", "hset", "hsetnx", "hdel", "hexists", "hlen", "hvals", "hincrby", "hincrbyfloat",
  "sadd", "srem", "smembers", "sismember",
  "pfadd", "pfcount",
  "zadd", "zrem", "zcard", "zcount", "zscore", "zmscore", "zincrby", "zrange", "zrangebyscore", "zrevrange", "zrevrank", "zremrangebyscore",
  "xadd", "xrange",
] as const;

/**
 * The users as Redis' ACL has them, one line each; the default one is off.
 * @param passwordHash SHA-256 of the password, in hex
 */
export function redisUsers(namespace: string, passwordHash: string): readonly string[] {
  return [
    "user default reset off",
    `user ${REDIS_USER} reset on #${passwordHash} ~${namespace}:* &${namespace}:* ${REDIS_COMMANDS.map((command) => `+${command}`).join(" ")}`,
  ];
}
