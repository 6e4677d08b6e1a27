-- Takes the delivery that is due first, of an endpoint that is not among the busy ones, and leases it.
-- KEYS: [1] endpoints, by when the first of each is due. ARGV: [1] prefix of each endpoint's own set; [2] now, ms; [3] lease, ms; [4…] busy endpoints.
-- Returns: {endpoint, message, attempts before}, or {}.
local now, lease = tonumber(ARGV[2]), tonumber(ARGV[3])
local busy = {}
for n = 4, #ARGV do busy[ARGV[n]] = true end
for _, endpoint in ipairs(redis.call("zrangebyscore", KEYS[1], "-inf", now)) do
  if not busy[endpoint] then
    local own = ARGV[1] .. endpoint
    local message = redis.call("zrangebyscore", own, "-inf", now, "limit", 0, 1)[1]
    if message then redis.call("zadd", own, now + lease, message) end
    local first = redis.call("zrange", own, 0, 0, "withscores")
    if first[1] then redis.call("zadd", KEYS[1], first[2], endpoint) else redis.call("zrem", KEYS[1], endpoint) end
    if message then return { endpoint, message, redis.call("hget", own .. ":attempts", message) or "0" } end
  end
end
return {}
