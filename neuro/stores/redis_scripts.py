"""The scripts by which `neuro.stores.redis` reads and changes what belongs together in one step.

All may be run again after a lost reply.
"""

from __future__ import annotations

from neuro.stores.redis_care_scripts import CARE_SCRIPTS
from neuro.stores.redis_lua import FIELDS, GUARD, INDEXES, Script
from neuro.stores.redis_write_script import WRITE

__all__ = ["SCRIPTS", "WRITE"]

READ = Script(
    FIELDS,
    """
-- KEYS: document, dynamics. Returns t, e, y, v, o.
local document, dynamics = fields(KEYS[1], 't', 'e'), fields(KEYS[2], 'y', 'v', 'o')
return {document[1], document[2], dynamics[1], dynamics[2], dynamics[3]}
""",
)

KEPT = Script(
    FIELDS,
    """
-- KEYS: document, dynamics, dormant, review, rehearsal. ARGV: id. Returns t, e, y, v, o, f, its key among the dormant,
-- and those on the agendas.
local document, dynamics = fields(KEYS[1], 't', 'e'), fields(KEYS[2], 'y', 'v', 'o', 'f')
local at = {}
for i = 1, 3 do at[i] = redis.call('ZSCORE', KEYS[i + 2], ARGV[1]) end
return {document[1], document[2], dynamics[1], dynamics[2], dynamics[3], dynamics[4], at[1], at[2], at[3]}
""",
)

PAGE = Script(
    FIELDS,
    """
-- KEYS: ids, what the keys of documents and of dynamics begin with. ARGV: from which id on, limit.
-- Returns id, t, e, y of each engram, in order of id.
local page = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', '0', ARGV[2])
for i, id in ipairs(page) do
  local document = fields(KEYS[2] .. id, 't', 'e')
  page[i] = {id, document[1], document[2], fields(KEYS[3] .. id, 'y')[1]}
end
return page
""",
)

UPCOMING = Script("""
-- KEYS: review or rehearsal. ARGV: bound, limit. Returns ids and keys in turn, whatever the protocol.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', '0', ARGV[2])
""")

AMEND = Script(
    GUARD,
    FIELDS,
    INDEXES,
    """
-- KEYS from 5 on: those of the region, dynamics. ARGV from 4 on: id, the v that was read, y, v, o, f, w, h.
-- Returns 'stale', and changes nothing, when another v is stored by now.
if fields(KEYS[13], 'v')[1] ~= ARGV[5] then return {'stale'} end
change(4, KEYS[13], ARGV[4], ARGV[6], ARGV[7], ARGV[9], ARGV[10], ARGV[11])
redis.call('HSET', KEYS[13], 'o', ARGV[8])
return done('')
""",
)

DEMOTE = Script(
    GUARD,
    """
-- KEYS from 5 on: forget, dormant. ARGV from 4 on: before, ids. Returns a digit for each: 1 if it was still due.
local demoted = {}
for i = 5, #ARGV do
  local due = redis.call('ZSCORE', KEYS[5], ARGV[i])
  local now = due and tonumber(due) < tonumber(ARGV[4])
  if now then
    redis.call('ZADD', KEYS[6], due, ARGV[i])
    redis.call('ZREM', KEYS[5], ARGV[i])
  end
  demoted[#demoted + 1] = now and '1' or '0'
end
return done(table.concat(demoted))
""",
)

AMEND_DOCUMENT = Script(
    GUARD,
    """
-- KEYS from 5 on: documents. ARGV from 4 on: key of the document, the new value or '' for none, the value that was
-- read or '' if there was none. Returns 'stale', and changes nothing, when another value is stored by now.
if (redis.call('HGET', KEYS[5], ARGV[4]) or '') ~= ARGV[6] then return {'stale'} end
if ARGV[5] == '' then redis.call('HDEL', KEYS[5], ARGV[4]) else redis.call('HSET', KEYS[5], ARGV[4], ARGV[5]) end
return done('')
""",
)

# Writers

BEAT = Script(
    GUARD,
    """
-- KEYS from 5 on: writers. ARGV from 4 on: writer, clock time.
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[4])
return done('')
""",
)

RETIRE = Script(
    GUARD,
    """
-- KEYS from 5 on: writers. ARGV from 4 on: writer.
redis.call('ZREM', KEYS[5], ARGV[4])
return done('')
""",
)

ADOPT = Script(
    GUARD,
    """
-- KEYS from 5 on: writers, those of the region. ARGV from 4 on: writer, silent since, ahead of, from which id, limit.
-- Returns the last id of the page ('' at the end of the region) and those adopted, as JSON. At the end silent writers
-- are struck off.
local page = redis.call('ZRANGEBYLEX', KEYS[6], ARGV[7], '+', 'LIMIT', '0', ARGV[8])
local since, ahead = tonumber(ARGV[5]), tonumber(ARGV[6]) or math.huge
local living, adopted = {['']=false}, {}
local owners = #page > 0 and redis.call('HMGET', KEYS[13], unpack(page)) or {}
for i, id in ipairs(page) do
  local owner = owners[i] or ''
  if living[owner] == nil then
    local beat = redis.call('ZSCORE', KEYS[5], owner)
    local at = beat and (tonumber(beat) or math.huge)
    living[owner] = owner == ARGV[4] or at and since <= at and at <= ahead
  end
  if not living[owner] then
    redis.call('HSET', KEYS[13], id, ARGV[4])
    adopted[#adopted + 1] = id
  end
end
local last = page[#page]
if #page < tonumber(ARGV[8]) then
  last = ''
  local own = redis.call('ZSCORE', KEYS[5], ARGV[4])
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', '(' .. ARGV[5])
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '(' .. ARGV[6], '+inf')
  if own then redis.call('ZADD', KEYS[5], own, ARGV[4]) end
end
local report = cjson.encode({last, unpack(adopted)})
if #adopted == 0 then return {'done', report} end
return done(report)
""",
)

# The lease of the sleeper

ACQUIRE = Script(
    GUARD,
    """
-- ARGV from 4 on: holder, now, until. Returns the lease in force: holder, fence, until.
local held = redis.call('HMGET', KEYS[2], 'holder', 'fence', 'until')
if held[1] and held[1] ~= ARGV[4] and tonumber(held[3]) > tonumber(ARGV[5]) then
  return {'done', held[1], held[2], held[3]}
end
redis.call('HINCRBY', KEYS[2], 'fence', '1')
redis.call('HSET', KEYS[2], 'holder', ARGV[4], 'until', ARGV[6])
done('')
return {'done', ARGV[4], redis.call('HGET', KEYS[2], 'fence'), ARGV[6]}
""",
)

RENEW = Script(
    GUARD,
    """
-- ARGV from 4 on: fence, until. Returns '1', or '0' when somebody else has got it or it was released.
local held = redis.call('HMGET', KEYS[2], 'fence', 'holder')
if held[1] ~= ARGV[4] or not held[2] then return {'done', '0'} end
redis.call('HSET', KEYS[2], 'until', ARGV[5])
return done('1')
""",
)

RELEASE = Script(
    GUARD,
    """
-- ARGV from 4 on: fence.
if redis.call('HGET', KEYS[2], 'fence') == ARGV[4] then redis.call('HDEL', KEYS[2], 'holder', 'until') end
return done('')
""",
)

# From the layout that had a journal and arriving engrams

OPEN = Script("""
-- KEYS: schema, changes, then those that only a namespace of the first layout has without a schema. ARGV: schema.
-- Returns the schema that is there; '1' is the first layout. Where nothing is, the place is taken.
local schema = redis.call('GET', KEYS[1])
if schema then return schema end
for i = 3, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then return '1' end
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', 'o', '')
return ARGV[1]
""")

UPGRADE_ARRIVAL = Script(
    FIELDS,
    INDEXES,
    """
-- KEYS: those of a region, document, dynamics, arriving, journal. ARGV: id. An arriving engram goes where the journal
-- has it still, and shows where it does not.
if redis.call('SREM', KEYS[11], ARGV[1]) == 0 then return 0 end
local held = fields(KEYS[10], 'f', 'w', 'h', 'g')
if not held[4] or redis.call('HEXISTS', KEYS[12], ARGV[1]) == 1 then
  redis.call('UNLINK', KEYS[9], KEYS[10])
  take_out(0, ARGV[1], held[4])
  return 1
end
redis.call('HDEL', KEYS[10], 'a', 'w', 'h')
redis.call('ZADD', KEYS[1], '0', ARGV[1])
for i = 1, 3 do put(KEYS[i + 1], held[i], ARGV[1]) end
redis.call('ZADD', KEYS[6], '0', held[4] .. ':' .. ARGV[1])
return 1
""",
)

UPGRADE_ENTRY = Script(
    INDEXES,
    """
-- KEYS: those of the region that takes it, document, dynamics, journal, ids of the other regions.
-- ARGV: t, e, y, v, g, dimension, id. A journal's entry becomes an engram of nobody, unless it has an owner already.
local id = ARGV[7]
if redis.call('HDEL', KEYS[11], id) == 0 then return 0 end
for i = 12, #KEYS do
  if redis.call('ZSCORE', KEYS[i], id) then return 0 end
end
if redis.call('ZSCORE', KEYS[1], id) then return 0 end
keep(0, KEYS[9], KEYS[10], {
  id = id, t = ARGV[1], e = ARGV[2], y = ARGV[3], v = ARGV[4], g = ARGV[5], f = 'inf', w = 'inf', h = 'inf',
  writer = '', dimension = ARGV[6]})
return 1
""",
)

UPGRADE_LINKS = Script("""
-- KEYS: linked, what the keys of linkers begin with, links of engrams. ARGV: ids of the engrams. Lists links where they
-- lead, and both ends as linked; returns where they lead.
local ends = {}
for i, id in ipairs(ARGV) do
  for _, link in ipairs(redis.pcall('HKEYS', KEYS[i + 2])) do
    local target, kind = string.match(link, '^(.*)|(.*)$')
    if target then
      redis.call('SADD', KEYS[2] .. target, id .. '|' .. kind)
      redis.call('SADD', KEYS[1], id, target)
      ends[#ends + 1] = target
    end
  end
end
return ends
""")

UPGRADE_END = Script("""
-- KEYS: schema, changes, regions, operations of the first layout, then ids of each region. ARGV: schema, their names.
if redis.call('GET', KEYS[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', 'o', '')
redis.call('DEL', KEYS[4])
for i = 5, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('SADD', KEYS[3], ARGV[i - 3]) end
end
return 1
""")

SCRIPTS = (
    READ,
    KEPT,
    PAGE,
    UPCOMING,
    WRITE,
    AMEND,
    DEMOTE,
    AMEND_DOCUMENT,
    BEAT,
    RETIRE,
    ADOPT,
    ACQUIRE,
    RENEW,
    RELEASE,
    OPEN,
    UPGRADE_ARRIVAL,
    UPGRADE_ENTRY,
    UPGRADE_LINKS,
    UPGRADE_END,
    *CARE_SCRIPTS,
)
