"""Where a SQLite file keeps what cannot be read: as it was found, where no verb comes upon it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from neuro.stores.base import Quarantined


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
    this = "FROM bookkeeping WHERE namespace = ? AND key = CAST(? AS TEXT)"
    stored = as_stored(key)
    connection.execute(
        f"INSERT INTO quarantine (namespace, key, reason, document) SELECT namespace, ?, ?, value {this}",
        (document_key(key), reason, namespace, stored),
    )
    connection.execute(f"DELETE {this}", (namespace, stored))


def put_aside(connection: sqlite3.Connection, namespace: str) -> list[Quarantined]:
    """`neuro.stores.base.Store.quarantine`."""
    sizes = " + ".join(
        f"coalesce(length(CAST({part} AS BLOB)), 0)" for part in ("document", "dynamics", "features")
    )
    rows = connection.execute(
        f"SELECT key, reason, {sizes} FROM quarantine WHERE namespace = ? ORDER BY key, id", (namespace,)
    )
    return [Quarantined(*row) for row in rows]


def discard(connection: sqlite3.Connection, namespace: str, keys: Sequence[str]) -> None:
    """`neuro.stores.base.Store.discard`."""
    connection.execute(
        "DELETE FROM quarantine WHERE namespace = ? AND key IN (SELECT value FROM json_each(?))",
        (namespace, json.dumps(keys)),
    )


def count_put_aside(connection: sqlite3.Connection, namespace: str) -> int:
    """How many records of a namespace are in the quarantine."""
    count = "SELECT count(*) FROM quarantine WHERE namespace = ?"
    return connection.execute(count, (namespace,)).fetchone()[0]


def engram_key(region: str, engram_id: str) -> str:
    """What an engram is called in messages."""
    return printable(f"{region}/{engram_id}")


def document_key(key: str) -> str:
    """What a bookkeeping document is called in messages."""
    return printable(f"bookkeeping/{key}")


def as_stored(text: str) -> bytes:
    """The bytes of a text that was read from the file, which may be no UTF-8; a statement needs ``CAST(? AS TEXT)``."""
    return text.encode("utf-8", "surrogateescape")


def printable(key: str) -> str:
    """With what is no UTF-8 in a name spelled out: it must go into logs, and into the file again."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")
