"""Where output goes: the answer to standard output, for people or as one JSON document, all else to standard error.

Fine without a terminal, colour or width: on a pipe a paragraph is one line, and nothing is ever cut but the last
column of a table.
"""

from __future__ import annotations

import json
import math
import os
import sys
import unicodedata
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from typing import IO, Any, cast

from neuro import MissingDependencyError

try:
    from rich.cells import cell_len, set_cell_size
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
    from rich.text import Text
except ImportError:
    raise MissingDependencyError("rich", "cli") from None

Piece = str | tuple[str, str]
"""A text, or a text and its style."""

_PIPE_WIDTH = 120
"""Columns of a table when nobody says how many there are."""
_NARROWEST = 72
"""Nothing is squeezed below this many columns."""
_PARAGRAPH_WIDTH = 100
"""Lines of prose are no longer than this."""
_GAP = 2
"""Blanks between the columns of a table."""
_PLAIN = str.maketrans({"“": '"', "”": '"', "…": "...", "✓": "+", "█": "#", "░": "."})
"""What is written where the encoding of standard output has no such signs."""


class _QuietConsole(Console):
    """Leaves it to the command line what happens when the reader has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console(stream: IO[str]) -> Console:
    probe = Console(file=stream)
    known = probe.is_terminal or "COLUMNS" in os.environ
    width = max(_NARROWEST, probe.width) if known else _PIPE_WIDTH
    return _QuietConsole(file=stream, width=width, highlight=False, markup=False, emoji=False)


class ProgressBar:
    """What a long act tells of how far it is."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def start(self, total: int) -> None:
        """There are so many steps."""
        self._progress.update(self._task, total=total)

    def step(self, steps: int = 1) -> None:
        """So many of them are over."""
        self._progress.advance(self._task, steps)


class Screen:
    """What a command shows.

    Args:
        as_json: nothing but one JSON document goes to standard output.
        wrap: prose is wrapped on a pipe too.
        zone: in which instants are shown; local time if none.
    """

    def __init__(self, *, as_json: bool = False, wrap: bool = False, zone: tzinfo | None = None) -> None:
        self.as_json = as_json
        self.zone = zone
        self._out = _console(sys.stdout)
        self._err = _console(sys.stderr)
        self._unicode = self._out.encoding.startswith("utf")
        wraps = wrap or self._out.is_terminal
        self._wrap = min(self._out.width, _PARAGRAPH_WIDTH) if wraps else None

    def say(self, *pieces: Piece, lead: str = "", whole: bool = False) -> None:
        """A paragraph; its further lines are indented by the width of ``lead``.

        Args:
            whole: one line however long, to be copied.
        """
        if self.as_json:
            return
        text = Text()
        for piece in pieces:
            words, style = (piece, "") if isinstance(piece, str) else piece
            text.append(self._clean(words), style)
        lines = [text] if whole or self._wrap is None else text.wrap(self._out, self._wrap - len(lead))
        for number, line in enumerate(lines):
            self._print(Text(self._clean(lead) if number == 0 else " " * len(lead)) + line)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], lead: str = "") -> None:
        """A table; only its last column is cut to the room that is left."""
        if self.as_json:
            return
        lines = [[self._clean(cell) for cell in line] for line in (headings, *rows)]
        *widths, widest = (max(map(cell_len, column)) for column in zip(*lines, strict=True))
        room = self._out.width - len(lead) - sum(widths) - _GAP * len(widths)
        widths.append(min(widest, max(room, _NARROWEST // 3)))
        for number, cells in enumerate(lines):
            text = Text(lead, style="" if number else "bold")
            for cell, width in zip(cells, widths, strict=True):
                end = Text(cell)
                end.truncate(width, overflow="ellipsis")
                text.append(set_cell_size(end.plain, width) + " " * _GAP)
            self._print(Text(self._clean(text.plain), text.style))

    def emit(self, document: Mapping[str, Any]) -> None:
        """The answer for programs."""
        if self.as_json:
            text = json.dumps(_finite(document), ensure_ascii=not self._unicode, indent=2, allow_nan=False)
            self._out.file.write(text + "\n")

    def note(self, message: str) -> None:
        """Something beside the answer."""
        self._err.print(Text(printable(message)), soft_wrap=True)

    @contextmanager
    def progress(self, label: str) -> Generator[ProgressBar]:
        """A bar on standard error; without a terminal there is none."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        hidden = not self._err.is_terminal
        with Progress(*columns, console=self._err, transient=True, disable=hidden) as progress:
            yield ProgressBar(progress, progress.add_task(label, total=None))

    def _print(self, line: Text) -> None:
        line.rstrip()
        self._out.print(line, soft_wrap=True)

    def _clean(self, text: str) -> str:
        return printable(text if self._unicode else text.translate(_PLAIN))


def printable(text: str) -> str:
    """A text without the control characters by which it could take over a terminal."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c
        for c in text
    )


def _finite(value: object) -> object:
    """JSON has no infinity: what never fades has no hour of fading."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in cast("Sequence[object]", value)]
    return value
