-- ARGV[2...]: ids. Those that wait come before all others of their lane and tenant, the first of them first. Answers how many.
local moved = 0
for i = 2, #ARGV do
  if get(ARGV[i], 'state') == 'waiting' then
    dequeue(ARGV[i])
    enqueue(ARGV[i], true)
    moved = moved + 1
  end
end
return moved
