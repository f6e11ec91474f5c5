"""The scripts by which `neuro.stores.redis` changes what belongs together in one step.

Each names every key that it touches in KEYS, as a cluster wants it; `PAGE` makes them from prefixes there, and all
keys of a namespace are on one node. Numbers stay the strings that they came as: Lua would round them to 14 digits.
All may be run again after a lost reply.

The fields of an engram's document: ``t`` text (JSON), ``e`` features (float16 rows). Those of its dynamics: ``y``
what changes (JSON), ``v`` revision, ``f`` forgotten_at, ``g`` digest, ``o`` operations it remembers (JSON); and
while it is arriving ``a``, with its keys on the agendas: ``w`` of reviews, ``h`` of rehearsals. A key is ``inf``
where the engram is not to be found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

Command = tuple[Any, ...]
"""The name of a command and its arguments."""


class Script:
    """A script that the server knows by its digest; calling it makes the command that runs it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str], arguments: Sequence[str | bytes] = ()) -> Command:
        return ("EVALSHA", self._sha, len(keys), *keys, *arguments)


def _indexing(source: str) -> Script:
    """A script that has ``put``, by which an engram comes to its place in an index, or out of it."""
    return Script(f"""
local function put(index, key, id)
  if not key or key == 'inf' then redis.call('ZREM', index, id) else redis.call('ZADD', index, key, id) end
end
{source}""")


READ = Script("""
-- KEYS: document, dynamics. Returns t, e, y, v, a, o.
local document = redis.call('HMGET', KEYS[1], 't', 'e')
local dynamics = redis.call('HMGET', KEYS[2], 'y', 'v', 'a', 'o')
return {document[1], document[2], dynamics[1], dynamics[2], dynamics[3], dynamics[4]}
""")

PAGE = Script("""
-- KEYS: ids, what the keys of documents and of dynamics begin with. ARGV: from which id on, limit.
-- Returns id, t, e, y of each engram, in order of id.
local page = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', '0', ARGV[2])
for i, id in ipairs(page) do
  local document = redis.call('HMGET', KEYS[2] .. id, 't', 'e')
  page[i] = {id, document[1], document[2], redis.call('HGET', KEYS[3] .. id, 'y')}
end
return page
""")

INSERT = _indexing("""
-- KEYS: ids, forget, review, rehearsal, arriving, digests, dimension, then document and dynamics of each engram.
-- ARGV: '1' if arriving, dimension of the features or '', then of each engram: id, t, e, y, v, g, f, w, h.
-- All or none: returns the positions of those that are there already, or the dimension that the features should
-- have, and stores nothing then.
local known, count = {}, (#KEYS - 7) / 2
for i = 1, count do
  if redis.call('EXISTS', KEYS[2 * i + 7]) == 1 then known[#known + 1] = i end
end
if #known > 0 then return known end
if ARGV[2] ~= '' then
  local dimension = redis.call('GET', KEYS[7])
  if dimension and dimension ~= ARGV[2] then return dimension end
  redis.call('SET', KEYS[7], ARGV[2])
end
for i = 1, count do
  local document, dynamics, at = KEYS[2 * i + 6], KEYS[2 * i + 7], 9 * i - 7
  local id, g, f, w, h = ARGV[at + 1], ARGV[at + 6], ARGV[at + 7], ARGV[at + 8], ARGV[at + 9]
  redis.call('HSET', document, 't', ARGV[at + 2], 'e', ARGV[at + 3])
  redis.call('HSET', dynamics, 'y', ARGV[at + 4], 'v', ARGV[at + 5], 'g', g, 'f', f)
  if ARGV[1] == '1' then
    redis.call('HSET', dynamics, 'a', '1', 'w', w, 'h', h)
    redis.call('SADD', KEYS[5], id)
  else
    redis.call('ZADD', KEYS[1], '0', id)
    put(KEYS[2], f, id)
    put(KEYS[3], w, id)
    put(KEYS[4], h, id)
    redis.call('ZADD', KEYS[6], '0', g .. ':' .. id)
  end
end
return known
""")

REVEAL = _indexing("""
-- KEYS: dynamics, ids, forget, review, rehearsal, arriving, digests, journal. ARGV: id.
local held = redis.call('HMGET', KEYS[1], 'f', 'w', 'h', 'g', 'a')
if not held[5] then return 0 end
redis.call('SREM', KEYS[6], ARGV[1])
redis.call('HDEL', KEYS[1], 'a', 'w', 'h')
redis.call('ZADD', KEYS[2], '0', ARGV[1])
for i = 1, 3 do put(KEYS[i + 2], held[i], ARGV[1]) end
redis.call('ZADD', KEYS[7], '0', held[4] .. ':' .. ARGV[1])
redis.call('HDEL', KEYS[8], ARGV[1])
return 1
""")

AMEND = _indexing("""
-- KEYS: dynamics, dormant, forget, review, rehearsal. ARGV: id, the v that was read, y, v, o, f, w, h.
-- Returns 0, and changes nothing, when another v is stored by now.
local held = redis.call('HMGET', KEYS[1], 'v', 'f')
if held[1] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'y', ARGV[3], 'v', ARGV[4], 'o', ARGV[5], 'f', ARGV[6])
if held[2] ~= ARGV[6] then
  redis.call('ZREM', KEYS[2], ARGV[1])
  put(KEYS[3], ARGV[6], ARGV[1])
end
for i = 4, 5 do put(KEYS[i], ARGV[i + 3], ARGV[1]) end
return 1
""")

DELETE = Script("""
-- KEYS: document, dynamics, ids, dormant, forget, review, rehearsal, arriving, digests, dimension.
-- ARGV: id, the revision asked for or ''.
-- Returns 1, or 0 when there is nothing, or the revision stored when it is another one.
local held = redis.call('HMGET', KEYS[2], 'v', 'g')
if not held[1] then return 0 end
if ARGV[2] ~= '' and ARGV[2] ~= held[1] then return held[1] end
redis.call('UNLINK', KEYS[1], KEYS[2])
for i = 3, 7 do redis.call('ZREM', KEYS[i], ARGV[1]) end
redis.call('SREM', KEYS[8], ARGV[1])
redis.call('ZREM', KEYS[9], held[2] .. ':' .. ARGV[1])
if redis.call('EXISTS', KEYS[3], KEYS[8]) == 0 then redis.call('DEL', KEYS[10]) end
return 1
""")

DEMOTE = Script("""
-- KEYS: forget, dormant. ARGV: id, before. Returns 1 if the engram was still due.
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], due, ARGV[1])
return 1
""")

UPCOMING = Script("""
-- KEYS: review or rehearsal. ARGV: bound, limit. Returns ids and keys in turn, whatever the protocol.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', '0', ARGV[2])
""")

UNLINK = Script("""
-- KEYS: links of an engram, then of those they point to. ARGV: id. Fields are target|kind; no kind holds a |.
local prefix = ARGV[1] .. '|'
redis.call('DEL', KEYS[1])
for i = 2, #KEYS do
  for _, field in ipairs(redis.call('HKEYS', KEYS[i])) do
    if string.sub(field, 1, #prefix) == prefix and not string.find(field, '|', #prefix + 1, true) then
      redis.call('HDEL', KEYS[i], field)
    end
  end
end
return 1
""")

WRITE_JOURNAL = Script("""
-- KEYS: journal. ARGV: how many ids to drop, those ids, then id and packed engram of each to write.
local written = tonumber(ARGV[1]) + 2
for i = 2, written - 1 do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = written, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
""")

AMEND_DOCUMENT = Script("""
-- KEYS: documents, operations that each remembers. ARGV: key of the document, an operation (32 characters), the new
-- value, the value that was read unless there was none.
-- Returns 0, and changes nothing, when another value is stored by now.
local seen = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if string.find(seen, ARGV[2], 1, true) then return 1 end
if (redis.call('HGET', KEYS[1], ARGV[1]) or nil) ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], string.sub(seen .. ARGV[2], -8 * 32))
return 1
""")

SCRIPTS = (READ, PAGE, INSERT, REVEAL, AMEND, DELETE, DEMOTE, UPCOMING, UNLINK, WRITE_JOURNAL, AMEND_DOCUMENT)
