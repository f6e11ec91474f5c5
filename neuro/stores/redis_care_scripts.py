"""The scripts by which `neuro.stores.redis_care` looks at what is stored and mends it.

Each looks and mends in one step, so that what others write meanwhile is never taken for a flaw.
"""

from __future__ import annotations

from neuro.stores.redis_lua import FIELDS, GUARD, INDEXES, NEWS, Script

_NUMBERS = """
-- A number, if a text is one as Python reads it: finite, and not as Lua may write one too.
local function number(text)
  local found = text and not string.find(text, '[^0-9.eE+-]') and tonumber(text)
  return found and math.abs(found) < math.huge and found
end
"""

_TEXTS = r"""
-- Whether bytes are UTF-8.
local function is_text(bytes)
  local more, beyond = '[\128-\191]', '[\128-\255]'
  if not string.find(bytes, beyond) then return true end
  for _, never in ipairs({'\224[\128-\159]', '\237[\160-\191]', '\240[\128-\143]', '\244[\144-\191]'}) do
    if string.find(bytes, never) then return false end
  end
  local two, three, four = '[\194-\223]' .. more, '[\224-\239]' .. more .. more, '[\240-\244]' .. more .. more .. more
  for _, sound in ipairs({four, three, two}) do bytes = string.gsub(bytes, sound, ' ') end
  return not string.find(bytes, beyond)
end
"""

_UNUSED = """
-- What a name needs so that nothing was put aside under it yet: '' the first time, '#2' the second.
local function unused(reasons, name, close)
  local number, suffix = 1, ''
  while redis.call('HEXISTS', reasons, name .. suffix .. close) == 1 do
    number = number + 1
    suffix = '#' .. number
  end
  return suffix
end
"""

INSPECT = Script(
    FIELDS,
    """
-- KEYS: those of a region, what the keys of documents and of dynamics begin with. ARGV: from which id on, limit.
-- Returns of each engram: id, t, e, y, v, g, f, o, its instants among the fading and the dormant, '1' if its digest is
-- listed.
local page = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', '0', ARGV[2])
for i, id in ipairs(page) do
  local document, m = fields(KEYS[9] .. id, 't', 'e'), fields(KEYS[10] .. id, 'y', 'v', 'g', 'f', 'o')
  local listed = m[3] and redis.call('ZSCORE', KEYS[6], m[3] .. ':' .. id)
  page[i] = {id, document[1], document[2], m[1], m[2], m[3], m[4], m[5],
             redis.call('ZSCORE', KEYS[2], id), redis.call('ZSCORE', KEYS[5], id), listed and '1' or '0'}
end
return page
""",
)

REINDEX = Script(
    GUARD,
    FIELDS,
    INDEXES,
    NEWS,
    _NUMBERS,
    """
-- KEYS from 5 on: those of the region, dynamics, changes, regions. ARGV from 4 on: id, the y that was read, v, g, name
-- of the region. Brings an engram to its place in the indexes, unless it is another one by now.
local id, held = ARGV[4], fields(KEYS[13], 'y', 'f')
if held[1] ~= ARGV[5] then return {'stale'} end
local fading, dormant = redis.call('ZSCORE', KEYS[6], id), redis.call('ZSCORE', KEYS[9], id)
local f = held[2]
if f ~= 'inf' and not number(f) then f = fading or dormant or 'inf' end
redis.call('HSET', KEYS[13], 'v', ARGV[6], 'g', ARGV[7], 'f', f)
redis.call('SADD', KEYS[15], ARGV[8])
if redis.call('ZADD', KEYS[5], '0', id) == 1 then tell(KEYS[14], 'i', id) end
redis.call('ZADD', KEYS[10], '0', ARGV[7] .. ':' .. id)
if fading then dormant = false end
put(KEYS[6], not dormant and f, id)
put(KEYS[9], dormant and f, id)
return done('')
""",
)

STRAYS = Script(
    FIELDS,
    """
-- KEYS: an index of a region, its ids, what the keys of dynamics begin with. ARGV: 'zset', 'digests' or 'hash'; '1' if
-- strays are to go; what were members of the index. Returns those that are, and belong to no engram.
local strays = {}
local held = ARGV[1] == 'hash' and 'HEXISTS' or 'ZSCORE'
for i = 3, #ARGV do
  local member, digest, id = ARGV[i], nil, ARGV[i]
  if ARGV[1] == 'digests' then digest, id = string.match(member, '^([^:]*):(.*)$') end
  local stray = not id or not redis.call('ZSCORE', KEYS[2], id)
  if not stray and digest then stray = fields(KEYS[3] .. id, 'g')[1] ~= digest end
  local is_held = redis.call(held, KEYS[1], member)
  if stray and is_held and is_held ~= 0 then
    strays[#strays + 1] = member
    if ARGV[2] == '1' then redis.call(ARGV[1] == 'hash' and 'HDEL' or 'ZREM', KEYS[1], member) end
  end
end
return strays
""",
)

OWNERS = Script(
    FIELDS,
    """
-- KEYS: the dynamics of one id in each region. Returns the revision in each, or nothing.
local revisions = {}
for i = 1, #KEYS do revisions[i] = fields(KEYS[i], 'v')[1] end
return revisions
""",
)

LOOSE_LINKS = Script(
    _NUMBERS,
    _TEXTS,
    """
-- KEYS: linked, regions, ids of each region, what the keys of links and of linkers begin with. ARGV: number of regions,
-- how many are listed, '1' if what is wrong is to be mended, ids of the engrams. Returns in turn what is wrong, by key
-- or key[field], and why; or nothing but 'again' when there are other regions by now.
if redis.call('SCARD', KEYS[2]) ~= tonumber(ARGV[2]) then return {'again'} end
local regions, mend, wrong = tonumber(ARGV[1]), ARGV[3] == '1', {}
local from, to = KEYS[regions + 3], KEYS[regions + 4]
local function known(id)
  if #id ~= 32 or string.find(id, '[^0-9a-f]') then return true end
  for i = 3, regions + 2 do
    if redis.call('ZSCORE', KEYS[i], id) then return true end
  end
  return false
end
local function tell(name, problem)
  wrong[#wrong + 1] = name
  wrong[#wrong + 1] = problem
  return mend
end
local function strike_off(id)
  if redis.call('EXISTS', from .. id, to .. id) == 0 then redis.call('SREM', KEYS[1], id) end
end
local function cut(source, link)
  local target, kind = string.match(link, '^(.*)|(.*)$')
  redis.call('HDEL', from .. source, link)
  if target then
    redis.pcall('SREM', to .. target, source .. '|' .. kind)
    strike_off(target)
  end
end
local function look_at_link(id, link, weight)
  local target, kind = string.match(link, '^(.*)|(.*)$')
  local name = from .. id .. '[' .. link .. ']'
  if not target or not known(target) then
    if tell(name, 'links what is not there') then cut(id, link) end
  elseif not is_text(link) then
    if tell(name, 'is no UTF-8') then cut(id, link) end
  elseif not number(weight) then
    if tell(name, 'has no weight') then cut(id, link) end
  else
    local listed = redis.pcall('SISMEMBER', to .. target, id .. '|' .. kind)
    if listed ~= 1 and tell(name, 'is not listed where it leads') then
      if listed ~= 0 then redis.call('DEL', to .. target) end
      redis.call('SADD', to .. target, id .. '|' .. kind)
      redis.call('SADD', KEYS[1], target)
    end
  end
end
local function look_at_linker(id, link)
  local source, kind = string.match(link, '^(.*)|(.*)$')
  if source and redis.pcall('HEXISTS', from .. source, id .. '|' .. kind) == 1 then return end
  if tell(to .. id .. '[' .. link .. ']', 'is no link') then redis.call('SREM', to .. id, link) end
end
for i = 4, #ARGV do
  local id = ARGV[i]
  local listed = redis.call('SISMEMBER', KEYS[1], id) == 1
  local there = redis.call('EXISTS', from .. id, to .. id) > 0
  if listed and not there then tell(from .. id, 'is listed and has no links')
  elseif there and not listed and tell(from .. id, 'is not listed and has links') then
    redis.call('SADD', KEYS[1], id)
  end
  local links = redis.pcall('HGETALL', from .. id)
  if links.err then
    if tell(from .. id, 'is no hash of links') then redis.call('DEL', from .. id) end
  elseif #links > 0 and not known(id) then
    if tell(from .. id, 'are links of what is not there') then
      for j = 1, #links, 2 do cut(id, links[j]) end
    end
  else
    for j = 1, #links, 2 do look_at_link(id, links[j], links[j + 1]) end
  end
  local linkers = redis.pcall('SMEMBERS', to .. id)
  if linkers.err then
    if tell(to .. id, 'is no set of links') then redis.call('DEL', to .. id) end
  else
    for _, link in ipairs(linkers) do look_at_linker(id, link) end
  end
  if mend then strike_off(id) end
end
return wrong
""",
)

QUARANTINE = Script(
    GUARD,
    FIELDS,
    INDEXES,
    NEWS,
    _UNUSED,
    """
-- KEYS from 5 on: those of the region, document, dynamics, where both go (but for the number), reasons, changes. ARGV
-- from 4 on: id, the t and the y that were read ('' for none), the reason. Moves a record out of the way as it is.
local held = fields(KEYS[14], 'y', 'g')
if (fields(KEYS[13], 't')[1] or '') ~= ARGV[5] or (held[1] or '') ~= ARGV[6] then return {'stale'} end
local number = redis.call('EXISTS', KEYS[13], KEYS[14]) > 0 and unused(KEYS[17], KEYS[13], '') or ''
redis.call('HSET', KEYS[17], KEYS[13] .. number, ARGV[7])
for i = 13, 14 do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('RENAME', KEYS[i], KEYS[i + 2] .. number) end
end
take_out(4, ARGV[4], held[2])
tell(KEYS[18], 'r', ARGV[4])
return done('')
""",
)

QUARANTINE_FIELD = Script(
    _UNUSED,
    """
-- KEYS: hash, hash that takes what cannot be read, reasons. ARGV: field, value that was read, reason.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
local name = KEYS[1] .. '[' .. ARGV[1]
local number = unused(KEYS[3], name, ']')
redis.call('HSET', KEYS[3], name .. number .. ']', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1] .. number, ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
""",
)

QUARANTINE_KEY = Script(
    _UNUSED,
    """
-- KEYS: one of another type than it should have, where it goes (but for the number), reasons. ARGV: type that was read,
-- reason.
if redis.call('TYPE', KEYS[1]).ok ~= ARGV[1] then return 0 end
local number = unused(KEYS[3], KEYS[1], '')
redis.call('HSET', KEYS[3], KEYS[1] .. number, ARGV[2])
redis.call('RENAME', KEYS[1], KEYS[2] .. number)
return 1
""",
)

SIZE = Script("""
-- KEYS: those that one record was put aside under. ARGV: the field that it is of them, '' if it is all they hold.
-- Returns its bytes; of what is neither a hash nor a string, as the server writes it down.
local function size(key)
  local kind, bytes = redis.call('TYPE', key).ok, 0
  if kind == 'none' then return 0 end
  if kind == 'string' then return redis.call('STRLEN', key) end
  if kind ~= 'hash' then return #redis.call('DUMP', key) end
  if ARGV[1] ~= '' then return redis.call('HSTRLEN', key, ARGV[1]) end
  for _, value in ipairs(redis.call('HVALS', key)) do bytes = bytes + #value end
  return bytes
end
local total = 0
for _, key in ipairs(KEYS) do total = total + size(key) end
return total
""")

DISCARD = Script("""
-- KEYS: reasons, those that one record was put aside under. ARGV: its name, the field that it is of them or ''.
for i = 2, #KEYS do
  if ARGV[2] == '' then redis.call('UNLINK', KEYS[i]) else redis.call('HDEL', KEYS[i], ARGV[2]) end
end
redis.call('HDEL', KEYS[1], ARGV[1])
return 'OK'
""")

CARE_SCRIPTS = (
    INSPECT,
    REINDEX,
    STRAYS,
    OWNERS,
    LOOSE_LINKS,
    QUARANTINE,
    QUARANTINE_FIELD,
    QUARANTINE_KEY,
    SIZE,
    DISCARD,
)
