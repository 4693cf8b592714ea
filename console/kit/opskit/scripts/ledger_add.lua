-- Adds items that are not there yet, as waiting.
-- KEYS 1 items  2 waiting   ARGV items, in the order in which they should be taken
-- Returns how many were new.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local new = 0
for i = 1, #ARGV do
  if redis.call('HSETNX', KEYS[1], ARGV[i], '{}') == 1 then
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + i), ARGV[i])
    new = new + 1
  end
end
return new
