-- Records what a node tells of failures, wholly or not at all, and once however often it is told.
-- KEYS: [1] index of groups, by when they were last seen; [2] mark of this batch.
-- ARGV: [1] prefix of the groups' keys; [2] now, ms; [3] the batch, JSON; [4] JSON {ttl, told (ms), groups, perCode, names, videos}.
-- Returns: {id, "opened" | "regressed", id, …} of groups that are news.
local index, mark, prefix, now = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
local batch, limits = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])

local function whole(number) return string.format("%.0f", number) end

local function forget(id)
  redis.call("del", prefix .. id)
  redis.call("zrem", index, id)
end

-- A group that is there; a new one while there is room among those of its code; else that of the rest.
local function place(group)
  if redis.call("exists", prefix .. group.id) == 1 then return group.id end
  local beginning, count = group.code .. "-", 0
  for _, id in ipairs(redis.call("zrange", index, 0, -1)) do
    if string.sub(id, 1, #beginning) == beginning then count = count + 1 end
  end
  if count < limits.perCode then return group.id end
  return group.code .. "-other"
end

-- Puts values at the head of a list in the group, which keeps so many.
local function remember(key, field, values, most)
  local list, seen = {}, {}
  local function add(value)
    if seen[value] == nil and #list < most then
      seen[value] = true
      list[#list + 1] = value
    end
  end
  for _, value in ipairs(values) do add(value) end
  local known = redis.call("hget", key, field)
  if known then for _, value in ipairs(cjson.decode(known)) do add(value) end end
  if #list > 0 then redis.call("hset", key, field, cjson.encode(list)) end
end

-- A ring of counts: each field says of which minute or hour it is.
local function tally(key, name, size, slot, count)
  local field = name .. whole(slot % size)
  local known = redis.call("hget", key, field)
  local of, before = string.match(known or "", "^(%d+):(%d+)$")
  if of and tonumber(of) > slot then return end
  if not of or tonumber(of) < slot then before = 0 end
  redis.call("hset", key, field, whole(slot) .. ":" .. whole(tonumber(before) + count))
end

if redis.call("exists", mark) == 1 then return {} end
for _, id in ipairs(redis.call("zrangebyscore", index, "-inf", now - limits.ttl)) do forget(id) end

local news = {}
for _, group in ipairs(batch.groups) do
  local id = place(group)
  local key = prefix .. id
  local last = math.min(group.lastMs, now) -- a clock that is ahead
  local state = redis.call("hget", key, "state")
  if not state then
    redis.call("hset", key, "state", "open", "first", whole(math.min(group.firstMs, now)), "last", "0")
    news[#news + 1] = id
    news[#news + 1] = "opened"
  elseif state == "resolved" and last > tonumber(redis.call("hget", key, "changed") or "0") then
    redis.call("hset", key, "state", "regressed")
    news[#news + 1] = id
    news[#news + 1] = "regressed"
  end
  redis.call("hincrby", key, "count", whole(group.count))
  redis.call("hset", key, "code", group.code, "severity", group.severity, "service", group.service, "action", group.action)
  if last >= tonumber(redis.call("hget", key, "last")) then
    redis.call("hset", key, "last", whole(last), "message", group.message, "stack", cjson.encode(group.stack), "node", batch.node, "request", group.requestId or "")
    redis.call("zadd", index, whole(last), id)
  end
  remember(key, "nodes", { batch.node }, limits.names)
  remember(key, "regions", { batch.region }, limits.names)
  remember(key, "versions", { batch.version }, limits.names)
  remember(key, "videos", group.videos, limits.videos)
  for _, entry in ipairs(group.minutes) do
    tally(key, "m", 60, entry[1], entry[2])
    tally(key, "h", 24, math.floor(entry[1] / 60), entry[2])
  end
  redis.call("pexpire", key, whole(limits.ttl))
end

local over = redis.call("zcard", index) - limits.groups
if over > 0 then for _, id in ipairs(redis.call("zrange", index, 0, over - 1)) do forget(id) end end
redis.call("pexpire", index, whole(limits.ttl))
redis.call("set", mark, "1", "PX", whole(limits.told))
return news
