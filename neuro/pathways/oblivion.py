"""What was forgotten while an act that had seen it was still under way."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


class Oblivion:
    """Keeps acts from bringing back what they read before it was forgotten."""

    def __init__(self) -> None:
        self._acts = 0
        self._forgotten: set[str] = set()

    @contextmanager
    def watched(self) -> Generator[None]:
        """Around an act: until it ends, what is forgotten meanwhile is remembered as such."""
        self._acts += 1
        try:
            yield
        finally:
            self._acts -= 1
            if not self._acts:
                self._forgotten.clear()

    def add(self, engram_id: str) -> None:
        """This engram has been forgotten."""
        if self._acts:
            self._forgotten.add(engram_id)

    def __contains__(self, engram_id: object) -> bool:
        return engram_id in self._forgotten
