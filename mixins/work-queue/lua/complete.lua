-- ARGV[2]: id. ARGV[3]: token. Answers 1, or 0 when the lease is lost: then it counts for nothing.
local id, token = ARGV[2], ARGV[3]
local which = place(id, token)
if not which then return 0 end
local cost, since, owner = unpack(redis.call('HMGET', name('job', id), 'cost', which .. 'Since', which .. 'Owner'))
local ms = (now - since) / cost
for _, key in ipairs({name('pace'), name('pace', owner)}) do
  local known = tonumber(redis.call('HGET', key, 'ms') or ms)
  redis.call('HSET', key, 'ms', string.format('%.17g', known + (ms - known) / 8))
  redis.call('EXPIRE', key, 86400)
end
note(id, 'completed', 1)
remove(id)
total('completed')
return 1
