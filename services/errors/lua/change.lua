-- Changes the state of a group that is there.
-- KEYS: the group. ARGV: state, now (ms).
-- Returns: 1, or 0 when there is no such group.
if redis.call("exists", KEYS[1]) == 0 then return 0 end
redis.call("hset", KEYS[1], "state", ARGV[1], "changed", ARGV[2])
return 1
