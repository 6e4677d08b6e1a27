-- Sets when a delivery is due, or forgets it.
-- KEYS: [1] endpoints, by when the first of each is due; [2] the endpoint's own set; [3] its attempts.
-- ARGV: [1] endpoint; [2] message; [3] when it is due, ms, or "" to forget it; [4] attempts so far; [5] "new": only when it is not there.
-- Returns: 1 when it was set or forgotten.
if ARGV[5] == "new" and redis.call("zscore", KEYS[2], ARGV[2]) then return 0 end
if ARGV[3] == "" then
  redis.call("zrem", KEYS[2], ARGV[2])
  redis.call("hdel", KEYS[3], ARGV[2])
else
  redis.call("zadd", KEYS[2], ARGV[3], ARGV[2])
  redis.call("hset", KEYS[3], ARGV[2], ARGV[4])
end
local first = redis.call("zrange", KEYS[2], 0, 0, "withscores")
if first[1] then redis.call("zadd", KEYS[1], first[2], ARGV[1]) else redis.call("zrem", KEYS[1], ARGV[1]) end
return 1
