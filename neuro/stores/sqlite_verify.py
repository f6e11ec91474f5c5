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
from neuro.stores.codec import is_utf8, load_json, load_operations, unpack_as
from neuro.stores.memory import same_memory
from neuro.stores.sqlite_log import note
from neuro.stores.sqlite_quarantine import (
    as_stored,
    document_key,
    engram_key,
    printable,
    put_aside_document,
    put_aside_engram,
)
from neuro.stores.sqlite_schema import ENGRAM_INDEXES
from neuro.stores.sqlite_thread import is_damage

_RECORD = """
    SELECT p.region, e.id, e.engram_id, e.digest, e.revision, e.operations, d.document, e.dynamics, m.features,
        typeof(e.forgotten_at) IN ('real', 'integer')
        AND typeof(e.review_at) IN ('real', 'integer', 'null')
        AND typeof(e.rehearsal_at) IN ('real', 'integer', 'null'),
        p.dimension, p.id
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
    place: int
    """Row of its region."""

    @property
    def key(self) -> str:
        return engram_key(self.region, self.engram_id)

    def read(self) -> Engram:
        return unpack_as(self.engram_id, self.key, self.document or "", self.dynamics, self.features or b"")


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
    """Makes the indexes anew; before, of engrams that a damaged one let in twice, one is left."""
    for name in ENGRAM_INDEXES:  # a row that is missing from an index could not be deleted
        connection.execute(f"DROP INDEX {name}")
    for namespace, _, rows, _ in _twins(connection, "true", by="e.place"):
        _leave_one(connection, namespace, rows)
    try:
        for statement in (*ENGRAM_INDEXES.values(), "REINDEX"):
            connection.execute(statement)
    except sqlite3.IntegrityError as exc:  # something else is there twice; the old indexes come back
        raise CorruptRecordError(f"the indexes cannot be made anew: {exc}") from None
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
        return load_operations(record.key, record.operations)
    except CorruptRecordError:
        return None


def is_unreadable(connection: sqlite3.Connection, namespace: str, key: str) -> bool:
    """Whether what is called so in messages is there, and still cannot be read."""
    if "\\" in key:  # a name that is not UTF-8, spelled out, cannot be looked up
        return True
    region, _, name = key.rpartition("/")
    there = f"{_RECORD} AND p.region = ? AND e.engram_id = ?"
    documents = "SELECT value FROM bookkeeping WHERE namespace = ? AND ? = 'bookkeeping/' || key"
    try:
        for values in connection.execute(there, (namespace, region, name)).fetchall():
            record = _Record(*values)
            record.read()
            load_operations(record.key, record.operations)
        for (text,) in connection.execute(documents, (namespace, key)).fetchall():
            load_json(key, text)
    except (CorruptRecordError, sqlite3.DatabaseError):
        return True
    return False


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
        if is_utf8(record.engram_id):
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
    for _, engram_id, rows, regions in _twins(connection, "p.namespace = ?", namespace):
        mending = partial(_leave_one, namespace=namespace, rows=rows)
        yield Found(printable(engram_id), f"is in several regions: {printable(regions)}", mending)


def _twins(
    connection: sqlite3.Connection, condition: str, *values: str, by: str = "p.namespace"
) -> list[tuple[str, str, str, str]]:
    """Namespace, id, rows and regions of what is there twice; not looked up in an index, which may be damaged."""
    return connection.execute(
        "SELECT p.namespace, e.engram_id, json_group_array(e.id), group_concat(p.region, ', ')"
        " FROM engram e NOT INDEXED JOIN place p ON p.id = e.place"
        f" WHERE {condition} GROUP BY e.engram_id, {by} HAVING count(*) > 1",
        values,
    ).fetchall()


def _leave_one(connection: sqlite3.Connection, namespace: str, rows: str) -> None:
    """Of these rows (JSON) the newest revision stays; another memory of its id, and what cannot be read, is put
    aside."""
    these = f"{_RECORD} AND e.id IN (SELECT value FROM json_each(?))"
    records = [_Record(*values) for values in connection.execute(these, (namespace, rows)).fetchall()]
    if len(records) < 2:  # somebody was quicker
        return
    readable: list[tuple[Engram, _Record]] = []
    for record in records:
        try:
            readable.append((record.read(), record))
        except CorruptRecordError:
            _mend_record(connection, namespace, record.row)
    readable.sort(key=lambda pair: (-pair[0].revision, pair[1].region, pair[1].row))
    for engram, record in readable[1:]:
        kept, first = readable[0]
        if same_memory(kept, engram):
            connection.execute("DELETE FROM engram WHERE id = ?", (record.row,))
        else:
            reason = f"another memory of this id is in {first.region}"
            put_aside_engram(connection, namespace, record.row, record.key, reason)
    for place in {record.place for record in records}:
        _recount(connection, place)
    if readable:
        note(connection, namespace, [(Happening.MOVED, readable[0][0].engram_id)])


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
        " FROM link WHERE namespace = ?",
        (namespace,),
    )
    for source, target, kind, has_source, has_target in rows:
        link = (source, target, kind)
        if not is_utf8("".join(link)):
            problem, unless = "is not UTF-8", ""
        else:
            ends = ((source, has_source), (target, has_target))
            missing = [end for end, there in ends if not there and is_engram_id(end)]
            if not missing:
                continue
            problem = f"links what is not there: {', '.join(missing)}"
            unless = f"AND NOT (EXISTS ({_OWNED} source_id) AND EXISTS ({_OWNED} target_id))"
        mending = partial(_drop_link, namespace=namespace, link=link, unless=unless)
        yield Found(printable(f"{source} -> {target} ({kind})"), problem, mending)


def _drop_link(
    connection: sqlite3.Connection, namespace: str, link: tuple[str, str, str], unless: str
) -> None:
    connection.execute(
        "DELETE FROM link WHERE namespace = ? AND source_id = CAST(? AS TEXT) AND target_id = CAST(? AS TEXT)"
        f" AND kind = CAST(? AS TEXT) {unless}",
        (namespace, *map(as_stored, link)),
    )


def _documents(connection: sqlite3.Connection, path: Path, namespace: str) -> Generator[Found]:
    for key, text in connection.execute(
        "SELECT key, value FROM bookkeeping WHERE namespace = ?", (namespace,)
    ):
        try:
            _check_document(key, text)
        except CorruptRecordError as exc:
            mending = partial(_mend_document, namespace=namespace, key=key)
            yield Found(document_key(key), str(exc), mending)


def _mend_document(connection: sqlite3.Connection, namespace: str, key: str) -> None:
    found = connection.execute(
        "SELECT value FROM bookkeeping WHERE namespace = ? AND key = CAST(? AS TEXT)",
        (namespace, as_stored(key)),
    ).fetchone()
    try:
        _check_document(key, found[0] if found else "null")
    except CorruptRecordError as exc:
        put_aside_document(connection, namespace, key, str(exc))


def _check_document(key: str, text: str) -> None:
    load_json(document_key(key), text)
    if not is_utf8(key):
        raise CorruptRecordError(f"{document_key(key)}: is not UTF-8")
