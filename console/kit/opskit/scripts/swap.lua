-- Replaces or deletes a string only if it still is what the caller thinks it is.
-- KEYS 1 the key   ARGV 1 expected value  2 new value, or '' to delete  3 TTL in ms
-- Returns 1, or 0 where it was something else.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
