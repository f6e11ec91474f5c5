"""The scripts by which `neuro.stores.redis` changes what belongs together in one step.

Each names every key that it touches in KEYS, as a cluster wants it. Numbers stay the strings that they came as:
Lua would round them to 14 digits. All may be run again after a lost reply.

The fields of an engram's document: ``t`` text (JSON), ``e`` features (float16 rows). Those of its dynamics: ``y``
what changes (JSON), ``v`` revision, ``f`` forgotten_at, ``g`` digest, ``o`` operations it remembers (JSON), ``a``
there while it is arriving.
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


READ = Script("""
-- KEYS: document, dynamics. Returns t, e, y, v, a, o.
local document = redis.call('HMGET', KEYS[1], 't', 'e')
local dynamics = redis.call('HMGET', KEYS[2], 'y', 'v', 'a', 'o')
return {document[1], document[2], dynamics[1], dynamics[2], dynamics[3], dynamics[4]}
""")

INSERT = Script("""
-- KEYS: ids, forget, arriving, digests, dimension, then document and dynamics of each engram.
-- ARGV: '1' if arriving, dimension of the features or '', then of each engram: id, t, e, y, v, f, g.
-- All or none: returns the positions of those that are there already, or the dimension that the features should
-- have, and stores nothing then.
local known = {}
for i = 1, (#KEYS - 5) / 2 do
  if redis.call('EXISTS', KEYS[2 * i + 5]) == 1 then known[#known + 1] = i end
end
if #known > 0 then return known end
if ARGV[2] ~= '' then
  local dimension = redis.call('GET', KEYS[5])
  if dimension and dimension ~= ARGV[2] then return dimension end
  redis.call('SET', KEYS[5], ARGV[2])
end
for i = 1, (#KEYS - 5) / 2 do
  local document, dynamics, at = KEYS[2 * i + 4], KEYS[2 * i + 5], 7 * i - 5
  local id, f, g = ARGV[at + 1], ARGV[at + 6], ARGV[at + 7]
  redis.call('HSET', document, 't', ARGV[at + 2], 'e', ARGV[at + 3])
  redis.call('HSET', dynamics, 'y', ARGV[at + 4], 'v', ARGV[at + 5], 'f', f, 'g', g)
  if ARGV[1] == '1' then
    redis.call('HSET', dynamics, 'a', '1')
    redis.call('SADD', KEYS[3], id)
  else
    redis.call('ZADD', KEYS[1], '0', id)
    redis.call('ZADD', KEYS[2], f, id)
    redis.call('ZADD', KEYS[4], '0', g .. ':' .. id)
  end
end
return known
""")

REVEAL = Script("""
-- KEYS: dynamics, ids, forget, arriving, digests, journal. ARGV: id.
if redis.call('SREM', KEYS[4], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'a')
local held = redis.call('HMGET', KEYS[1], 'f', 'g')
redis.call('ZADD', KEYS[2], '0', ARGV[1])
redis.call('ZADD', KEYS[3], held[1], ARGV[1])
redis.call('ZADD', KEYS[5], '0', held[2] .. ':' .. ARGV[1])
redis.call('HDEL', KEYS[6], ARGV[1])
return 1
""")

AMEND = Script("""
-- KEYS: dynamics, forget, dormant. ARGV: id, the v that was read, y, v, f, o.
-- Returns 0, and changes nothing, when another v is stored by now.
local held = redis.call('HMGET', KEYS[1], 'v', 'f')
if held[1] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'y', ARGV[3], 'v', ARGV[4], 'f', ARGV[5], 'o', ARGV[6])
if held[2] ~= ARGV[5] then
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
end
return 1
""")

DELETE = Script("""
-- KEYS: document, dynamics, ids, forget, dormant, arriving, digests, dimension.
-- ARGV: id, the revision asked for or ''.
-- Returns 1, or 0 when there is nothing, or the revision stored when it is another one.
local held = redis.call('HMGET', KEYS[2], 'v', 'g')
if not held[1] then return 0 end
if ARGV[2] ~= '' and ARGV[2] ~= held[1] then return held[1] end
redis.call('UNLINK', KEYS[1], KEYS[2])
for i = 3, 5 do redis.call('ZREM', KEYS[i], ARGV[1]) end
redis.call('SREM', KEYS[6], ARGV[1])
redis.call('ZREM', KEYS[7], held[2] .. ':' .. ARGV[1])
if redis.call('EXISTS', KEYS[3], KEYS[6]) == 0 then redis.call('DEL', KEYS[8]) end
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

SCRIPTS = (READ, INSERT, REVEAL, AMEND, DELETE, DEMOTE, UNLINK, WRITE_JOURNAL)
