"""Looking at everything in a namespace of a SQLite file: what does not fit together, and how it is mended.

Looking takes a connection of its own and one moment's view of the file; mending happens in the writer's transaction,
and looks at each thing again, for it may have changed meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from neuro.engram import Engram
from neuro.errors import CorruptRecordError
from neuro.ids import is_engram_id
from neuro.stores.base import Flaw, Happening
from neuro.stores.codec import load_json, unpack
from neuro.stores.memory import same_memory
from neuro.stores.sqlite_log import note
from neuro.stores.sqlite_quarantine import (
    document_key,
    engram_key,
    put_aside_document,
    put_aside_engram,
)
from neuro.stores.sqlite_thread import is_damage

_RECORD = """
    SELECT p.region, e.id, e.engram_id, e.digest, e.revision, e.operations, d.document, e.dynamics, m.features,
        typeof(e.forgotten_at) IN ('real', 'integer')
        AND typeof(e.review_at) IN ('real', 'integer', 'null')
        AND typeof(e.rehearsal_at) IN ('real', 'integer', 'null'),
        p.dimension
    FROM place p JOIN engram e ON e.place = p.id
    LEFT JOIN document d ON d.engram = e.id LEFT JOIN embedding m ON m.engram = e.id
    WHERE p.namespace = ?
"""
_OWNED = "SELECT 1 FROM place p JOIN engram e ON e.place = p.id WHERE p.namespace = link.namespace AND e.engram_id = "


class Found(NamedTuple):
    """A flaw, and what would mend it."""

    key: str
    problem: str
    mend: Callable[[sqlite3.Connection], object] | None = None
    """Runs in the writer's transaction; False when it does not help."""

    def told(self, *, repaired: bool) -> Flaw:
        """As `neuro.stores.base.Store.verify` returns it."""
        return Flaw(self.key, self.problem, repaired)


class _Record(NamedTuple):
    region: str
    row: int
    engram_id: str
    digest: str
    revision: int
    operations: str
    document: str | None
    dynamics: str
    features: bytes | None
    timed: int
    """Whether its keys are instants."""
    dimension: int | None
    """Of the features of its region."""

    @property
    def key(self) -> str:
        return engram_key(self.region, self.engram_id)

    def read(self) -> Engram:
        engram = unpack(self.key, self.document or "", self.dynamics, self.features or b"")
        if engram.engram_id != self.engram_id:
            raise CorruptRecordError(f"{self.key}: is the record of {engram.engram_id}")
        return engram


def find_flaws(connect: Callable[[], sqlite3.Connection], path: Path, namespace: str) -> list[Found]:
    """Everything that does not fit together; blocks for as long as it takes to read it all."""
    found: list[Found] = []
    with closing(connect()) as connection:
        connection.execute("BEGIN")
        for look in (_structure, _remains, _records, _owned_twice, _counters, _links, _documents):
            try:
                found.extend(look(connection, path, namespace))
            except sqlite3.DatabaseError as exc:
                if not is_damage(exc):
                    raise
                found.append(Found(str(path), f"is damaged: {exc}"))
    return list({(flaw.key, flaw.problem): flaw for flaw in found}.values())


# The file


def _structure(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    problems = _integrity(connection)
    if problems:
        yield Found(str(path), f"is damaged: {'; '.join(problems)}", _reindex)


def _integrity(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("PRAGMA integrity_check(10)")
    return [problem for (problem,) in rows if problem != "ok"]


def _reindex(connection: sqlite3.Connection) -> bool:
    connection.execute("REINDEX")
    return not _integrity(connection)


def _remains(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    """Rows of an engram that is not there, or of a region that is not."""
    orphans: dict[int, str] = {}
    for table, row in sorted(row[:2] for row in connection.execute("PRAGMA foreign_key_check")):
        orphans.setdefault(row, table)
    for row, table in orphans.items():
        problem = "belongs to nothing"
        key = f"{table}/{row}"
        yield Found(
            key, problem, partial(_put_aside_remains, namespace=namespace, row=row, key=key, reason=problem)
        )


def _put_aside_remains(
    connection: sqlite3.Connection, namespace: str, row: int, key: str, reason: str
) -> None:
    whole = "SELECT 1 FROM engram e JOIN place p ON p.id = e.place WHERE e.id = ?"
    if connection.execute(whole, (row,)).fetchone() is None:
        put_aside_engram(connection, namespace, row, key, reason)


# Engrams


def _records(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    for values in connection.execute(_RECORD, (namespace,)):
        record = _Record(*values)
        mending = partial(_mend_record, namespace=namespace, row=record.row)
        try:
            engram = record.read()
        except CorruptRecordError as exc:
            yield Found(record.key, str(exc), mending)
            continue
        if (record.digest, record.revision) != (engram.digest, engram.revision):
            yield Found(record.key, "its digest or revision is not that of its record", mending)
        if _operations(record) is None:
            yield Found(record.key, "the operations that it remembers cannot be read", mending)
        if not record.timed:
            yield Found(record.key, "its keys are no instants", mending)
        if engram.features is not None and engram.features.shape[1] != record.dimension:
            yield Found(
                record.key, f"its features have not dimension {record.dimension} as its region's have"
            )


def _operations(record: _Record) -> list[Any] | None:
    try:
        operations = load_json(record.key, record.operations)
    except CorruptRecordError:
        return None
    return operations if isinstance(operations, list) else None  # pyright: ignore[reportUnknownVariableType]


def _mend_record(connection: sqlite3.Connection, namespace: str, row: int) -> None:
    """Makes everything beside a record fit it; what is no record is put aside."""
    found = connection.execute(f"{_RECORD} AND e.id = ?", (namespace, row)).fetchone()
    if found is None:
        return
    record = _Record(*found)
    try:
        engram = record.read()
    except CorruptRecordError as exc:
        put_aside_engram(connection, namespace, row, record.key, str(exc))
        note(connection, namespace, [(Happening.REMOVED, record.engram_id)])
        return
    connection.execute(
        "UPDATE engram SET digest = ?, revision = ?, operations = ? WHERE id = ?",
        (engram.digest, engram.revision, json.dumps(_operations(record) or []), row),
    )
    if not record.timed:  # it does not fade until it is changed
        connection.execute(
            "UPDATE engram SET forgotten_at = 9e999, review_at = NULL, rehearsal_at = NULL WHERE id = ?",
            (row,),
        )


def _owned_twice(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    rows = connection.execute(
        "SELECT e.engram_id, group_concat(p.region, ', ') FROM place p JOIN engram e ON e.place = p.id"
        " WHERE p.namespace = ? GROUP BY e.engram_id HAVING count(*) > 1",
        (namespace,),
    )
    for engram_id, regions in rows:
        mending = partial(_leave_one, namespace=namespace, engram_id=engram_id)
        yield Found(engram_id, f"is in several regions: {regions}", mending)


def _leave_one(connection: sqlite3.Connection, namespace: str, engram_id: str) -> None:
    """The newest revision stays; another memory of the same id is put aside."""
    rows = connection.execute(f"{_RECORD} AND e.engram_id = ?", (namespace, engram_id)).fetchall()
    records = sorted((_Record(*row) for row in rows), key=lambda record: (-record.revision, record.region))
    kept = _readable(records[0])
    for record in records[1:]:
        other = _readable(record)
        if kept is not None and other is not None and same_memory(kept, other):
            connection.execute(
                "UPDATE place SET engrams = engrams - 1 WHERE namespace = ? AND region = ?",
                (namespace, record.region),
            )
            connection.execute("DELETE FROM engram WHERE id = ?", (record.row,))
        else:
            reason = f"another memory of this id is in {records[0].region}"
            put_aside_engram(connection, namespace, record.row, record.key, reason)
    note(connection, namespace, [(Happening.MOVED, engram_id)])


def _readable(record: _Record) -> Engram | None:
    try:
        return record.read()
    except CorruptRecordError:
        return None


def _counters(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    rows = connection.execute(
        "SELECT id, region, engrams, (SELECT count(*) FROM engram WHERE engram.place = place.id) AS there"
        " FROM place WHERE namespace = ? AND engrams <> there",
        (namespace,),
    )
    for place, region, engrams, there in rows:
        yield Found(region, f"counts {engrams} engrams and has {there}", partial(_recount, place=place))


def _recount(connection: sqlite3.Connection, place: int) -> None:
    counted = "(SELECT count(*) FROM engram WHERE engram.place = place.id)"
    connection.execute(f"UPDATE place SET engrams = {counted} WHERE id = ?", (place,))


# Links and documents


def _links(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    rows = connection.execute(
        f"SELECT source_id, target_id, kind, EXISTS ({_OWNED} source_id) AS a, EXISTS ({_OWNED} target_id) AS b"
        " FROM link WHERE namespace = ? AND NOT (a AND b)",
        (namespace,),
    )
    for source, target, kind, has_source, has_target in rows:
        ends = ((source, has_source), (target, has_target))
        missing = [end for end, there in ends if not there and is_engram_id(end)]
        if not missing:
            continue
        yield Found(
            f"{source} -> {target} ({kind})",
            f"links what is not there: {', '.join(missing)}",
            partial(_drop_link, namespace=namespace, source=source, target=target, kind=kind),
        )


def _drop_link(connection: sqlite3.Connection, namespace: str, source: str, target: str, kind: str) -> None:
    connection.execute(
        "DELETE FROM link WHERE namespace = ? AND source_id = ? AND target_id = ? AND kind = ?"
        f" AND NOT (EXISTS ({_OWNED} source_id) AND EXISTS ({_OWNED} target_id))",
        (namespace, source, target, kind),
    )


def _documents(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    for key, text in connection.execute(
        "SELECT key, value FROM bookkeeping WHERE namespace = ?", (namespace,)
    ):
        try:
            load_json(document_key(key), text)
        except CorruptRecordError as exc:
            mending = partial(_mend_document, namespace=namespace, key=key)
            yield Found(document_key(key), str(exc), mending)


def _mend_document(connection: sqlite3.Connection, namespace: str, key: str) -> None:
    found = connection.execute(
        "SELECT value FROM bookkeeping WHERE namespace = ? AND key = ?", (namespace, key)
    ).fetchone()
    try:
        load_json(document_key(key), found[0] if found else "null")
    except CorruptRecordError as exc:
        put_aside_document(connection, namespace, key, str(exc))
