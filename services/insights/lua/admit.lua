-- Whether a report of a session counts, and for what: each once, and of a session no more than its time allows.
-- KEYS: session (hash), its marks (bitmap: buckets that it watched, from 200 on reports that it sent), sessions of its household (integer).
-- ARGV: time of arrival in ms, number of the report, ms of media, ms that watching them takes, ms of grace, most sessions of a
-- household, ms of a view, buckets of all but all, seconds that a session is remembered, the name of this asking, ms of media that
-- the session had watched as far as who asks knows, ms of stalls, ms to the first picture (-1: not said), ms that its acts take
-- at least, 1 when it came to the end, then buckets that it watched.
-- Answers fits, begun, started, viewed, completed (1 or 0), ms of media that the session has watched, whether acts and waits count,
-- the first picture does, the end does (1 or 0), then the buckets that are new; nothing when it came before. Who asks again by the
-- same name, since the answer was lost, has the session's last answer again.
local session, marks, household = KEYS[1], KEYS[2], KEYS[3]
local at, media, wall, grace, asking, known = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[10], tonumber(ARGV[11])
local stalls, startup, acts = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local function answer(numbers)
  redis.call('HSET', session, 'answer', asking .. ' ' .. table.concat(numbers, ' '))
  return numbers
end
if redis.call('SETBIT', marks, 200 + tonumber(ARGV[2]), 1) == 1 then
  local name, last = string.match(redis.call('HGET', session, 'answer') or '', '^(%S+) (.*)$')
  local numbers = {}
  if name == asking then for number in string.gmatch(last, '%d+') do numbers[#numbers + 1] = tonumber(number) end end
  return numbers
end
redis.call('EXPIRE', marks, ARGV[9])
local begun = redis.call('HSETNX', session, 'since', at)
redis.call('EXPIRE', session, ARGV[9])
if begun == 1 then
  local sessions = redis.call('INCRBY', household, 1)
  if sessions == 1 then redis.call('EXPIRE', household, 172800) end
  if sessions > tonumber(ARGV[6]) then redis.call('HSET', session, 'refused', 1) end
  if known > 0 then
    redis.call('HSET', session, 'media', ARGV[11])
    begun = 0
  end
end
if redis.call('HEXISTS', session, 'refused') == 1 then return answer({0, 0, 0, 0, 0, 0, 0, 0, 0}) end
local passed = math.max(0, at - tonumber(redis.call('HGET', session, 'since'))) + grace
local function charge(account, ms)
  if redis.call('HINCRBY', session, account, ms) <= passed then return true end
  redis.call('HINCRBY', session, account, -ms)
  return false
end
if not charge('wall', wall) then return answer({0, begun, 0, 0, 0, tonumber(redis.call('HGET', session, 'media') or 0), 0, 0, 0}) end
local opens = startup >= 0 and redis.call('HEXISTS', session, 'opened') == 0
local acted = 0
if charge('acts', acts) then
  if charge('wall', stalls + (opens and startup or 0)) then acted = 1 else redis.call('HINCRBY', session, 'acts', -acts) end
end
local opened = opens and acted == 1 and redis.call('HSETNX', session, 'opened', 1) or 0
local ended = ARGV[15] == '1' and redis.call('HSETNX', session, 'ended', 1) or 0
local after = redis.call('HINCRBY', session, 'media', media)
local before = after - media
local watched = redis.call('BITCOUNT', marks, 0, 24)
local fresh = {}
for n = 16, #ARGV do
  if redis.call('SETBIT', marks, ARGV[n], 1) == 0 then fresh[#fresh + 1] = tonumber(ARGV[n]) end
end
local view, whole = tonumber(ARGV[7]), tonumber(ARGV[8])
local function crosses(from, to, line) return from < line and to >= line and 1 or 0 end
return answer({1, begun, crosses(before, after, 1), crosses(before, after, view), crosses(watched, watched + #fresh, whole), after, acted, opened, ended, unpack(fresh)})
