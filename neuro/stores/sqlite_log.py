"""Two logs of a namespace of which only the end is kept: what happened to engrams, and which writes were done.

Entries are numbered without a hole, so that a reader can tell whether it has missed any.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from neuro.stores.base import Happening, News

ENTRIES_KEPT = 10_000
"""How far each log reaches back at least."""
_SURPLUS = 1_000
"""How many more there may be before the oldest are deleted, all at once."""

_DIGITS = 18
"""Longest position; SQLite has no longer integers."""

_NEWEST = "SELECT seq FROM {} WHERE namespace = ? ORDER BY seq DESC LIMIT 1"
_DROP = "DELETE FROM {} WHERE namespace = ? AND seq <= ?"


def note(connection: sqlite3.Connection, namespace: str, happened: Sequence[tuple[Happening, str]]) -> None:
    """Writes down what happened to which engram."""
    if not happened:
        return
    newest = _newest(connection, "happening", namespace)
    connection.executemany(
        "INSERT INTO happening VALUES (?, ?, ?, ?)",
        [(namespace, newest + i, kind, engram_id) for i, (kind, engram_id) in enumerate(happened, 1)],
    )
    _prune(connection, "happening", namespace, newest, newest + len(happened))


def news(connection: sqlite3.Connection, namespace: str, since: str | None) -> News:
    """`neuro.stores.base.Store.news`; a position that was never given is a gap too."""
    if since is None:
        return News(str(_newest(connection, "happening", namespace)))
    known = int(since) if since.isdecimal() and len(since) <= _DIGITS else -1
    rows = connection.execute(
        "SELECT seq, kind, engram_id FROM happening WHERE namespace = ? AND seq >= ? ORDER BY seq",
        (namespace, known),
    ).fetchall()
    later = [row for row in rows if row[0] > known]
    unbroken = later[0][0] == known + 1 if later else bool(rows) or known == 0
    if not unbroken:
        return News(str(_newest(connection, "happening", namespace)), gap=True)
    position = later[-1][0] if later else known
    try:
        return News(str(position), tuple((Happening(kind), engram_id) for _, kind, engram_id in later))
    except ValueError:  # an entry is damaged
        return News(str(position), gap=True)


def is_done(connection: sqlite3.Connection, namespace: str, op_id: str) -> bool:
    """Whether a write of this operation id was carried out already."""
    done = "SELECT 1 FROM operation WHERE namespace = ? AND op_id = ?"
    return connection.execute(done, (namespace, op_id)).fetchone() is not None


def set_done(connection: sqlite3.Connection, namespace: str, op_id: str) -> None:
    """Remembers that a write of this operation id was carried out."""
    newest = _newest(connection, "operation", namespace)
    connection.execute("INSERT INTO operation VALUES (?, ?, ?)", (namespace, newest + 1, op_id))
    _prune(connection, "operation", namespace, newest, newest + 1)


def _newest(connection: sqlite3.Connection, table: str, namespace: str) -> int:
    found = connection.execute(_NEWEST.format(table), (namespace,)).fetchone()
    return 0 if found is None else found[0]


def _prune(connection: sqlite3.Connection, table: str, namespace: str, before: int, newest: int) -> None:
    if before // _SURPLUS != newest // _SURPLUS:
        connection.execute(_DROP.format(table), (namespace, newest - ENTRIES_KEPT))
