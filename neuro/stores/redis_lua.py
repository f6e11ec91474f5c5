"""What the scripts of `neuro.stores.redis` are made of.

Each names every key that it touches in KEYS, as a cluster wants it; those that go through a page or an index make
keys from prefixes there, and all keys of a namespace are on one node. Numbers stay the strings that they came as:
Lua would round them to 14 digits. Nothing is used that an imitation of a server lacks (cmsgpack, struct, bit).

The fields of an engram's document: ``t`` text (JSON), ``e`` features (float16 rows). Those of its dynamics: ``y``
what changes (JSON), ``v`` revision, ``f`` forgotten_at, ``g`` digest, ``o`` operations it remembers (JSON). A key of
an index is ``inf`` where the engram is not to be found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

Command = tuple[Any, ...]
"""The name of a command and its arguments."""


class Script:
    """A script that the server knows by its digest; calling it makes the command that runs it."""

    def __init__(self, *sources: str) -> None:
        self.source = "".join(sources)
        self._sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str | bytes], arguments: Sequence[str | bytes] = ()) -> Command:
        return ("EVALSHA", self._sha, len(keys), *keys, *arguments)


GUARD = """
-- What every script that writes begins with. KEYS 1 to 4: schema, lease, operations, their order. ARGV 1 to 3: the
-- schema that is written, the fence under which or '', an operation or ''. An operation that was carried out is
-- remembered with its outcome among the last 10,000; that comes first, for it may have been before the lease was lost.
local schema = redis.call('GET', KEYS[1])
if schema and schema ~= ARGV[1] then return {'schema', schema} end
if ARGV[3] ~= '' then
  local outcome = redis.call('HGET', KEYS[3], ARGV[3])
  if outcome then return {'done', outcome} end
end
if ARGV[2] ~= '' then
  local fence = redis.call('HGET', KEYS[2], 'fence')
  if fence and tonumber(fence) > tonumber(ARGV[2]) then return {'lost', fence} end
end
local function done(outcome)
  if not schema then redis.call('SET', KEYS[1], ARGV[1]) end
  if ARGV[3] ~= '' then
    redis.call('HSET', KEYS[3], ARGV[3], outcome)
    if redis.call('LPUSH', KEYS[4], ARGV[3]) > 10000 then
      redis.call('HDEL', KEYS[3], redis.call('RPOP', KEYS[4]))
    end
  end
  return {'done', outcome}
end
"""

FIELDS = """
-- Fields of a hash, false for those that are not there; all are, if it is no hash.
local function fields(key, ...)
  local found = redis.pcall('HMGET', key, ...)
  if not found.err then return found end
  local none = {}
  for i = 1, select('#', ...) do none[i] = false end
  return none
end
"""

INDEXES = """
-- ``at``: the number of the key in KEYS after which those of a region come: ids, forget, review, rehearsal, dormant,
-- digests, dimension, owners.
local function put(index, key, id)
  if not key or key == 'inf' then redis.call('ZREM', index, id) else redis.call('ZADD', index, key, id) end
end
local function take_out(at, id, digest)
  for i = 1, 5 do redis.call('ZREM', KEYS[at + i], id) end
  if digest then redis.call('ZREM', KEYS[at + 6], digest .. ':' .. id) end
  redis.call('HDEL', KEYS[at + 8], id)
  if redis.call('EXISTS', KEYS[at + 1]) == 0 then redis.call('DEL', KEYS[at + 7]) end
end
local function keep(at, document, dynamics, new)
  redis.call('UNLINK', document, dynamics)
  redis.call('HSET', document, 't', new.t, 'e', new.e)
  redis.call('HSET', dynamics, 'y', new.y, 'v', new.v, 'g', new.g, 'f', new.f)
  if new.o then redis.call('HSET', dynamics, 'o', new.o) end
  redis.call('ZADD', KEYS[at + 1], '0', new.id)
  put(KEYS[at + 2], new.f, new.id)
  put(KEYS[at + 3], new.w, new.id)
  put(KEYS[at + 4], new.h, new.id)
  redis.call('ZREM', KEYS[at + 5], new.id)
  redis.call('ZADD', KEYS[at + 6], '0', new.g .. ':' .. new.id)
  if new.dimension ~= '' then redis.call('SET', KEYS[at + 7], new.dimension) end
  if new.writer ~= '' then redis.call('HSET', KEYS[at + 8], new.id, new.writer)
  else redis.call('HDEL', KEYS[at + 8], new.id) end
end
local function change(at, dynamics, id, y, v, f, w, h)
  local before = redis.call('HGET', dynamics, 'f')
  redis.call('HSET', dynamics, 'y', y, 'v', v, 'f', f)
  if before ~= f then
    redis.call('ZREM', KEYS[at + 5], id)
    put(KEYS[at + 2], f, id)
  end
  put(KEYS[at + 3], w, id)
  put(KEYS[at + 4], h, id)
end
"""

NEWS = """
-- The log of what happened: as far back as in a file.
local function tell(changes, kind, id)
  redis.call('XADD', changes, 'MAXLEN', '~', '10000', '*', kind, id)
end
"""
