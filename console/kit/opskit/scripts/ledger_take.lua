-- Moves items from waiting to running under a lease; first, leases that ran out go back to waiting.
-- KEYS 1 waiting  2 running  3 owners  4 tries
-- ARGV 1 how many at most  2 lease in ms  3 owner (unique for this call)  4.. only these items
-- Returns item, number of tries, item, number of tries ...
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, item in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[2], item)
  redis.call('HDEL', KEYS[3], item)
  redis.call('ZADD', KEYS[1], 0, item)
end
local wanted = {}
if #ARGV > 3 then
  for i = 4, #ARGV do
    if redis.call('ZSCORE', KEYS[1], ARGV[i]) then wanted[#wanted + 1] = ARGV[i] end
  end
else
  wanted = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)
end
local taken = {}
for i, item in ipairs(wanted) do
  if i > tonumber(ARGV[1]) then break end
  redis.call('ZREM', KEYS[1], item)
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[2]), item)
  redis.call('HSET', KEYS[3], item, ARGV[3])
  taken[#taken + 1] = item
  taken[#taken + 1] = redis.call('HINCRBY', KEYS[4], item, 1)
end
return taken
