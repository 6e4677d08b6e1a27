-- ARGV[2]: id. ARGV[3]: token. ARGV[4]: ms of the lease. ARGV[5]: progress, 0 to 1. Answers 1, or 0 when the lease is lost.
local id, token = ARGV[2], ARGV[3]
local which = place(id, token)
if not which then return 0 end
redis.call('ZADD', LEASES, now + tonumber(ARGV[4]), id .. ' ' .. token)
set(id, which .. 'Progress', ARGV[5])
return 1
