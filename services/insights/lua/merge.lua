-- Adds what a node counted to a video's day, once however often it is told.
-- KEYS: that it was told (string), the day (hash), its viewers (HyperLogLog), days to be written, days that are open (sets).
-- ARGV: the day's name in the sets, seconds that the day is kept, what a new one is called, ms of the video, how many viewers
-- follow, they, then names and numbers.
local told, day, viewers, dirty, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
if not redis.call('SET', told, 1, 'NX', 'EX', 3600) then return 0 end
redis.call('HSETNX', day, 'epoch', ARGV[3])
redis.call('HSET', day, 'durationMs', ARGV[4])
redis.call('HINCRBY', day, 'n', 1)
local last = 5 + tonumber(ARGV[5])
for n = 6, last do redis.call('PFADD', viewers, ARGV[n]) end
for n = last + 1, #ARGV, 2 do redis.call('HINCRBY', day, ARGV[n], ARGV[n + 1]) end
redis.call('EXPIRE', day, ARGV[2])
redis.call('EXPIRE', viewers, ARGV[2])
redis.call('SADD', dirty, ARGV[1])
redis.call('SADD', open, ARGV[1])
return 1
