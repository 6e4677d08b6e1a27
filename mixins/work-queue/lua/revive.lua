-- ARGV[2]: group. Lets what was set aside wait again, its attempts forgotten. Answers how many.
local revived = 0
for _, id in ipairs(redis.call('SMEMBERS', name('group', ARGV[2]))) do
  if get(id, 'state') == 'dead' then
    redis.call('ZREM', name('dead'), id)
    count('dead', id, -1)
    set(id, 'attempts', 0, 'stalls', 0, 'addedAt', now)
    redis.call('HDEL', name('job', id), 'message', 'code', 'endedAt')
    enqueue(id, false)
    revived = revived + 1
    redis.call('PUBLISH', name('wake'), class(get(id, 'lane')))
  end
end
return revived
