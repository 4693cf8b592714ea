-- One step of a keyspace analysis: scans a batch and answers sums instead of keys.
-- ARGV 1 cursor  2 keys to look at, about  3 samples of a collection  4 bytes above which a key is told
--   5 1 where sizes are asked for, else 0
-- Answers cursor, keys, then for each group: type, TTL group, prefix, keys, bytes; then '' and for
-- each big key: name, type, bytes. Only reads.
local call, find, sub, gsub = redis.call, string.find, string.sub, string.gsub
local scan = call('SCAN', ARGV[1], 'COUNT', ARGV[2])
local least, sized, samples = tonumber(ARGV[4]), ARGV[5] == '1', ARGV[3]
local found, big, keys = scan[2], {}, 0
local sums = {} -- prefix -> type -> TTL group -> { keys, bytes }; no string is made for a key
for i = 1, #found do
  local key = found[i]
  local kind = call('TYPE', key)['ok']
  local size = sized and call('MEMORY', 'USAGE', key, 'SAMPLES', samples) or 0
  local ttl = call('PTTL', key)
  local group = 0
  if ttl >= 0 then
    if ttl < 43200000 then
      group = ttl < 3600000 and 1 or ttl < 14400000 and 2 or 3
    else
      group = ttl < 86400000 and 4 or ttl < 604800000 and 5 or ttl < 2592000000 and 6 or 7
    end
  end
  local stop, depth = 0, 0
  while depth < 4 do
    local colon = find(key, ':', stop + 1, true)
    if not colon then break end
    stop, depth = colon, depth + 1
  end
  local prefix = ''
  if stop > 1 then prefix = gsub(sub(key, 1, stop < 481 and stop - 1 or 480), '%d+', '#') end
  local kinds = sums[prefix]
  if not kinds then kinds = {} sums[prefix] = kinds end
  local groups = kinds[kind]
  if not groups then groups = {} kinds[kind] = groups end
  local sum = groups[group]
  if sum then
    sum[1], sum[2] = sum[1] + 1, sum[2] + size
  else
    groups[group] = { 1, size }
  end
  if size > least then big[#big + 1] = { key, kind, size } end
  keys = keys + 1
end
local answer, at = { scan[1], keys }, 2
for prefix, kinds in pairs(sums) do
  for kind, groups in pairs(kinds) do
    for group, sum in pairs(groups) do
      answer[at + 1], answer[at + 2], answer[at + 3] = kind, group, prefix
      answer[at + 4], answer[at + 5] = sum[1], sum[2]
      at = at + 5
    end
  end
end
answer[at + 1] = ''
table.sort(big, function(a, b) return a[3] > b[3] end)
for i = 1, math.min(#big, 15) do
  for j = 1, 3 do answer[#answer + 1] = big[i][j] end
end
return answer
