"""Several writes as one: carried out in order within a transaction, with all that is stale named at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from neuro.errors import CorruptRecordError, StaleEngramError
from neuro.ids import is_engram_id
from neuro.stores.base import Document, Happening, Insert, Link, Remove, Replace, Unlink, Write
from neuro.stores.codec import load_json
from neuro.stores.sqlite_log import is_done, note, set_done
from neuro.stores.sqlite_place import Place, PlaceRow
from neuro.stores.sqlite_quarantine import document_key, put_aside_document
from neuro.stores.unreadable import Unreadable

Places = Callable[[str], Place]
"""The place of each region."""


class Writing:
    """Writes that happen together, in the writer's thread, within its transaction."""

    def __init__(self, connection: sqlite3.Connection, namespace: str, places: Places) -> None:
        self._connection = connection
        self._namespace = namespace
        self._places = places
        self._rows: dict[str, PlaceRow] = {}
        self._events: dict[str, dict[str, list[Happening]]] = {}
        self._operations: dict[str, list[Any]] = {}
        self._stale: dict[str, str] = {}

    def carry_out(self, writes: Sequence[Write], op_id: str | None) -> None:
        """`neuro.stores.base.Store.write`; the text of a document stands for its value."""
        if op_id is not None:
            if is_done(self._connection, self._namespace, op_id):
                return
            set_done(self._connection, self._namespace, op_id)
        for write in writes:
            try:
                self._do(write)
            except StaleEngramError as exc:
                self._stale.update(dict.fromkeys(exc.engram_ids, str(exc)))
        self.finish()

    def remove(self, region: str, engram_id: str, revision: int | None) -> bool:
        """Removes an engram; False when there is none, StaleEngramError when it has another revision."""
        operations = self._places(region).remove(self._connection, self._row(region), engram_id, revision)
        if operations is None:
            return False
        if operations:
            self._operations[engram_id] = operations
        self._happened(region, engram_id, Happening.REMOVED)
        return True

    def finish(self) -> None:
        """Tells the others; raises StaleEngramError if anything was stale."""
        if self._stale:
            message = next(iter(self._stale.values()))
            more = f" (and {len(self._stale) - 1} more)" if len(self._stale) > 1 else ""
            raise StaleEngramError(message + more, tuple(self._stale))
        self._carry_operations()
        note(self._connection, self._namespace, self._news())

    def _do(self, write: Write) -> None:
        match write:
            case Insert(region, placed, writer):
                if self._places(region).insert(self._connection, self._row(region), placed, writer):
                    self._happened(region, placed.engram.engram_id, Happening.INSERTED)
            case Remove(region, engram_id, revision):
                if not self.remove(region, engram_id, revision) and revision is not None:
                    raise _gone(engram_id, revision)
            case Replace(region, placed, revision):
                if not self._places(region).replace(self._connection, self._row(region), placed, revision):
                    raise _gone(placed.engram.engram_id, revision)
            case Link():
                self._link(write)
            case Unlink(engram_id):
                self._unlink(engram_id)
            case Document(key, text):
                write_document(self._connection, self._namespace, key, text)

    def _carry_operations(self) -> None:
        """What has moved still knows the operations that it has seen."""
        for engram_id, operations in self._operations.items():
            for region, events in self._events[engram_id].items():
                if events[-1] == Happening.INSERTED:
                    self._places(region).remember(self._connection, self._row(region), engram_id, operations)

    def _row(self, region: str) -> PlaceRow:
        if region not in self._rows:
            self._rows[region] = self._places(region).make_row(self._connection)
        return self._rows[region]

    def _link(self, link: Link) -> None:
        key = (self._namespace, link.source_id, link.target_id, link.kind)
        if link.weight == 0.0:
            same = "namespace = ? AND source_id = ? AND target_id = ? AND kind = ?"
            self._connection.execute(f"DELETE FROM link WHERE {same}", key)
        elif self._is_there(link.source_id) and self._is_there(link.target_id):
            self._connection.execute(
                "INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?)", (*key, link.weight)
            )

    def _is_there(self, node: str) -> bool:
        """Whether a node of the connectome is no engram, or one that some region holds."""
        return not is_engram_id(node) or bool(
            self._connection.execute(
                "SELECT 1 FROM place p JOIN engram e ON e.place = p.id WHERE p.namespace = ? AND e.engram_id = ?",
                (self._namespace, node),
            ).fetchone()
        )

    def _unlink(self, engram_id: str) -> None:
        for end in ("source_id", "target_id"):
            self._connection.execute(
                f"DELETE FROM link WHERE namespace = ? AND {end} = ?", (self._namespace, engram_id)
            )

    def _happened(self, region: str, engram_id: str, happening: Happening) -> None:
        self._events.setdefault(engram_id, {}).setdefault(region, []).append(happening)

    def _news(self) -> list[tuple[Happening, str]]:
        """What all of it comes to for each engram."""
        news: list[tuple[Happening, str]] = []
        for engram_id, by_region in self._events.items():
            ends = [(events[0], events[-1]) for events in by_region.values()]
            left = (Happening.REMOVED, Happening.REMOVED) in ends
            entered = (Happening.INSERTED, Happening.INSERTED) in ends
            anew = (Happening.REMOVED, Happening.INSERTED) in ends
            if left and entered:
                news.append((Happening.MOVED, engram_id))
                continue
            if left or anew:
                news.append((Happening.REMOVED, engram_id))
            if entered or anew:
                news.append((Happening.INSERTED, engram_id))
        return news


def _gone(engram_id: str, revision: int) -> StaleEngramError:
    return StaleEngramError(f"{engram_id}: has not revision {revision} any more, or is gone", (engram_id,))


# Documents


def document_text(value: Any) -> str | None:
    """A JSON value as it is written; None for None, which is not. TypeError or ValueError for what is no JSON."""
    return None if value is None else json.dumps(value)


def write_document(connection: sqlite3.Connection, namespace: str, key: str, text: str | None) -> None:
    """Sets the text of a bookkeeping document; None removes it."""
    if text is None:
        connection.execute("DELETE FROM bookkeeping WHERE namespace = ? AND key = ?", (namespace, key))
    else:
        connection.execute("INSERT OR REPLACE INTO bookkeeping VALUES (?, ?, ?)", (namespace, key, text))


def read_documents(
    connection: sqlite3.Connection, namespace: str, keys: Sequence[str], unreadable: Unreadable
) -> list[Any]:
    """`neuro.stores.base.Store.read_documents`."""
    rows = connection.execute(
        "SELECT key, value FROM bookkeeping WHERE namespace = ? AND key IN (SELECT value FROM json_each(?))",
        (namespace, json.dumps(keys)),
    )
    found: dict[str, Any] = {}
    for key, text in rows:
        try:
            found[key] = load_json(document_key(key), text)
        except CorruptRecordError as exc:
            unreadable.note(document_key(key), exc)
    return [found.get(key) for key in keys]


def amend_document(
    connection: sqlite3.Connection,
    namespace: str,
    key: str,
    change: Callable[[Any], Any],
    unreadable: Unreadable,
) -> Any:
    """`neuro.stores.base.Store.amend_document`: nobody else writes meanwhile, so the first try lands."""
    [held] = read_documents(connection, namespace, [key], unreadable)
    reason = unreadable.reasons.get(document_key(key))
    if held is None and reason is not None:
        put_aside_document(connection, namespace, key, reason)
        unreadable.forget(document_key(key))
    text = document_text(change(held))
    write_document(connection, namespace, key, text)
    return None if text is None else json.loads(text)
