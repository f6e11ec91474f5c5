"""The engrams of one region of one namespace as rows: every statement that reads or changes them.

Methods take the connection and run in the thread that owns it, within a transaction; those that change
something, in the writer's.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from neuro.engram import Engram
from neuro.errors import FeatureMismatchError, StaleEngramError
from neuro.stores.base import Agenda, Change, Placed
from neuro.stores.codec import load_json, pack, pack_dynamics, unpack
from neuro.stores.memory import OPERATIONS_REMEMBERED, same_memory
from neuro.stores.sqlite_schema import index_of, instant_of

_ONE_OF = "IN (SELECT value FROM json_each(?))"
"""Any number of values in one parameter: no limit of variables, and one statement to prepare."""

_STORED = """
    SELECT e.id, e.engram_id, d.document, e.dynamics, m.features, e.operations
    FROM engram e INDEXED BY engram_by_id
    JOIN document d ON d.engram = e.id
    LEFT JOIN embedding m ON m.engram = e.id
    WHERE e.place = ?
"""


class _PlaceRow(NamedTuple):
    """What the file knows of a place as a whole."""

    id: int
    dimension: int | None
    """Length of a row of features; None before the first."""
    engrams: int
    """How many are visible."""


class _Stored(NamedTuple):
    row: int
    engram: Engram
    operations: str
    """JSON; read only by those who change the engram."""


class Place:
    """A region of a namespace in a file."""

    def __init__(self, namespace: str, region: str) -> None:
        self.namespace = namespace
        self.region = region

    def _find_row(self, connection: sqlite3.Connection) -> _PlaceRow | None:
        """The place, or None as long as nothing was ever stored here."""
        found = connection.execute(
            "SELECT id, dimension, engrams FROM place WHERE namespace = ? AND region = ?",
            (self.namespace, self.region),
        ).fetchone()
        return None if found is None else _PlaceRow(*found)

    def _make_row(self, connection: sqlite3.Connection) -> _PlaceRow:
        made = connection.execute(
            "INSERT INTO place (namespace, region) VALUES (?, ?)", (self.namespace, self.region)
        )
        return _PlaceRow(int(made.lastrowid or 0), None, 0)

    def _read(
        self, connection: sqlite3.Connection, place: _PlaceRow, condition: str, *values: Any
    ) -> list[_Stored]:
        rows = connection.execute(f"{_STORED} AND {condition}", (place.id, *values))
        return [
            _Stored(
                row,
                unpack(f"{self.region}/{engram_id}", document, dynamics, features or b""),
                operations,
            )
            for row, engram_id, document, dynamics, features, operations in rows
        ]

    # Changes

    def insert(self, connection: sqlite3.Connection, items: Iterable[Placed], arriving: bool) -> None:
        """`EngramStore.insert`."""
        items = tuple(items)
        place = self._find_row(connection) or self._make_row(connection)
        ids = json.dumps([placed.engram.engram_id for placed in items])
        stored = self._read(connection, place, f"e.engram_id {_ONE_OF}", ids)
        known = {engram.engram_id: engram for _, engram, _ in stored}
        dimension, added = place.dimension, 0
        for placed in items:
            engram = placed.engram
            held = known.get(engram.engram_id)
            if held is not None:
                if not same_memory(held, engram):
                    raise StaleEngramError(f"{engram.engram_id}: exists already with other content")
                continue
            known[engram.engram_id] = engram
            if engram.features is not None:
                dimension = _accepted(dimension, engram.features.shape[1])
            self._add(connection, place, placed, arriving)
            added += 1
        if not arriving:
            _count(connection, place, added)
        if dimension != place.dimension:
            connection.execute("UPDATE place SET dimension = ? WHERE id = ?", (dimension, place.id))

    def _add(self, connection: sqlite3.Connection, place: _PlaceRow, placed: Placed, arriving: bool) -> None:
        engram = placed.engram
        packed = pack(engram)
        keys = _keys(placed)
        added = connection.execute(
            f"INSERT INTO engram (place, engram_id, digest, arriving, revision, dynamics, {', '.join(keys)})"
            f" VALUES (?, ?, ?, ?, ?, ?{', ?' * len(keys)})",
            (
                place.id,
                engram.engram_id,
                engram.digest,
                arriving,
                engram.revision,
                packed.dynamics,
                *keys.values(),
            ),
        )
        row = int(added.lastrowid or 0)
        connection.execute("INSERT INTO document VALUES (?, ?)", (row, packed.document))
        if packed.features:
            connection.execute("INSERT INTO embedding VALUES (?, ?)", (row, packed.features))

    def reveal(self, connection: sqlite3.Connection, engram_ids: Sequence[str]) -> None:
        """`EngramStore.reveal`."""
        place = self._find_row(connection)
        if place is None:
            return
        revealed = connection.execute(
            f"UPDATE engram INDEXED BY engram_by_id SET arriving = 0 WHERE place = ? AND engram_id {_ONE_OF}"
            " AND arriving = 1 RETURNING engram_id",
            (place.id, json.dumps(engram_ids)),
        ).fetchall()
        _count(connection, place, len(revealed))
        connection.executemany(
            "DELETE FROM journal WHERE namespace = ? AND engram_id = ?",
            [(self.namespace, engram_id) for (engram_id,) in revealed],
        )

    def amend(
        self, connection: sqlite3.Connection, engram_ids: Sequence[str], change: Change, op_id: str
    ) -> list[Engram]:
        """`EngramStore.amend`: the one writer is between nobody's read and write, so the first try lands."""
        place = self._find_row(connection)
        if place is None:
            return []
        condition = f"e.arriving = 0 AND e.engram_id {_ONE_OF}"
        amended: dict[str, Engram] = {}
        for row, engram, seen in self._read(connection, place, condition, json.dumps(engram_ids)):
            amended[engram.engram_id] = engram
            operations = load_json(f"{self.region}/{engram.engram_id}", seen)
            if op_id in operations:
                continue
            placed = change(engram)
            changed, keys = placed.engram, _keys(placed)
            remembered = json.dumps([*operations, op_id][-OPERATIONS_REMEMBERED:])
            connection.execute(
                "UPDATE engram SET dynamics = ?, revision = ?, operations = ?,"
                f" dormant = dormant AND forgotten_at = ?, {' = ?, '.join(keys)} = ? WHERE id = ?",
                (
                    pack_dynamics(changed),
                    changed.revision,
                    remembered,
                    placed.forgotten_at,
                    *keys.values(),
                    row,
                ),
            )
            amended[engram.engram_id] = changed
        return [amended[engram_id] for engram_id in engram_ids if engram_id in amended]

    def delete(self, connection: sqlite3.Connection, engram_id: str, revision: int | None) -> bool:
        """`EngramStore.delete`."""
        place = self._find_row(connection)
        if place is None:
            return False
        found = connection.execute(
            "SELECT id, revision, arriving FROM engram WHERE place = ? AND engram_id = ?",
            (place.id, engram_id),
        ).fetchone()
        if found is None:
            return False
        row, stored, arriving = found
        if revision is not None and revision != stored:
            raise StaleEngramError(f"{engram_id}: has revision {stored} by now, not {revision}")
        if not arriving:
            _count(connection, place, -1)
        connection.execute("DELETE FROM engram WHERE id = ?", (row,))
        return True

    def demote(self, connection: sqlite3.Connection, engram_ids: Sequence[str], before: float) -> list[str]:
        """`EngramStore.demote`."""
        place = self._find_row(connection)
        if place is None:
            return []
        rows = connection.execute(
            f"UPDATE engram INDEXED BY engram_by_id SET dormant = 1 WHERE place = ? AND engram_id {_ONE_OF}"
            " AND arriving = 0 AND dormant = 0 AND forgotten_at < ? RETURNING engram_id",
            (place.id, json.dumps(engram_ids), before),
        )
        demoted = {engram_id for (engram_id,) in rows}
        return [engram_id for engram_id in dict.fromkeys(engram_ids) if engram_id in demoted]

    # Reads

    def arrivals(self, connection: sqlite3.Connection) -> list[str]:
        """`EngramStore.arrivals`."""
        place = self._find_row(connection)
        if place is None:
            return []
        rows = connection.execute(
            "SELECT engram_id FROM engram WHERE place = ? AND arriving = 1", (place.id,)
        )
        return sorted(engram_id for (engram_id,) in rows)

    def get(self, connection: sqlite3.Connection, engram_ids: Sequence[str]) -> list[Engram | None]:
        """`EngramStore.get`."""
        place = self._find_row(connection)
        if place is None:
            return [None] * len(engram_ids)
        condition = f"e.arriving = 0 AND e.engram_id {_ONE_OF}"
        stored = self._read(connection, place, condition, json.dumps(engram_ids))
        found = {engram.engram_id: engram for _, engram, _ in stored}
        return [found.get(engram_id) for engram_id in engram_ids]

    def find(self, connection: sqlite3.Connection, digests: Sequence[str]) -> list[str | None]:
        """`EngramStore.find`."""
        place = self._find_row(connection)
        if place is None:
            return [None] * len(digests)
        rows = connection.execute(
            "SELECT digest, engram_id, min(id) FROM engram"  # of twins, the elder
            f" WHERE place = ? AND arriving = 0 AND digest {_ONE_OF} GROUP BY digest",
            (place.id, json.dumps(digests)),
        )
        found: dict[str, str] = {digest: engram_id for digest, engram_id, _ in rows}
        return [found.get(digest) for digest in digests]

    def scan(self, connection: sqlite3.Connection, after: str | None, limit: int) -> list[Engram]:
        """`EngramStore.scan`."""
        place = self._find_row(connection)
        if place is None:
            return []
        condition = "e.arriving = 0 AND e.engram_id > ? ORDER BY e.engram_id LIMIT ?"
        return [engram for _, engram, _ in self._read(connection, place, condition, after or "", limit)]

    def due(self, connection: sqlite3.Connection, before: float, limit: int) -> list[str]:
        """`EngramStore.due`."""
        awake = "arriving = 0 AND dormant = 0"
        found = self._earliest(connection, "engram_by_fading", "forgotten_at", before, limit, only=awake)
        return [engram_id for engram_id, _ in found]

    def upcoming(
        self, connection: sqlite3.Connection, agenda: Agenda, before: float, limit: int
    ) -> list[tuple[str, float]]:
        """`EngramStore.upcoming`."""
        instant = instant_of(agenda)
        return self._earliest(connection, index_of(agenda), instant, before, limit)

    def _earliest(
        self,
        connection: sqlite3.Connection,
        index: str,
        instant: str,
        before: float,
        limit: int,
        *,
        only: str = "arriving = 0",
    ) -> list[tuple[str, float]]:
        """Ids and instants of visible engrams in the order of an index."""
        place = self._find_row(connection)
        if place is None:
            return []
        return connection.execute(
            f"SELECT engram_id, {instant} FROM engram INDEXED BY {index}"
            f" WHERE place = ? AND {only} AND {instant} < ? ORDER BY {instant}, engram_id LIMIT ?",
            (place.id, before, limit),
        ).fetchall()

    def count(self, connection: sqlite3.Connection, before: float) -> tuple[int, int]:
        """`EngramStore.count`."""
        place = self._find_row(connection)
        if place is None:
            return 0, 0
        (fading,) = connection.execute(
            "SELECT count(*) FROM engram"
            " WHERE place = ? AND arriving = 0 AND dormant IN (0, 1) AND forgotten_at < ?",
            (place.id, before),
        ).fetchone()
        return place.engrams, fading


def _keys(placed: Placed) -> dict[str, float | None]:
    """The columns by which indexes find an engram."""
    keys: dict[str, float | None] = {"forgotten_at": placed.forgotten_at}
    for agenda in Agenda:
        at = placed.key(agenda)
        keys[instant_of(agenda)] = at if at < math.inf else None
    return keys


def _accepted(known: int | None, dimension: int) -> int:
    if known is not None and known != dimension:
        raise FeatureMismatchError(f"features: this store holds dimension {known} (got {dimension})")
    return dimension


def _count(connection: sqlite3.Connection, place: _PlaceRow, shown: int) -> None:
    """Counts engrams that became visible, or, below 0, that went."""
    connection.execute("UPDATE place SET engrams = engrams + ? WHERE id = ?", (shown, place.id))
