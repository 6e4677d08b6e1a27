-- A video's day is in the store as it was when `n` merges had been made; what came since is written next time.
-- KEYS: the day (hash), its viewers, days to be written, days that are open (sets). ARGV: the day's name in the sets, n, 1 when the day is over.
local day, viewers, dirty, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local n = redis.call('HGET', day, 'n')
if n and n ~= ARGV[2] then return 0 end
redis.call('SREM', dirty, ARGV[1])
if ARGV[3] == '1' or not n then
  redis.call('UNLINK', day, viewers)
  redis.call('SREM', open, ARGV[1])
end
return 1
