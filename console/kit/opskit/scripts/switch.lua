-- with: present
-- Sets the mode, if the epoch is still the one the operator saw.
-- KEYS 1 mode  2 epoch
-- ARGV 1 epoch seen, or '' for whatever it is (only toward the safer side)  2 mode
--   3 set_by  4 reason  5 expires_at (Unix s) or ''  6 on_expiry or ''
--   7 greatest epoch known from elsewhere (heartbeats, history), or 0
--   8 channel that tells instances to look at once, or ''
-- Returns 1 and the new epoch, or 0 and the present one.
local mode, epoch, now = present(KEYS[1], KEYS[2])
local rank = { [''] = 1, live = 1, dry_run = 2, paused = 3 }
if not rank[ARGV[2]] or ARGV[2] == '' then return redis.error_reply('ERR no such mode') end
if ARGV[1] == '' then
  if rank[ARGV[2]] < rank[mode] or ARGV[2] == 'live' then return { 0, string.format('%.0f', epoch) } end
elseif tonumber(ARGV[1]) ~= epoch then
  return { 0, string.format('%.0f', epoch) }
end
local high = whole(redis.call('GET', KEYS[2]) or '0') or 0
local new = string.format('%.0f', math.max(epoch, high, whole(ARGV[7]) or 0) + 1)
redis.call('SET', KEYS[2], new)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'mode', ARGV[2], 'epoch', new, 'set_by', ARGV[3], 'reason', ARGV[4],
  'set_at', string.format('%.3f', now / 1000))
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'expires_at', ARGV[5], 'on_expiry', ARGV[6])
end
if ARGV[8] ~= '' then redis.pcall('PUBLISH', ARGV[8], new) end -- an accelerator: may be refused
return { 1, new }
