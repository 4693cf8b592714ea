-- with: present
-- Heartbeat, mode and everything else that waits, in one command.
-- KEYS 1 inst:<id>  2 instances  3 mode  4 epoch  5.. keys that the operations name by index
-- ARGV 1 instance id  2 heartbeat JSON  3 TTL in ms  then operations of 5: kind, key, n, field, value
--   H: HSET key field value, EXPIRE n s    X: XADD key MAXLEN ~ n    Z: ZADD key field(score) value,
--   keeping the newest n
-- Returns mode, epoch, server ms, instances alive.
local mode, epoch, now = present(KEYS[3], KEYS[4])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 86400000)
for i = 4, #ARGV, 5 do
  local kind, key, n, field, value = ARGV[i], KEYS[tonumber(ARGV[i + 1])], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if kind == 'H' then
    redis.call('HSET', key, field, value)
    redis.call('EXPIRE', key, n)
  elseif kind == 'X' then
    redis.call('XADD', key, 'MAXLEN', '~', n, '*', field, value)
  elseif kind == 'Z' then
    redis.call('ZADD', key, field, value)
    redis.call('ZREMRANGEBYRANK', key, 0, -1 - n)
  end
end
local alive = redis.call('ZCOUNT', KEYS[2], now - ARGV[3], '+inf')
return { mode, string.format('%.0f', epoch), string.format('%.0f', now), alive }
