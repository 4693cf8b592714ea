-- One step of a keyspace analysis: scans a batch and answers sums instead of keys.
-- ARGV 1 cursor  2 keys to look at, about  3 samples of a collection  4 bytes above which a key is told
--   5 1 where sizes are asked for, else 0
-- Answers cursor, keys, then for each group: type, TTL group, prefix, keys, bytes; then '' and for
-- each big key: name, type, bytes. Only reads.
local scan = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
local least, sized = tonumber(ARGV[4]), ARGV[5] == '1'
local limits = { 3600000, 14400000, 43200000, 86400000, 604800000, 2592000000 }
local names, groups, big, keys = {}, {}, {}, 0
for _, key in ipairs(scan[2]) do
  local kind = redis.call('TYPE', key)
  if type(kind) == 'table' then kind = kind['ok'] end
  local size = 0
  if sized then size = redis.call('MEMORY', 'USAGE', key, 'SAMPLES', ARGV[3]) or 0 end
  local ttl = redis.call('PTTL', key)
  local group = 0
  if ttl >= 0 then
    group = 7
    for i = 1, 6 do
      if ttl < limits[i] then group = i break end
    end
  end
  local stop, depth = 0, 0
  while depth < 4 do
    local colon = string.find(key, ':', stop + 1, true)
    if not colon then break end
    stop, depth = colon, depth + 1
  end
  local prefix = ''
  if stop > 1 then prefix = string.gsub(string.sub(key, 1, math.min(stop - 1, 480)), '%d+', '#') end
  local name = kind .. '\0' .. group .. '\0' .. prefix
  local found = groups[name]
  if found then
    found[4], found[5] = found[4] + 1, found[5] + size
  else
    groups[name] = { kind, group, prefix, 1, size }
    names[#names + 1] = name
  end
  if size > least then big[#big + 1] = { key, kind, size } end
  keys = keys + 1
end
local answer = { scan[1], keys }
for _, name in ipairs(names) do
  for i = 1, 5 do answer[#answer + 1] = groups[name][i] end
end
answer[#answer + 1] = ''
table.sort(big, function(a, b) return a[3] > b[3] end)
for i = 1, math.min(#big, 15) do
  for j = 1, 3 do answer[#answer + 1] = big[i][j] end
end
return answer
