"""Records that cannot be read: met on the way, and put aside where no verb comes upon them."""

from __future__ import annotations

import logging
import sqlite3

from neuro.errors import CorruptRecordError

_LOGGER = logging.getLogger("neuro")


class Unreadable:
    """What a process could not read so far, by key; it warns once of each. Any thread may call it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._reasons: dict[str, str] = {}

    def meet(self, key: str, error: CorruptRecordError) -> None:
        """A record turned out to be unreadable."""
        if key not in self._reasons:
            self._reasons[key] = str(error)
            _LOGGER.warning("%s: a record cannot be read and is left out: %s", self._url, error)

    def part(self, key: str) -> None:
        """A record is gone, or put aside."""
        self._reasons.pop(key, None)

    def reasons(self) -> dict[str, str]:
        """Why, by key."""
        return dict(self._reasons)


def put_aside_engram(connection: sqlite3.Connection, namespace: str, row: int, key: str, reason: str) -> None:
    """Moves all there is of an engram, or the remains of one, into the quarantine."""
    connection.execute(
        "INSERT INTO quarantine (namespace, key, reason, document, dynamics, features)"
        " SELECT ?, ?, ?, d.document, e.dynamics, m.features FROM (SELECT ? AS id) AS this"
        " LEFT JOIN engram e ON e.id = this.id LEFT JOIN document d ON d.engram = this.id"
        " LEFT JOIN embedding m ON m.engram = this.id",
        (namespace, key, reason, row),
    )
    connection.execute(
        "UPDATE place SET engrams = engrams - 1 WHERE id = (SELECT place FROM engram WHERE id = ?)", (row,)
    )
    for table, column in (("document", "engram"), ("embedding", "engram"), ("engram", "id")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (row,))


def put_aside_document(connection: sqlite3.Connection, namespace: str, key: str, reason: str) -> None:
    """Moves a bookkeeping document into the quarantine."""
    connection.execute(
        "INSERT INTO quarantine (namespace, key, reason, document)"
        " SELECT namespace, ?, ?, value FROM bookkeeping WHERE namespace = ? AND key = ?",
        (document_key(key), reason, namespace, key),
    )
    connection.execute("DELETE FROM bookkeeping WHERE namespace = ? AND key = ?", (namespace, key))


def put_aside(connection: sqlite3.Connection, namespace: str) -> dict[str, str]:
    """Why each record of a namespace is in the quarantine, by key."""
    rows = connection.execute(
        "SELECT key, reason FROM quarantine WHERE namespace = ? ORDER BY key", (namespace,)
    )
    return dict(rows.fetchall())


def count_put_aside(connection: sqlite3.Connection, namespace: str) -> int:
    """How many records of a namespace are in the quarantine."""
    count = "SELECT count(*) FROM quarantine WHERE namespace = ?"
    return connection.execute(count, (namespace,)).fetchone()[0]


def engram_key(region: str, engram_id: str) -> str:
    """What an engram is called in messages."""
    return f"{region}/{engram_id}"


def document_key(key: str) -> str:
    """What a bookkeeping document is called in messages."""
    return f"bookkeeping/{key}"
