-- Takes one call from a quota that all instances share: never more than the limit in any window.
-- KEYS 1 quota:<name>  2 block:<name>   ARGV 1 limit  2 window in ms  3 unique id of this call
-- Returns taken (1 or 0), calls left, ms until the next may be taken (0 when taken).
local blocked = redis.call('PTTL', KEYS[2])
if blocked > 0 then return { 0, 0, blocked } end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
local used = redis.call('ZCARD', KEYS[1])
if used < limit then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return { 1, limit - used - 1, 0 }
end
local oldest = redis.call('ZRANGE', KEYS[1], used - limit, used - limit, 'WITHSCORES')
return { 0, 0, math.max(1, math.ceil((tonumber(oldest[2]) + window - now) / 1000)) }
