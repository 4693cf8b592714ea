-- Moves one item from one state to another, or renews its lease (same key twice, with a lease).
-- KEYS 1 items  2 from  3 to  4 owners
-- ARGV 1 item  2 owner of the lease, or '' for an item that is not running  3 JSON about it, or ''
--   4 new lease in ms, or 0
-- Returns 1, or 0 where the item is not there or not the caller's any more.
if (redis.call('HGET', KEYS[4], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local time = redis.call('TIME')
local score = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], score, ARGV[1])
if ARGV[4] == '0' then redis.call('HDEL', KEYS[4], ARGV[1]) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
