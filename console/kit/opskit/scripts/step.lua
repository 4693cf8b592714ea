-- Changes fields of a hash only if some fields still are what the caller thinks they are.
-- KEYS 1 the hash   ARGV 1 number n of conditions, then n pairs field, value ('' means absent),
--   then pairs field, new value ('' removes the field)
-- Returns 1, or 0 where a condition did not hold.
local n = tonumber(ARGV[1])
for i = 2, 2 * n, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
end
for i = 2 * n + 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return 1
