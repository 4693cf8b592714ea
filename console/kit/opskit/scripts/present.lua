-- The mode that holds now: mode ('' where none was ever set), epoch, server time in ms.
local function whole(text) -- a whole number in decimal digits that a double holds exactly, or nil
  if string.match(text, '^%d+$') and #text <= 15 then return tonumber(text) end
end
local function present(mode_key, epoch_key)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local stored = redis.call('GET', epoch_key) or '0'
  local high = whole(stored)
  local rank = { live = 1, dry_run = 2, paused = 3 }
  local m = redis.call('HMGET', mode_key, 'mode', 'epoch', 'expires_at', 'on_expiry')
  if not high then return 'paused', whole(m[2] or '') or 0, now end -- garbage
  if not m[1] then
    if high == 0 then return '', 0, now end
    return 'paused', high, now -- a key that was set and is gone
  end
  local mode, epoch = m[1], whole(m[2] or '')
  if not rank[mode] or not epoch or epoch < high then return 'paused', high, now end -- garbage, or an old copy
  if m[3] and m[3] ~= '' then
    local expires = tonumber(m[3])
    if not expires or expires ~= expires or now >= expires * 1000 then
      local to = rank[m[4] or ''] and m[4] or 'paused'
      if rank[to] > rank[mode] then mode = to end -- expiry moves to the safer side only
    end
  end
  return mode, epoch, now
end
