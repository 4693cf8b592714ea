"""The Lua scripts of the store. Each runs as one command, and none of it can be interleaved.

Every key a script touches is passed as a key: Upstash and other servers lock by them.
"""

import hashlib
from dataclasses import dataclass, field

# Redis keeps a Lua stack of 8,000 values; `unpack` of more fails.
MOST_ARGUMENTS = 1000


@dataclass(frozen=True, slots=True)
class Script:
    """A script and the name the server knows it by."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        # The protocol names scripts by SHA-1; it protects nothing here.
        sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", sha)


# KEYS: lease, fence. ARGV: owner, milliseconds. Answers the new fencing number, or 0 while somebody
# else holds the lease.
ACQUIRE = Script("""
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('INCR', KEYS[2])
""")

# KEYS: lease. ARGV: owner.
RELEASE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")

# KEYS: lease, fence, then one for each operation. ARGV: owner, fence, milliseconds, then runs of
# operations: command, number of operations, arguments of each, all their arguments. The command
# WORDS is an HSET whose fields and values come as one text with spaces between.
#
# Answers 0, and does nothing, where somebody else holds the lease or held it since: the fence
# grows with every lease. A lease that ran out with nobody after it is simply taken on.
APPLY = Script("""
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
local key, at = 3, 4
while at <= #ARGV do
  local command, operations, count = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  at = at + 3
  for _ = 1, operations do
    if command == 'WORDS' then
      local words = {}
      for word in string.gmatch(ARGV[at], '[^ ]+') do words[#words + 1] = word end
      redis.call('HSET', KEYS[key], unpack(words))
    else
      redis.call(command, KEYS[key], unpack(ARGV, at, at + count - 1))
    end
    key, at = key + 1, at + count
  end
end
return 1
""")

# KEYS: for each series its open and its closed hash. ARGV: the first minute that is not closed.
# Answers for each series: `field=text field=text` of all closed minutes, then the blobs that exist
# already for their hours, as hour, blob, hour, blob.
GATHER = Script("""
local first = tonumber(ARGV[1])
local answer = {}
for k = 1, #KEYS, 2 do
  local all = redis.call('HGETALL', KEYS[k])
  local texts, hours, part = {}, {}, {''}
  for i = 1, #all, 2 do
    local minute = tonumber(string.match(all[i], '^%d+'))
    if minute and minute < first then
      texts[#texts + 1] = all[i] .. '=' .. all[i + 1]
      local hour = math.floor(minute / 60)
      if not hours[hour] then
        hours[hour] = true
        local blob = redis.call('HGET', KEYS[k + 1], 'h' .. hour)
        if blob then
          part[#part + 1] = tostring(hour)
          part[#part + 1] = blob
        end
      end
    end
  end
  part[1] = table.concat(texts, ' ')
  answer[#answer + 1] = part
end
return answer
""")

# KEYS: closed hashes. ARGV: fields. Answers for each key the values of all fields.
FIELDS = Script("""
local answer = {}
for k = 1, #KEYS do
  answer[k] = redis.call('HMGET', KEYS[k], unpack(ARGV))
end
return answer
""")

# KEYS: the set of series, then for each series its open and its closed hash. ARGV: the first hour
# and the one after the last to let go of, the same for days, then the series. Takes those out of
# the set that have nothing left, and answers them.
TRIM = Script("""
local old = {}
for hour = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do old[#old + 1] = 'h' .. hour end
for day = tonumber(ARGV[3]), tonumber(ARGV[4]) - 1 do old[#old + 1] = 'd' .. day end
local gone = {}
for i = 1, #ARGV - 4 do
  for first = 1, #old, 1000 do
    redis.call('HDEL', KEYS[2 * i + 1], unpack(old, first, math.min(first + 999, #old)))
  end
  if redis.call('EXISTS', KEYS[2 * i], KEYS[2 * i + 1]) == 0 then
    redis.call('SREM', KEYS[1], ARGV[i + 4])
    gone[#gone + 1] = ARGV[i + 4]
  end
end
return gone
""")
