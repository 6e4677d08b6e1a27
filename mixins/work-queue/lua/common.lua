-- Put before every script of the queue. KEYS[1]: prefix of all the queue's keys. ARGV[1]: now in ms, '' for Redis' own clock.
--
-- <prefix>:job:<id>            hash: the job; `first` and `second` are the tokens of those who run it
-- <prefix>:wait:<lane>:<tenant> sorted set: ids that wait, by priority and then by age
-- <prefix>:tenants:<class>     sorted set: tenants with work that waits, by virtual time (start-time fair queueing)
-- <prefix>:clock               hash: virtual time of each class
-- <prefix>:past:<class>        hash: virtual times of tenants that had more than their share when their work ran out
-- <prefix>:shares:<tenant>     hash: what each lane of the tenant's background has had, while work of it waits
-- <prefix>:leases              sorted set: "<id> <token>", by when the lease ends
-- <prefix>:delayed             sorted set: ids, by when they wait again
-- <prefix>:dead                sorted set: ids that are set aside, by when
-- <prefix>:ages:<lane>         sorted set: ids that wait, by when they were added
-- <prefix>:story:<group>       hash: what became of a group's work, and how long each step took. Expires
-- <prefix>:group:<group>       set: ids of a group
-- <prefix>:counts              hash: jobs by "<state>:<lane>", and "cost:<tenant>", "held:<tenant>", "busy:<tenant>"
-- <prefix>:totals              hash: what has happened, since Redis was last empty
-- <prefix>:paused              set: lanes that hand out nothing
-- <prefix>:pace, :pace:<owner> hash: ms a unit of cost takes, in the region and on a node, and what of: ms that runs took, and their cost
local prefix = KEYS[1]
local now = tonumber(ARGV[1])
if now == nil then
  local clock = redis.call('TIME')
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
end
local MAX_MOVED = 100 -- jobs that one call moves by the way
local MAX_DEAD = 1000
local STORY_SEC = 30 * 86400

local function name(...) return prefix .. ':' .. table.concat({...}, ':') end
local COUNTS, TOTALS, LEASES = name('counts'), name('totals'), name('leases')

-- Of a script that Redis was killed in, its log may have the first commands and not the last: what is named may be gone.
local function exists(id) return redis.call('HEXISTS', name('job', id), 'lane') == 1 end

local function class(lane) return lane == 'play' and 'play' or 'background' end
local function get(id, field) return redis.call('HGET', name('job', id), field) end
local function set(id, ...) redis.call('HSET', name('job', id), ...) end
local function total(what) redis.call('HINCRBY', TOTALS, what, 1) end

-- Adds to the story of the job's group, unless nobody waits for the job.
local function note(id, field, by)
  local group, aside = unpack(redis.call('HMGET', name('job', id), 'group', 'aside'))
  if aside ~= '1' and redis.call('EXISTS', name('story', group)) == 1 then redis.call('HINCRBY', name('story', group), field, by) end
end

-- A group's time goes to what is done for it: work, else waiting, else the pause before another attempt.
local function tell(group, lane, state, by)
  local story = name('story', group)
  local at, active, waiting, delayed = unpack(redis.call('HMGET', story, 'at', 'active', 'waiting', 'delayed'))
  if at then
    local doing = tonumber(active or 0) > 0 and 'active' or tonumber(waiting or 0) > 0 and 'waiting' or tonumber(delayed or 0) > 0 and 'delayed'
    if doing and now > tonumber(at) then redis.call('HINCRBY', story, doing .. 'Ms', now - at) end
  else
    redis.call('HSET', story, 'queuedAt', now, 'lane', lane, 'ahead', redis.call('HGET', COUNTS, 'waiting:' .. lane) or 0)
    redis.call('EXPIRE', story, STORY_SEC)
  end
  redis.call('HSET', story, 'at', now)
  redis.call('HINCRBY', story, state, by)
end

local function count(state, id, by)
  local lane, tenant, cost, group, aside = unpack(redis.call('HMGET', name('job', id), 'lane', 'tenant', 'cost', 'group', 'aside'))
  if state ~= 'dead' and aside ~= '1' then tell(group, lane, state, by) end
  redis.call('HINCRBY', COUNTS, state .. ':' .. lane, by)
  local field = ({waiting = 'held:', active = 'busy:'})[state]
  if field == nil then return end
  if redis.call('HINCRBY', COUNTS, field .. tenant, by) == 0 then redis.call('HDEL', COUNTS, field .. tenant) end
  if state ~= 'waiting' then return end
  if redis.call('HEXISTS', COUNTS, 'held:' .. tenant) == 0 then redis.call('HDEL', COUNTS, 'cost:' .. tenant)
  else redis.call('HINCRBYFLOAT', COUNTS, 'cost:' .. tenant, by * cost) end
end

local function waits(tenant, lane) return redis.call('ZCARD', name('wait', lane, tenant)) > 0 end
local function lanesOf(cls) if cls == 'play' then return {'play'} end return {'normal', 'bulk'} end

-- Puts the job among those that wait. `front`: before all others of its lane and tenant.
local function enqueue(id, front)
  local lane, tenant, priority, addedAt = unpack(redis.call('HMGET', name('job', id), 'lane', 'tenant', 'priority', 'addedAt'))
  local cls = class(lane)
  local tenants, shares = name('tenants', cls), name('shares', tenant)
  if not redis.call('ZSCORE', tenants, tenant) then
    local clock = tonumber(redis.call('HGET', name('clock'), cls) or '0')
    local past = tonumber(redis.call('HGET', name('past', cls), tenant) or '0')
    redis.call('ZADD', tenants, string.format('%.17g', math.max(clock, past)), tenant)
    redis.call('HDEL', name('past', cls), tenant)
  end
  if cls == 'background' and not waits(tenant, lane) then -- a lane that begins to wait makes up for nothing
    local most = 0
    for _, share in ipairs(redis.call('HVALS', shares)) do most = math.max(most, tonumber(share)) end
    local own = tonumber(redis.call('HGET', shares, lane) or '0')
    for _, other in ipairs(lanesOf(cls)) do
      if other ~= lane and waits(tenant, other) then most = math.min(most, tonumber(redis.call('HGET', shares, other) or '0')) end
    end
    redis.call('HSET', shares, lane, string.format('%.17g', math.max(own, most)))
  end
  local seq = redis.call('HINCRBY', COUNTS, 'seq', 1) % 4294967296
  local rank = front and 0 or tonumber(priority)
  redis.call('ZADD', name('wait', lane, tenant), string.format('%.17g', rank * 4294967296 + seq), id)
  redis.call('ZADD', name('ages', lane), addedAt, id)
  set(id, 'state', 'waiting')
  count('waiting', id, 1)
end

-- After work of the tenant left those that wait.
local function settle(tenant, cls)
  for _, lane in ipairs(lanesOf(cls)) do if waits(tenant, lane) then return end end
  local tenants = name('tenants', cls)
  local reached = redis.call('ZSCORE', tenants, tenant)
  if not reached then return end
  redis.call('ZREM', tenants, tenant)
  if cls == 'background' then redis.call('DEL', name('shares', tenant)) end
  if tonumber(reached) > tonumber(redis.call('HGET', name('clock'), cls) or '0') then redis.call('HSET', name('past', cls), tenant, reached) end
end

local function dequeue(id)
  local lane, tenant = unpack(redis.call('HMGET', name('job', id), 'lane', 'tenant'))
  redis.call('ZREM', name('wait', lane, tenant), id)
  redis.call('ZREM', name('ages', lane), id)
  count('waiting', id, -1)
  settle(tenant, class(lane))
end

local function tokens(id)
  local first, second = unpack(redis.call('HMGET', name('job', id), 'first', 'second'))
  return first or nil, second or nil
end

-- Which of the two leases of the job the token is: 'first', 'second', or nil.
local function place(id, token)
  local first, second = tokens(id)
  if first == token then return 'first' end
  if second == token then return 'second' end
  return nil
end

-- Ends one lease. Says whether nobody runs the job now.
local function release(id, token)
  local which = place(id, token)
  local owner, since = unpack(redis.call('HMGET', name('job', id), which .. 'Owner', which .. 'Since'))
  note(id, 'spent:' .. owner, math.max(0, now - since))
  redis.call('ZREM', LEASES, id .. ' ' .. token)
  redis.call('HDEL', name('job', id), which, which .. 'Owner', which .. 'Since', which .. 'Progress')
  local first, second = tokens(id)
  if first or second then return false end
  count('active', id, -1)
  return true
end

-- Takes the job out of wherever it is, and forgets it.
local function remove(id)
  local state, group, lane = unpack(redis.call('HMGET', name('job', id), 'state', 'group', 'lane'))
  if not state then return false end
  local first, second = tokens(id)
  if first then release(id, first) end
  if second then release(id, second) end
  if state == 'waiting' then dequeue(id)
  elseif state == 'delayed' then redis.call('ZREM', name('delayed'), id); count('delayed', id, -1)
  elseif state == 'dead' then redis.call('ZREM', name('dead'), id); count('dead', id, -1) end
  redis.call('DEL', name('job', id))
  redis.call('SREM', name('group', group), id)
  return true
end

-- Whether the job is where its state says.
local function isWhole(id)
  local state, lane, tenant = unpack(redis.call('HMGET', name('job', id), 'state', 'lane', 'tenant'))
  if not lane or not tenant then return false end
  if state == 'waiting' then return redis.call('ZSCORE', name('wait', lane, tenant), id) ~= false end
  if state == 'delayed' or state == 'dead' then return redis.call('ZSCORE', name(state), id) ~= false end
  local first, second = tokens(id)
  for _, token in ipairs({first or '', second or ''}) do
    if token ~= '' and redis.call('ZSCORE', LEASES, id .. ' ' .. token) then return true end
  end
  return false
end

-- Takes a job that is not whole from everywhere.
local function forget(id)
  local lane, tenant, state, group = unpack(redis.call('HMGET', name('job', id), 'lane', 'tenant', 'state', 'group'))
  for _, which in ipairs({'first', 'second'}) do
    local token = get(id, which)
    if token then redis.call('ZREM', LEASES, id .. ' ' .. token) end
  end
  if lane and tenant then
    redis.call('ZREM', name('wait', lane, tenant), id)
    redis.call('ZREM', name('ages', lane), id)
    if state and group then count(state, id, -1) end
  end
  for _, set in ipairs({'delayed', 'dead'}) do redis.call('ZREM', name(set), id) end
  redis.call('DEL', name('job', id))
  if group then redis.call('SREM', name('group', group), id) end
  total('mended')
end

local function bury(id)
  set(id, 'state', 'dead', 'endedAt', now)
  redis.call('ZADD', name('dead'), now, id)
  count('dead', id, 1)
  total('dead')
  local excess = redis.call('ZCARD', name('dead')) - MAX_DEAD
  if excess > 0 then for _, old in ipairs(redis.call('ZRANGE', name('dead'), 0, excess - 1)) do if not remove(old) then redis.call('ZREM', name('dead'), old) end end end
end

local function delay(id, ms)
  set(id, 'state', 'delayed', 'notBefore', now + ms)
  redis.call('ZADD', name('delayed'), now + ms, id)
  count('delayed', id, 1)
end

-- Lets what was delayed wait again, and takes their work from those who let their lease end.
local function tick()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', name('delayed'), '-inf', now, 'LIMIT', 0, MAX_MOVED)) do
    redis.call('ZREM', name('delayed'), id)
    if exists(id) then
      count('delayed', id, -1)
      enqueue(id, false)
    end
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, MAX_MOVED)) do
    local id, token = string.match(member, '^(.*) (%d+)$')
    local which = place(id, token)
    if which then
      total('lapsed')
      note(id, 'stalls', 1)
    else redis.call('ZREM', LEASES, member) end
    if which and release(id, token) then
      local stalls = redis.call('HINCRBY', name('job', id), 'stalls', 1)
      if stalls >= tonumber(get(id, 'maxStalls')) then
        set(id, 'message', 'The nodes that worked on it died, or stopped answering.', 'code', 'worker_lost')
        bury(id)
      else enqueue(id, true) end
    end
  end
  for _, cls in ipairs({'play', 'background'}) do
    local past = name('past', cls)
    if redis.call('HLEN', past) > 1000 then
      local clock = tonumber(redis.call('HGET', name('clock'), cls) or '0')
      local all = redis.call('HGETALL', past)
      for i = 1, #all, 2 do if tonumber(all[i + 1]) <= clock then redis.call('HDEL', past, all[i]) end end
    end
  end
end

-- Greater than any before, also after Redis was emptied: a clock's microseconds, and one more where that is not enough.
local function nextToken()
  local token = math.max(now * 1000, tonumber(redis.call('HGET', COUNTS, 'token') or '0') + 1)
  local text = string.format('%.0f', token)
  redis.call('HSET', COUNTS, 'token', text)
  return text
end
