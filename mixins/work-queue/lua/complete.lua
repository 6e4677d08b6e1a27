-- ARGV[2]: id. ARGV[3]: token. Answers 1, or 0 when the lease is lost: then it counts for nothing.
local id, token = ARGV[2], ARGV[3]
local which = place(id, token)
if not which then return 0 end
local cost, since, owner = unpack(redis.call('HMGET', name('job', id), 'cost', which .. 'Since', which .. 'Owner'))
-- What runs took is put to what they cost, of all lately: a run that costs little is mostly start and waiting, and says little of the next.
local LATELY = 7 / 8
for _, key in ipairs({name('pace'), name('pace', owner)}) do
  local took, costs = unpack(redis.call('HMGET', key, 'took', 'costs'))
  took = tonumber(took or 0) * LATELY + (now - since)
  costs = tonumber(costs or 0) * LATELY + cost
  redis.call('HSET', key, 'took', string.format('%.17g', took), 'costs', string.format('%.17g', costs), 'ms', string.format('%.17g', took / costs))
  redis.call('EXPIRE', key, 86400)
end
note(id, 'completed', 1)
remove(id)
total('completed')
return 1
