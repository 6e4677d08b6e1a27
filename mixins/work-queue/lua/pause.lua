-- ARGV[2]: lane. ARGV[3]: '1' to pause it, '0' to go on.
if ARGV[3] == '1' then return redis.call('SADD', name('paused'), ARGV[2]) end
redis.call('PUBLISH', name('wake'), class(ARGV[2]))
return redis.call('SREM', name('paused'), ARGV[2])
