-- ARGV[2]: owner. ARGV[3]: class. ARGV[4]: ms of the lease. ARGV[5]: most that run at once for one tenant.
-- ARGV[6]: share of `normal` against one of `bulk`, within a tenant. ARGV[7]: '1' to run a straggler a second time when nothing waits.
-- Answers {id, token, data, attempts, cause, addedAt, lane, ms since it was added}, or nil.
tick()
local owner, cls, leaseMs, limit, normalShare = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local MAX_TENANTS, MAX_LATE = 500, 100

local function begin(id, which)
  local token = nextToken()
  if redis.call('HEXISTS', name('job', id), 'first') == 0 and redis.call('HEXISTS', name('job', id), 'second') == 0 then count('active', id, 1) end
  set(id, 'state', 'active', which, token, which .. 'Owner', owner, which .. 'Since', now, which .. 'Progress', 0)
  redis.call('ZADD', LEASES, now + leaseMs, id .. ' ' .. token)
  total('taken')
  note(id, 'taken', 1)
  return {id, token, get(id, 'data'), tonumber(get(id, 'attempts')), get(id, 'cause') or '', tonumber(get(id, 'addedAt')), get(id, 'lane'), now - tonumber(get(id, 'addedAt'))}
end

-- The lane of the tenant that has had least of its share.
local function chooseLane(tenant)
  local best, least
  for _, lane in ipairs(lanesOf(cls)) do
    if waits(tenant, lane) and redis.call('SISMEMBER', name('paused'), lane) == 0 then
      local had = tonumber(redis.call('HGET', name('shares', tenant), lane) or '0')
      if best == nil or had < least then best, least = lane, had end
    end
  end
  return best
end

local function isLate(id)
  local lateMs, addedAt = unpack(redis.call('HMGET', name('job', id), 'lateMs', 'addedAt'))
  return tonumber(lateMs) > 0 and now - addedAt > tonumber(lateMs)
end

local function charge(tenant, lane, id)
  local cost, weight = unpack(redis.call('HMGET', name('job', id), 'cost', 'weight'))
  local tenants = name('tenants', cls)
  local reached = tonumber(redis.call('ZSCORE', tenants, tenant))
  if reached > tonumber(redis.call('HGET', name('clock'), cls) or '0') then redis.call('HSET', name('clock'), cls, string.format('%.17g', reached)) end
  redis.call('ZINCRBY', tenants, string.format('%.17g', cost / weight), tenant)
  if cls == 'background' then redis.call('HINCRBYFLOAT', name('shares', tenant), lane, string.format('%.17g', cost / (lane == 'normal' and normalShare or 1))) end
end

local late = 0
for _, tenant in ipairs(redis.call('ZRANGE', name('tenants', cls), 0, MAX_TENANTS - 1)) do
  local busy = tonumber(redis.call('HGET', COUNTS, 'busy:' .. tenant) or '0')
  local lane = cls == 'play' or busy < limit
  lane = lane and chooseLane(tenant) or nil
  while lane do
    local id = redis.call('ZRANGE', name('wait', lane, tenant), 0, 0)[1]
    if not exists(id) then
      redis.call('ZREM', name('wait', lane, tenant), id)
      redis.call('ZREM', name('ages', lane), id)
      settle(tenant, cls)
      lane = chooseLane(tenant)
    elseif isLate(id) then
      late = late + 1
      if late > MAX_LATE then return nil end
      total('late')
      remove(id)
      lane = chooseLane(tenant)
    else
      charge(tenant, lane, id)
      dequeue(id)
      return begin(id, 'first')
    end
  end
end
if ARGV[7] ~= '1' then return nil end

-- Nothing waits: is something that another node runs slower than it would be here?
local pace = tonumber(redis.call('HGET', name('pace'), 'ms') or '0')
if pace == 0 then return nil end
local own = tonumber(redis.call('HGET', name('pace', owner), 'ms') or pace)
local MIN_MS, GAIN, LOOKED_AT = 5000, 2, 20
for _, member in ipairs(redis.call('ZRANGE', LEASES, 0, LOOKED_AT - 1)) do
  local id = string.match(member, '^(.*) %d+$')
  local lane, cost, since, progress, runner, second = unpack(redis.call('HMGET', name('job', id), 'lane', 'cost', 'firstSince', 'firstProgress', 'firstOwner', 'second'))
  if since and not second and class(lane) == cls and runner ~= owner then
    local ran, share = now - since, tonumber(progress)
    local anew = cost * own
    local rest = share > 0 and ran * (1 - share) / share or math.max(cost * pace, ran)
    if ran > MIN_MS and ran > GAIN * cost * pace and rest > GAIN * anew then
      total('repeated')
      return begin(id, 'second')
    end
  end
end
return nil
