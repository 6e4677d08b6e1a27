-- ARGV[2]: group. ARGV[3]: '1' to keep what was set aside. Forgets its jobs; who runs one is told at the next renewal. Answers how many.
local removed = 0
for _, id in ipairs(redis.call('SMEMBERS', name('group', ARGV[2]))) do
  if ARGV[3] ~= '1' or get(id, 'state') ~= 'dead' then
    remove(id)
    removed = removed + 1
  end
end
if ARGV[3] ~= '1' then redis.call('DEL', name('story', ARGV[2])) end
return removed
