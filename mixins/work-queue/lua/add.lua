-- ARGV[2]: most that a tenant may have waiting in one lane. ARGV[3]: JSON array of jobs.
-- Answers {added, refused}: a job whose id is known is passed over, unless it is lost to the queue; over the tenant's limit it is refused.
tick()
local limit = tonumber(ARGV[2])
local added, refused = 0, 0
local woken = {}
for _, job in ipairs(cjson.decode(ARGV[3])) do
  if redis.call('EXISTS', name('job', job.id)) == 1 and not isWhole(job.id) then forget(job.id) end
  if not exists(job.id) then
    if redis.call('ZCARD', name('wait', job.lane, job.tenant)) >= limit then refused = refused + 1
    else
      set(job.id, 'lane', job.lane, 'tenant', job.tenant, 'weight', job.weight, 'group', job.group, 'priority', job.priority, 'cost', job.cost,
        'lateMs', job.lateMs, 'maxAttempts', job.maxAttempts, 'maxStalls', job.maxStalls, 'data', job.data, 'attempts', 0, 'stalls', 0, 'addedAt', now, 'aside', job.aside and 1 or 0, 'cause', job.cause or '')
      redis.call('SADD', name('group', job.group), job.id)
      enqueue(job.id, false)
      added = added + 1
      woken[class(job.lane)] = true
    end
  end
end
if added > 0 then redis.call('HINCRBY', TOTALS, 'added', added) end
for cls in pairs(woken) do redis.call('PUBLISH', name('wake'), cls) end
return {added, refused}
