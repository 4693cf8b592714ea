-- with: present
-- Guards one outbound write: compares epochs, decides, counts, in the server's order.
-- KEYS 1 mode  2 epoch  3 writes  4 grant:<id> (any name where there is none)
-- ARGV 1 epoch carried  2 most that the environment allows: live, dry_run or paused
--   3 mode where no key was ever set  4 run id using the grant, or ''  5 item of that run
-- Returns verdict, mode, epoch, count of that verdict in that epoch.
local mode, epoch, now = present(KEYS[1], KEYS[2])
if mode == '' then mode = ARGV[3] end
local verdict
if ARGV[2] ~= 'live' or mode == 'paused' then
  verdict = 'refused'
elseif tonumber(ARGV[1]) ~= epoch then
  verdict = 'stale'
elseif mode == 'live' then
  verdict = 'permitted'
else
  verdict = 'refused'
  if ARGV[4] ~= '' then
    local g = redis.call('HMGET', KEYS[4], 'item', 'epoch', 'writes_left', 'claimed_by')
    local left = tonumber(g[3] or '') or 0
    if g[1] == ARGV[5] and tonumber(g[2] or '') == epoch and left > 0
      and (not g[4] or g[4] == '' or g[4] == ARGV[4]) then
      redis.call('HSET', KEYS[4], 'claimed_by', ARGV[4], 'writes_left', left - 1)
      verdict = 'granted'
    end
  end
end
local field = string.format('%.0f.', epoch)
redis.call('HSET', KEYS[3], field .. verdict .. '_at', string.format('%.0f', now))
local count = redis.call('HINCRBY', KEYS[3], field .. verdict, 1)
return { verdict, mode, string.format('%.0f', epoch), count }
