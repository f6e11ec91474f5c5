"""The engrams of one region of one namespace as rows: every statement that reads or changes them.

Methods take the connection and run in the thread that owns it, within a transaction; those that change
something, in the writer's. A record that cannot be read is left out everywhere.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from neuro.engram import Engram
from neuro.errors import CorruptRecordError, FeatureMismatchError, StaleEngramError
from neuro.stores.base import Agenda, Change, Kept, Placed
from neuro.stores.codec import is_utf8, load_operations, pack, pack_dynamics, unpack_as
from neuro.stores.memory import OPERATIONS_REMEMBERED, same_memory
from neuro.stores.sqlite_quarantine import as_stored, engram_key, put_aside_engram
from neuro.stores.sqlite_schema import index_of, instant_of
from neuro.stores.unreadable import Unreadable

_ONE_OF = "IN (SELECT value FROM json_each(?))"
"""Any number of values in one parameter: no limit of variables, and one statement to prepare."""

_STORED = """
    SELECT e.id, e.engram_id, d.document, e.dynamics, m.features, e.operations
    FROM engram e INDEXED BY engram_by_{index}
    LEFT JOIN document d ON d.engram = e.id
    LEFT JOIN embedding m ON m.engram = e.id
    WHERE e.place = ? AND {condition}
"""


@dataclass(slots=True)
class PlaceRow:
    """What the file knows of a place as a whole."""

    id: int
    dimension: int | None
    """Length of a row of features; None before the first."""
    engrams: int


class StoredRow(NamedTuple):
    """An engram as it is stored."""

    row: int
    engram_id: str
    document: str | None
    dynamics: str
    features: bytes | None
    operations: str
    """JSON; read only by those who change the engram."""

    def engram(self, key: str) -> Engram:
        """Raises CorruptRecordError, naming ``key``, when it is none, or another one."""
        return unpack_as(self.engram_id, key, self.document or "", self.dynamics, self.features or b"")


class Place:
    """A region of a namespace in a file.

    Args:
        unreadable: is told what cannot be read.
    """

    def __init__(self, namespace: str, region: str, unreadable: Unreadable) -> None:
        self.namespace = namespace
        self.region = region
        self._unreadable = unreadable

    def find_row(self, connection: sqlite3.Connection) -> PlaceRow | None:
        """The place, or None as long as nothing was ever stored here."""
        found = connection.execute(
            "SELECT id, dimension, engrams FROM place WHERE namespace = ? AND region = ?",
            (self.namespace, self.region),
        ).fetchone()
        return None if found is None else PlaceRow(*found)

    def make_row(self, connection: sqlite3.Connection) -> PlaceRow:
        """The place, made when it is not there."""
        found = self.find_row(connection)
        if found is not None:
            return found
        made = connection.execute(
            "INSERT INTO place (namespace, region) VALUES (?, ?)", (self.namespace, self.region)
        )
        return PlaceRow(int(made.lastrowid or 0), None, 0)

    def _rows(
        self, connection: sqlite3.Connection, place: PlaceRow, condition: str, *values: Any, index: str = "id"
    ) -> list[StoredRow]:
        statement = _STORED.format(index=index, condition=condition)
        return [StoredRow(*row) for row in connection.execute(statement, (place.id, *values))]

    def _read(self, rows: Sequence[StoredRow]) -> list[tuple[StoredRow, Engram]]:
        """Those that can be read."""
        readable: list[tuple[StoredRow, Engram]] = []
        for row in rows:
            key = engram_key(self.region, row.engram_id)
            try:
                readable.append((row, row.engram(key)))
            except CorruptRecordError as exc:
                self._unreadable.note(key, exc)
        return readable

    # What is written

    def insert(
        self, connection: sqlite3.Connection, place: PlaceRow, placed: Placed, writer: str | None
    ) -> bool:
        """`neuro.stores.base.Insert`; False when the engram was there already."""
        engram = placed.engram
        packed, keys = pack(engram), _keys(placed)
        if engram.features is not None:
            self._accept(connection, place, engram.features.shape[1])
        added = connection.execute(
            f"INSERT INTO engram (place, engram_id, digest, revision, dynamics, writer, {', '.join(keys)})"
            f" VALUES (?, ?, ?, ?, ?, ?{', ?' * len(keys)}) ON CONFLICT DO NOTHING",
            (
                place.id,
                engram.engram_id,
                engram.digest,
                engram.revision,
                packed.dynamics,
                writer,
                *keys.values(),
            ),
        )
        if not added.rowcount:
            if self._holds(connection, place, engram):
                return False
            return self.insert(connection, place, placed, writer)
        row = added.lastrowid
        connection.execute("INSERT INTO document VALUES (?, ?)", (row, packed.document))
        if packed.features:
            connection.execute("INSERT INTO embedding VALUES (?, ?)", (row, packed.features))
        _count(connection, place, 1)
        return True

    def _holds(self, connection: sqlite3.Connection, place: PlaceRow, engram: Engram) -> bool:
        """Whether it is the engram stored under its id; what cannot be read there makes room."""
        rows = self._rows(connection, place, "e.engram_id = ?", engram.engram_id)
        for _, held in self._read(rows):
            if not same_memory(held, engram):
                message = f"{engram.engram_id}: exists already with other content"
                raise StaleEngramError(message, (engram.engram_id,))
            return True
        key = engram_key(self.region, engram.engram_id)
        reason = self._unreadable.reasons.get(key, f"{key}: cannot be read")
        for row in rows:
            put_aside_engram(connection, self.namespace, row.row, key, reason)
        self._unreadable.forget(key)
        return False

    def _accept(self, connection: sqlite3.Connection, place: PlaceRow, dimension: int) -> None:
        if place.dimension == dimension:
            return
        if place.dimension is not None:
            featured = "SELECT 1 FROM engram e JOIN embedding m ON m.engram = e.id WHERE e.place = ? LIMIT 1"
            if connection.execute(featured, (place.id,)).fetchone() is not None:
                known = f"{self.region} holds dimension {place.dimension}"
                raise FeatureMismatchError(f"features: {known} (got {dimension})")
        connection.execute("UPDATE place SET dimension = ? WHERE id = ?", (dimension, place.id))
        place.dimension = dimension

    def remove(
        self, connection: sqlite3.Connection, place: PlaceRow, engram_id: str, revision: int | None
    ) -> list[Any] | None:
        """Removes an engram; the operations that it had seen, None when there is none.

        Raises:
            StaleEngramError: it has another revision.
        """
        found = connection.execute(
            "SELECT id, revision, operations FROM engram WHERE place = ? AND engram_id = ?",
            (place.id, engram_id),
        ).fetchone()
        if found is None:
            return None
        row, stored, operations = found
        if revision not in (None, stored):
            message = f"{engram_id}: has revision {stored} by now, not {revision}"
            raise StaleEngramError(message, (engram_id,))
        connection.execute("DELETE FROM engram WHERE id = ?", (row,))
        _count(connection, place, -1)
        key = engram_key(self.region, engram_id)
        self._unreadable.forget(key)
        try:
            return load_operations(key, operations)
        except CorruptRecordError:
            return []

    def remember(
        self, connection: sqlite3.Connection, place: PlaceRow, engram_id: str, operations: Sequence[Any]
    ) -> None:
        """Has an engram know operations that it has seen elsewhere."""
        connection.execute(
            "UPDATE engram SET operations = ? WHERE place = ? AND engram_id = ?",
            (json.dumps(operations), place.id, engram_id),
        )

    def replace(self, connection: sqlite3.Connection, place: PlaceRow, placed: Placed, revision: int) -> bool:
        """`neuro.stores.base.Replace`; False when it is stale."""
        condition = "place = ? AND engram_id = ? AND revision = ?"
        return _update(connection, placed, None, condition, place.id, placed.engram.engram_id, revision)

    def amend(
        self, connection: sqlite3.Connection, engram_ids: Sequence[str], change: Change, op_id: str
    ) -> list[Engram]:
        """`EngramStore.amend`: the one writer is between nobody's read and write, so the first try lands."""
        place = self.find_row(connection)
        if place is None:
            return []
        amended: dict[str, Engram] = {}
        rows = self._rows(connection, place, f"e.engram_id {_ONE_OF}", json.dumps(engram_ids))
        for stored, engram in self._read(rows):
            key = engram_key(self.region, stored.engram_id)
            try:
                operations = load_operations(key, stored.operations)
            except CorruptRecordError as exc:
                self._unreadable.note(key, exc)
                continue
            if op_id not in operations:
                placed = change(engram)
                remembered = json.dumps([*operations, op_id][-OPERATIONS_REMEMBERED:])
                _update(connection, placed, remembered, "id = ?", stored.row)
                engram = placed.engram
            amended[stored.engram_id] = engram
        return [amended[engram_id] for engram_id in engram_ids if engram_id in amended]

    def demote(self, connection: sqlite3.Connection, engram_ids: Sequence[str], before: float) -> list[str]:
        """`EngramStore.demote`."""
        place = self.find_row(connection)
        if place is None:
            return []
        rows = connection.execute(
            f"UPDATE engram INDEXED BY engram_by_id SET dormant = 1 WHERE place = ? AND engram_id {_ONE_OF}"
            " AND dormant = 0 AND forgotten_at < ? RETURNING engram_id",
            (place.id, json.dumps(engram_ids), before),
        )
        demoted = {engram_id for (engram_id,) in rows}
        return [engram_id for engram_id in dict.fromkeys(engram_ids) if engram_id in demoted]

    def adopt(
        self, connection: sqlite3.Connection, writer: str, silent_since: float, ahead_of: float
    ) -> list[str]:
        """`neuro.stores.base.Store.adopt`."""
        place = self.find_row(connection)
        if place is None:
            return []
        rows = connection.execute(
            "UPDATE engram SET writer = ? WHERE place = ? AND writer IS NOT ? AND NOT EXISTS (SELECT 1 FROM writer w"
            " WHERE w.namespace = ? AND w.name = engram.writer AND w.beat_at BETWEEN ? AND ?) RETURNING engram_id",
            (writer, place.id, writer, self.namespace, silent_since, ahead_of),
        )
        return sorted(engram_id for (engram_id,) in rows)

    # Reads

    def get(self, connection: sqlite3.Connection, engram_ids: Sequence[str]) -> list[Engram | None]:
        """`EngramStore.get`."""
        place = self.find_row(connection)
        if place is None:
            return [None] * len(engram_ids)
        rows = self._rows(connection, place, f"e.engram_id {_ONE_OF}", json.dumps(engram_ids))
        found = {row.engram_id: engram for row, engram in self._read(rows)}
        return [found.get(engram_id) for engram_id in engram_ids]

    def kept(self, connection: sqlite3.Connection, engram_ids: Sequence[str]) -> list[Kept | None]:
        """`EngramStore.kept`."""
        place = self.find_row(connection)
        if place is None:
            return [None] * len(engram_ids)
        asked = json.dumps(engram_ids)
        rows = self._rows(connection, place, f"e.engram_id {_ONE_OF}", asked)
        keys = {
            engram_id: (dormant, at)
            for engram_id, dormant, *at in connection.execute(
                "SELECT engram_id, dormant, forgotten_at, review_at, rehearsal_at FROM engram"
                f" WHERE place = ? AND engram_id {_ONE_OF}",
                (place.id, asked),
            )
        }
        found: dict[str, Kept] = {}
        for row, engram in self._read(rows):
            dormant, instants = keys[row.engram_id]
            placed = Placed(engram, *(math.inf if at is None else at for at in instants))
            found[row.engram_id] = Kept(placed, bool(dormant))
        return [found.get(engram_id) for engram_id in engram_ids]

    def find(self, connection: sqlite3.Connection, digests: Sequence[str]) -> list[str | None]:
        """`EngramStore.find`."""
        place = self.find_row(connection)
        if place is None:
            return [None] * len(digests)
        rows = self._rows(connection, place, f"e.digest {_ONE_OF}", json.dumps(digests), index="digest")
        found: dict[str, str] = {}
        for row, engram in self._read(sorted(rows)):  # of twins, the elder
            found.setdefault(engram.digest, row.engram_id)
        return [found.get(digest) for digest in digests]

    def scan(self, connection: sqlite3.Connection, after: str | None, limit: int) -> list[Engram]:
        """`EngramStore.scan`."""
        place = self.find_row(connection)
        found: list[Engram] = []
        condition = "e.engram_id > CAST(? AS TEXT) ORDER BY e.engram_id LIMIT ?"
        while place is not None and (wanted := limit - len(found)) > 0:
            rows = self._rows(connection, place, condition, as_stored(after or ""), wanted)
            found += [engram for _, engram in self._read(rows)]
            if len(rows) < wanted:
                break
            after = rows[-1].engram_id
        return found

    def due(self, connection: sqlite3.Connection, before: float, limit: int) -> list[str]:
        """`EngramStore.due`."""
        found = self._earliest(
            connection, "engram_by_fading", "forgotten_at", before, limit, only="dormant = 0 AND"
        )
        return [engram_id for engram_id, _ in found]

    def upcoming(
        self, connection: sqlite3.Connection, agenda: Agenda, before: float, limit: int
    ) -> list[tuple[str, float]]:
        """`EngramStore.upcoming`."""
        return self._earliest(connection, index_of(agenda), instant_of(agenda), before, limit)

    def _earliest(
        self,
        connection: sqlite3.Connection,
        index: str,
        instant: str,
        before: float,
        limit: int,
        *,
        only: str = "",
    ) -> list[tuple[str, float]]:
        """Ids and instants in the order of an index; not ids that nobody could ask for."""
        place = self.find_row(connection)
        if place is None:
            return []
        rows = connection.execute(
            f"SELECT engram_id, {instant} FROM engram INDEXED BY {index}"
            f" WHERE place = ? AND {only} {instant} < ? ORDER BY {instant}, engram_id",
            (place.id, before),
        )
        return list(islice((row for row in rows if is_utf8(row[0])), limit))

    def count(self, connection: sqlite3.Connection, before: float) -> tuple[int, int]:
        """`EngramStore.count`."""
        place = self.find_row(connection)
        if place is None:
            return 0, 0
        (fading,) = connection.execute(
            "SELECT count(*) FROM engram WHERE place = ? AND dormant IN (0, 1) AND forgotten_at < ?",
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


def _update(
    connection: sqlite3.Connection, placed: Placed, operations: str | None, condition: str, *values: Any
) -> bool:
    """Writes what changes of an engram, its keys, and what it remembers; a key that moves wakes it."""
    keys = _keys(placed)
    updated = connection.execute(
        "UPDATE engram SET dynamics = ?, revision = ?, dormant = dormant AND forgotten_at = ?,"
        f" operations = coalesce(?, operations), {' = ?, '.join(keys)} = ? WHERE {condition}",
        (
            pack_dynamics(placed.engram),
            placed.engram.revision,
            placed.forgotten_at,
            operations,
            *keys.values(),
            *values,
        ),
    )
    return updated.rowcount == 1


def _count(connection: sqlite3.Connection, place: PlaceRow, added: int) -> None:
    connection.execute("UPDATE place SET engrams = engrams + ? WHERE id = ?", (added, place.id))
