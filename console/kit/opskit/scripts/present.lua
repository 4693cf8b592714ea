-- The mode that holds now: mode ('' where none was ever set), epoch, server time in ms.
local function present(mode_key, epoch_key)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local high = tonumber(redis.call('GET', epoch_key) or '0') or 0
  local rank = { live = 1, dry_run = 2, paused = 3 }
  local m = redis.call('HMGET', mode_key, 'mode', 'epoch', 'expires_at', 'on_expiry')
  if not m[1] then
    if high == 0 then return '', 0, now end
    return 'paused', high, now -- a key that was set and is gone
  end
  local mode, epoch = m[1], tonumber(m[2] or '') or 0
  if not rank[mode] or epoch < high then return 'paused', high, now end -- garbage, or an old copy
  local expires = tonumber(m[3] or '')
  if expires and now >= expires * 1000 then
    local to = rank[m[4] or ''] and m[4] or 'paused'
    if rank[to] > rank[mode] then mode = to end -- expiry moves to the safer side only
  end
  return mode, epoch, now
end
