"""The script by which `neuro.stores.redis` carries out writes: all of them, or none."""

from __future__ import annotations

from neuro.stores.redis_lua import FIELDS, GUARD, INDEXES, NEWS, Script

WRITE = Script(
    GUARD,
    FIELDS,
    INDEXES,
    NEWS,
    """
-- KEYS from 5 on: changes, documents, regions, linked, then those of each region, then those of each write.
-- ARGV from 4 on: number of regions, '1' if what is there already was looked at, the names of the regions, then each
-- write: its letter and its arguments (with its keys):
--   i region id t e y v g f w h writer dimension   (document, dynamics)  insert
--   r region id revision                           (document, dynamics)  remove
--   c region id revision y v f w h                 (document, dynamics)  replace
--   l source target kind weight                    (links, linkers)      link, of the source and of the target; nothing
--                                            where either end is the id of an engram that none of the regions has
--   x source target kind                           (links, linkers) x 2  remove a link
--   u id n neighbour x n                           (links, linkers) x n  unlink; the id is one of its neighbours
--   d key value                                                          document, none where the value is ''
-- Returns 'done' and '1' if it removed an engram; or, having done nothing, a word and the numbers of the writes that
-- it is about: 'present' (there already: look whether they can be read), 'stale', 'again' (read the links again); or
-- 'dimension' and the one that features must have.
local count = tonumber(ARGV[4])
local writes, k, a = {}, 8 + 8 * count, 5 + count
local sizes = {i = {2, 12}, r = {2, 3}, c = {2, 8}, l = {2, 4}, x = {4, 3}, d = {0, 2}}
while a < #ARGV do
  local kind = ARGV[a + 1]
  local size = sizes[kind]
  if kind == 'u' then
    local n = tonumber(ARGV[a + 3])
    size = {2 * n, 2 + n}
  end
  local write = {kind = kind, number = #writes + 1, k = k, a = a + 1}
  if kind == 'i' or kind == 'r' or kind == 'c' then
    write.region = tonumber(ARGV[a + 2])
    write.at = 8 * write.region
    write.id = ARGV[a + 3]
  end
  writes[#writes + 1] = write
  k, a = k + size[1], a + 1 + size[2]
end

-- First it is worked out what each would find, after those before it.

local present, stale, again, dimension = {'present'}, {'stale'}, false, false
local held, touched, removed, carried = {}, {}, '0', {}
local filled, dimensions = {}, {}
local function now(write)
  local key = KEYS[write.k + 2]
  if not held[key] then
    local found = fields(key, 'v', 'g', 'o')
    held[key] = {id = write.id, was = found[1], v = found[1], g = found[2], o = found[3]}
    touched[#touched + 1] = held[key]
  end
  return held[key]
end
local function fill(at, more)
  filled[at] = (filled[at] or redis.call('ZCARD', KEYS[at + 1])) + more
  if dimensions[at] == nil then dimensions[at] = redis.call('GET', KEYS[at + 7]) end
  if filled[at] == 0 then dimensions[at] = false end
end
local function same(write, known)
  local text = ARGV[write.a + 3]
  known.t = known.t or fields(KEYS[write.k + 1], 't')[1]
  if known.g ~= ARGV[write.a + 7] then return false end
  if known.t == text then return true end
  local one, other = cjson.decode(known.t), cjson.decode(text)
  return one.content == other.content and one.encoded_at == other.encoded_at
end
local check = {}
function check.i(write)
  local known, wanted = now(write), ARGV[write.a + 12]
  if known.v then
    write.idle = true
    if ARGV[5] == '' then present[#present + 1] = write.number
    elseif not same(write, known) then stale[#stale + 1] = write.number end
    return
  end
  fill(write.at, 1)
  if wanted ~= '' then
    if dimensions[write.at] and dimensions[write.at] ~= wanted then dimension = dimensions[write.at] end
    dimensions[write.at] = wanted
  end
  known.v, known.g, known.t, known.anew = ARGV[write.a + 6], ARGV[write.a + 7], ARGV[write.a + 3], true
end
function check.r(write)
  local known, revision = now(write), ARGV[write.a + 3]
  if revision ~= '' and known.v ~= revision then stale[#stale + 1] = write.number
  elseif known.v then
    fill(write.at, -1)
    known.v, removed = false, '1'
    if known.o then carried[write.id] = known.o end
  end
end
function check.c(write)
  local known = now(write)
  if known.v ~= ARGV[write.a + 3] then stale[#stale + 1] = write.number else known.v = ARGV[write.a + 5] end
end
local function split(link)
  local node, kind = string.match(link, '^(.*)|(.*)$')
  return node or '', kind or link
end
local function node_at(id, k) return {id = id, links = KEYS[k + 1], linkers = KEYS[k + 2]} end
function check.u(write)
  write.near = {}
  for i = 1, tonumber(ARGV[write.a + 2]) do
    local id = ARGV[write.a + 2 + i]
    write.near[id] = node_at(id, write.k + 2 * i - 2)
  end
  local own = write.near[ARGV[write.a + 1]]
  for _, links in ipairs({redis.call('HKEYS', own.links), redis.call('SMEMBERS', own.linkers)}) do
    for _, link in ipairs(links) do
      if not write.near[split(link)] then again = true end
    end
  end
end
for _, write in ipairs(writes) do
  if check[write.kind] then check[write.kind](write) end
end
if #present > 1 then return present end
if #stale > 1 then return stale end
if again then return {'again'} end
if dimension then return {'dimension', dimension} end

-- Then it is done. What needs room comes first: where there is none, the server refuses the first command.

local apply = {}
local function operations(id)
  local seen = carried[id] or ''
  return string.sub(seen, 1, 1) == '[' and pcall(cjson.decode, seen) and seen
end
function apply.i(write)
  if write.idle then return end
  local from = write.a
  redis.call('SADD', KEYS[7], ARGV[5 + write.region])
  keep(write.at, KEYS[write.k + 1], KEYS[write.k + 2], {
    id = write.id, t = ARGV[from + 3], e = ARGV[from + 4], y = ARGV[from + 5], v = ARGV[from + 6],
    g = ARGV[from + 7], f = ARGV[from + 8], w = ARGV[from + 9], h = ARGV[from + 10],
    writer = ARGV[from + 11], dimension = ARGV[from + 12], o = operations(write.id)})
end
function apply.r(write)
  local digest = fields(KEYS[write.k + 2], 'g')[1]
  redis.call('UNLINK', KEYS[write.k + 1], KEYS[write.k + 2])
  take_out(write.at, write.id, digest)
end
function apply.c(write)
  local from = write.a
  change(write.at, KEYS[write.k + 2], write.id, ARGV[from + 4], ARGV[from + 5], ARGV[from + 6], ARGV[from + 7],
         ARGV[from + 8])
end
local function strike_off(node)
  if redis.call('EXISTS', node.links, node.linkers) == 0 then redis.call('SREM', KEYS[8], node.id) end
end
local function cut(source, target, kind)
  redis.call('HDEL', source.links, target.id .. '|' .. kind)
  redis.call('SREM', target.linkers, source.id .. '|' .. kind)
  strike_off(source)
  strike_off(target)
end
local function is_there(id)
  if #id ~= 32 or string.find(id, '[^0-9a-f]') then return true end
  for region = 1, count do
    if redis.call('ZSCORE', KEYS[8 * region + 1], id) then return true end
  end
  return false
end
function apply.l(write)
  local source, target, kind = ARGV[write.a + 1], ARGV[write.a + 2], ARGV[write.a + 3]
  if is_there(source) and is_there(target) then
    redis.call('HSET', KEYS[write.k + 1], target .. '|' .. kind, ARGV[write.a + 4])
    redis.call('SADD', KEYS[write.k + 2], source .. '|' .. kind)
    redis.call('SADD', KEYS[8], source, target)
  end
end
function apply.x(write)
  cut(node_at(ARGV[write.a + 1], write.k), node_at(ARGV[write.a + 2], write.k + 2), ARGV[write.a + 3])
end
function apply.u(write)
  local own = write.near[ARGV[write.a + 1]]
  for _, link in ipairs(redis.call('HKEYS', own.links)) do
    local target, kind = split(link)
    cut(own, write.near[target], kind)
  end
  for _, link in ipairs(redis.call('SMEMBERS', own.linkers)) do
    local source, kind = split(link)
    cut(write.near[source], own, kind)
  end
  redis.call('DEL', own.links, own.linkers)
  strike_off(own)
end
function apply.d(write)
  local key, value = ARGV[write.a + 1], ARGV[write.a + 2]
  if value == '' then redis.call('HDEL', KEYS[6], key) else redis.call('HSET', KEYS[6], key, value) end
end
for _, write in ipairs(writes) do apply[write.kind](write) end

-- Of each engram that was touched: what has become of it in the end.

local order, left, entered, anew = {}, {}, {}, {}
for _, known in ipairs(touched) do
  local id = known.id
  if left[id] == nil then
    order[#order + 1] = id
    left[id], entered[id], anew[id] = false, false, false
  end
  if known.was and not known.v then left[id] = true end
  if known.v and not known.was then entered[id] = true end
  if known.v and known.was and known.anew then anew[id] = true end
end
for _, id in ipairs(order) do
  if left[id] and entered[id] then tell(KEYS[5], 'm', id)
  else
    if left[id] or anew[id] then tell(KEYS[5], 'r', id) end
    if entered[id] or anew[id] then tell(KEYS[5], 'i', id) end
  end
end
return done(removed)
""",
)
