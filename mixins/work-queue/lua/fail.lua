-- ARGV[2]: id. ARGV[3]: token. ARGV[4]: how: 'fault' costs an attempt, 'away' waits for somebody who is away, 'coming' for what is sure to come or to be given up, 'back' is handed back.
-- ARGV[5]: ms to wait. ARGV[6]: ms after which 'away' is a fault. ARGV[7]: message. ARGV[8]: code.
-- Answers 'lost', 'shared' (another runs it as well), 'again', or 'dead'.
local id, token, how = ARGV[2], ARGV[3], ARGV[4]
if not place(id, token) then return 'lost' end
if not release(id, token) then return 'shared' end
if how == 'back' then
  enqueue(id, true)
  redis.call('PUBLISH', name('wake'), class(get(id, 'lane')))
  return 'again'
end
set(id, 'message', ARGV[7], 'code', ARGV[8])
if how == 'coming' or (how == 'away' and now - get(id, 'addedAt') < tonumber(ARGV[6])) then
  delay(id, tonumber(ARGV[5]))
  return 'again'
end
total('failed')
note(id, 'failures', 1)
local attempts = redis.call('HINCRBY', name('job', id), 'attempts', 1)
if attempts >= tonumber(get(id, 'maxAttempts')) then
  bury(id)
  return 'dead'
end
delay(id, tonumber(ARGV[5]) * 2 ^ (attempts - 1))
return 'again'
