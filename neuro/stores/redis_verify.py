"""Looking at everything that a namespace on Redis holds, and mending what is mendable."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any, NamedTuple

from neuro.engram import Engram
from neuro.errors import CorruptRecordError, StaleEngramError
from neuro.stores import redis_care_scripts as scripts
from neuro.stores.base import Flaw, Remove
from neuro.stores.codec import load_json, load_operations
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_engrams import missing_part, unpack_record
from neuro.stores.redis_guard import Guard
from neuro.stores.redis_keys import REGIONS, Keys, RegionKeys
from neuro.stores.redis_quarantine import Quarantine
from neuro.stores.redis_scripts import READ
from neuro.stores.redis_writes import Writes

_AT_ONCE = 100
"""Records that one script looks at: it keeps the server for some 20 us each."""


class _Record(NamedTuple):
    """What is stored of an engram, and where it is listed."""

    engram_id: bytes
    document: bytes | None
    features: bytes | None
    dynamics: bytes | None
    revision: bytes | None
    digest: bytes | None
    forgotten_at: bytes | None
    operations: bytes | None
    fading: bytes | None
    dormant: bytes | None
    listed: bytes

    def read(self, key: str) -> Engram:
        """The engram; raises CorruptRecordError."""
        engram = unpack_record(key, self.document, self.dynamics, self.features)
        if self.revision is None:
            raise missing_part(key)
        load_operations(key, b"[]" if self.operations is None else self.operations)
        return engram

    def problem(self, engram: Engram) -> str | None:
        """What is wrong with its places in the indexes."""
        if self.revision != str(engram.revision).encode():
            return "its revision is not that of its dynamics"
        if self.digest != engram.digest.encode() or self.listed != b"1":
            return "its digest is not listed"
        indexed = [float(at) for at in (self.fading, self.dormant) if at is not None]
        at = _instant(self.forgotten_at)
        if at is None or indexed != ([] if at == float("inf") else [at]):
            return "its instant of fading is not listed"
        return None


def _instant(value: bytes | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


class Verification:
    """One look at everything; each verdict is by what one script saw at once, whatever others write meanwhile."""

    def __init__(
        self,
        connection: RedisConnection,
        keys: Keys,
        guard: Guard,
        writes: Writes,
        quarantine: Quarantine,
        *,
        repair: bool,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._guard = guard
        self._writes = writes
        self._quarantine = quarantine
        self._repair = repair
        self._flaws: list[Flaw] = []
        self._regions: list[str] = []
        self._listed = 0
        self._owners: dict[str, list[str]] = defaultdict(list)

    async def carry_out(self) -> list[Flaw]:
        """Looks at everything; what was found."""
        if await self._types_fit(self._types()):
            await self._find_regions()
            expected = [self._types_of_region(region) for region in self._regions]
            if await self._types_fit({key: kind for kinds in expected for key, kind in kinds.items()}):
                await self._look_at_everything()
        return self._flaws

    async def _look_at_everything(self) -> None:
        for region in self._regions:
            await self._look_at_records(region)
            await self._look_for_strays(region)
        await self._look_at_owners()
        await self._look_at_links()
        await self._look_at_documents()

    async def _find_regions(self) -> None:
        """Those that are listed, and those that every brain has."""
        keys = self._keys
        looks = [("EXISTS", keys.region(region).ids) for region in REGIONS]
        *held, members = await self._connection.send([*looks, ("SMEMBERS", keys.regions)])
        listed = {member.decode() for member in members}
        self._listed = len(listed)
        missing = [r for r, exists in zip(REGIONS, held, strict=True) if exists and r not in listed]
        for region in missing:
            if self._repair:
                await self._connection.send([("SADD", keys.regions, region)])
                self._listed += 1
            self._tell(keys.regions, f"does not list {region}", self._repair)
        self._regions = sorted({*listed, *missing})

    def _tell(self, key: str, problem: str, repaired: bool) -> None:
        self._flaws.append(Flaw(key, problem, repaired))

    # Types

    def _types(self) -> dict[str, bytes]:
        keys = self._keys
        operations, order = zip(keys.operations, keys.tries, strict=True)
        sets, hashes = (keys.regions, keys.linked), (keys.lease, keys.documents, keys.quarantine, *operations)
        return {
            keys.schema: b"string",
            keys.changes: b"stream",
            keys.writers: b"zset",
            **dict.fromkeys(sets, b"set"),
            **dict.fromkeys(hashes, b"hash"),
            **dict.fromkeys(order, b"list"),
        }

    def _types_of_region(self, region: str) -> dict[str, bytes]:
        keys = self._keys.region(region)
        return {**dict.fromkeys(keys, b"zset"), keys.dimension: b"string", keys.owners: b"hash"}

    async def _types_fit(self, expected: dict[str, bytes]) -> bool:
        """Whether keys are of the types that they should have; those of another are mended, and told."""
        fit = True
        for key, kind in zip(
            expected, await self._connection.send([("TYPE", k) for k in expected]), strict=True
        ):
            if kind not in (expected[key], b"none"):
                problem = f"is a {kind.decode()}, not a {expected[key].decode()}"
                repaired = self._repair and await self._quarantine.take_key(key, kind, problem)
                self._tell(key, problem, repaired)
                fit &= repaired
        return fit

    # Records

    async def _look_at_records(self, region: str) -> None:
        dimensions: set[int] = set()
        async for records in self._pages(region):
            for record, found in zip(
                records, await asyncio.to_thread(self._read, region, records), strict=True
            ):
                engram_id = record.engram_id.decode()
                key, _ = self._keys.engram(region, engram_id)
                if isinstance(found, str):
                    held = (record.document, record.dynamics)
                    taken = self._repair and await self._quarantine.take(region, engram_id, *held, found)
                    self._tell(key, found, taken)
                    continue
                self._owners[engram_id].append(region)
                if found.features is not None:
                    dimensions.add(found.features.shape[1])
                if problem := record.problem(found):
                    self._tell(
                        key, problem, self._repair and await self._reindex(region, found, record.dynamics)
                    )
        await self._look_at_dimension(self._keys.region(region), dimensions)

    async def _pages(self, region: str) -> AsyncGenerator[list[_Record]]:
        keys, start = [*self._keys.region(region), *self._keys.engram(region)], b"-"
        while True:
            [rows] = await self._connection.send([scripts.INSPECT(keys, [start, str(_AT_ONCE)])])
            yield [_Record(*row) for row in rows]
            if len(rows) < _AT_ONCE:
                return
            start = b"(" + rows[-1][0]

    def _read(self, region: str, records: Sequence[_Record]) -> list[Engram | str]:
        """Each engram, or why it cannot be read."""
        found: list[Engram | str] = []
        for record in records:
            try:
                found.append(record.read(self._keys.engram(region, record.engram_id.decode())[0]))
            except CorruptRecordError as error:
                found.append(str(error))
        return found

    async def _reindex(self, region: str, engram: Engram, dynamics: bytes | None) -> bool:
        """Brings an engram to its place in the indexes; False if it has changed meanwhile."""
        _, own = self._keys.engram(region, engram.engram_id)
        command = self._guard.command(
            scripts.REINDEX,
            [*self._keys.region(region), own, self._keys.changes, self._keys.regions],
            [engram.engram_id, dynamics or b"", str(engram.revision), engram.digest, region],
            fenced=False,
        )
        [[word, *_]] = await self._guard.send([command])
        return word == b"done"

    async def _look_at_dimension(self, region: RegionKeys, found: set[int]) -> None:
        [held] = await self._connection.send([("GET", region.dimension)])
        if not found or (len(found) == 1 and held == str(*found).encode()):
            return
        if repaired := self._repair and len(found) == 1:
            await self._connection.send([("SET", region.dimension, str(*found))])
        said = "nothing" if held is None else held.decode(errors="replace")
        self._tell(region.dimension, f"says {said}, the features have {sorted(found)}", repaired)

    # Indexes

    async def _look_for_strays(self, region: str) -> None:
        keys = self._keys.region(region)
        for index in (keys.forget, keys.dormant, keys.review, keys.rehearsal):
            await self._strays_of(region, index, "zset", [member async for member in self._members(index)])
        await self._strays_of(
            region, keys.digests, "digests", [member async for member in self._members(keys.digests)]
        )
        [owned] = await self._connection.send([("HKEYS", keys.owners)])
        await self._strays_of(region, keys.owners, "hash", owned)

    async def _members(self, index: str) -> AsyncGenerator[bytes]:
        start = 0
        while True:
            [members] = await self._connection.send([("ZRANGE", index, start, start + _AT_ONCE - 1)])
            for member in members:
                yield member
            if len(members) < _AT_ONCE:
                return
            start += _AT_ONCE

    async def _strays_of(self, region: str, index: str, kind: str, members: Sequence[bytes]) -> None:
        """Members of an index that belong to no engram; one that can be read is brought back, others go."""
        keys = [index, self._keys.region(region).ids, self._keys.engram(region)[1]]
        strays: list[bytes] = []
        for page in _pages(members):
            [found] = await self._connection.send([scripts.STRAYS(keys, [kind, "", *page])])
            strays += found
        for member in strays:
            if self._repair:
                name = member.partition(b":")[2] if kind == "digests" else member
                await self._bring_back(region, name.decode(errors="replace"))
                await self._connection.send([scripts.STRAYS(keys, [kind, "1", member])])
            self._tell(index, f"lists {member.decode(errors='replace')}, which is not there", self._repair)

    async def _bring_back(self, region: str, engram_id: str) -> None:
        """Lists an engram that is stored, and was listed nowhere else."""
        names = self._keys.engram(region, engram_id)
        [[document, features, dynamics, *_]] = await self._connection.send([READ(names)])
        try:
            engram = unpack_record(names[0], document, dynamics, features)
        except CorruptRecordError:
            return
        if await self._reindex(region, engram, dynamics):
            self._owners[engram_id].append(region)

    # Owners, links, documents

    async def _look_at_owners(self) -> None:
        for engram_id, suspected in self._owners.items():
            if len(set(suspected)) < 2:
                continue
            names = [self._keys.engram(region, engram_id)[1] for region in self._regions]
            [revisions] = await self._connection.send([scripts.OWNERS(names)])
            held = [
                (-int(v) if v.isdigit() else 0, region)
                for region, v in zip(self._regions, revisions, strict=True)
                if v
            ]
            if len(held) < 2:
                continue  # it moved on while this looked
            (_, newest), *others = sorted(held)
            problem = f"is in several regions: {', '.join(region for _, region in sorted(held))}"
            repaired = self._repair and await self._remove(engram_id, others)
            self._tell(engram_id, f"{problem}; {newest} has the newest revision", repaired)

    async def _remove(self, engram_id: str, copies: Iterable[tuple[int, str]]) -> bool:
        try:
            await self._writes.carry_out(
                [Remove(region, engram_id, -revision) for revision, region in copies]
            )
        except StaleEngramError:
            return False
        return True

    async def _look_at_links(self) -> None:
        [linked] = await self._connection.send([("SMEMBERS", self._keys.linked)])
        nodes = sorted({*(engram_id.encode() for engram_id in self._owners), *linked})
        for page in _pages(nodes):
            while (found := await self._loose_links(page)) == [b"again"]:
                await self._find_regions()
            for name, problem in zip(found[::2], found[1::2], strict=True):
                self._tell(name.decode(errors="replace"), problem.decode(), self._repair)

    async def _loose_links(self, nodes: Sequence[bytes]) -> list[Any]:
        ids = [self._keys.region(region).ids for region in self._regions]
        keys = [self._keys.linked, self._keys.regions, *ids, self._keys.links(), self._keys.linkers()]
        arguments = [str(len(ids)), str(self._listed), "1" if self._repair else "", *nodes]
        [found] = await self._connection.send([scripts.LOOSE_LINKS(keys, arguments)])
        return found

    async def _look_at_documents(self) -> None:
        [documents] = await self._connection.send([("HGETALL", self._keys.documents)])
        for field, value in documents.items():
            key = field.decode(errors="replace")
            name = self._keys.document(key)
            try:
                load_json(name, value)
            except CorruptRecordError as error:
                place = (self._keys.documents, key, value, str(error))
                self._tell(name, str(error), self._repair and await self._quarantine.take_field(*place))


def _pages(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[i : i + _AT_ONCE] for i in range(0, len(items), _AT_ONCE)]
