"""How far a long measurement has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

_TOLD_EVERY = 100


@contextmanager
def progress(title: str, total: int, unit: str) -> Generator[Callable[[], object]]:
    """What to call after each unit: moves a bar where rich is installed, else tells every hundredth."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            if done % _TOLD_EVERY == 0 or done == total:
                print(f"{done} of {total} {unit}", file=sys.stderr, flush=True)

        yield advance
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)
