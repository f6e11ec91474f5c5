"""What is on a brain's mind, written down beside its memories, so that waking up after a crash is no fresh start.

Small things (working memory, the goal, the place in the stream) are written with every new engram, and at most a
second after a recall; what the next night is to wire and replay at most some seconds later, and only if it changed.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from neuro.clock import Clock
from neuro.regions.anatomy import Anatomy
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.signals import Chunk
from neuro.stores import Document, Store

_PAUSE = 1.0
"""Seconds between two writes of what is on the mind, where nothing else is written with it."""
_LEDGER_PAUSE = 5.0
"""The same of what the next night has to do, which grows with the day."""


class Mind:
    """Writes down and takes up what is on one brain's mind.

    Args:
        scope: whose; brains of several scopes on one store have a mind each.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        anatomy: Anatomy,
        prefrontal_cortex: PrefrontalCortex,
        scope: str | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._hippocampus = anatomy.hippocampus
        self._anatomy = anatomy
        self._prefrontal_cortex = prefrontal_cortex
        suffix = "" if scope is None else f":{scope}"
        self.keys = (f"mind{suffix}", f"ledger{suffix}")
        self._written = self._ledger_written = -math.inf
        self._ledger_revision = -1

    @contextmanager
    def writing(self, *, whole: bool = False) -> Generator[list[Document]]:
        """What the block is to write now; if it raises, that is still to be written.

        Args:
            whole: with what the next night has to do, however lately that was written.
        """
        now, revision = self._clock.now(), self._hippocampus.ledger_revision
        found = [self.document(self._prefrontal_cortex, self._hippocampus)]
        self._written = now
        due = whole or not 0.0 <= now - self._ledger_written < _LEDGER_PAUSE
        if not due or revision == self._ledger_revision:
            yield found
            return
        self._ledger_written = now
        yield [*found, Document(self.keys[1], self._hippocampus.ledger())]
        self._ledger_revision = revision

    def document(self, prefrontal_cortex: PrefrontalCortex, hippocampus: Hippocampus) -> Document:
        """The small part of what is to be written, as these regions have it."""
        return Document(self.keys[0], {**prefrontal_cortex.state(), "stream": hippocampus.stream()})

    async def write(self) -> None:
        """Writes what is on the mind, unless that has just been done."""
        if self._store.durable and not 0.0 <= self._clock.now() - self._written < _PAUSE:
            with self.writing() as documents:
                await self._store.write(documents)

    async def resume(self, mind: Mapping[str, Any] | None, ledger: Mapping[str, Any] | None) -> None:
        """Takes up what an earlier life wrote down under `keys`."""
        if mind is None:
            return
        held: list[list[Any]] = mind["held"]
        bindings: list[list[Any]] = [] if ledger is None else ledger["bindings"]
        unreplayed: dict[str, float] = {} if ledger is None else ledger["unreplayed"]
        named = [
            *(engram_id for engram_id, *_ in (*held, *mind["stream"])),
            *unreplayed,
            *(engram_id for pair in bindings for engram_id in pair[:2]),
        ]
        owners = await self._anatomy.owners([*dict.fromkeys(named)])  # some may have been forgotten since
        self._hippocampus.resume(
            [place for place in mind["stream"] if place[0] in owners],
            {
                "unreplayed": {i: sleeps for i, sleeps in unreplayed.items() if i in owners},
                "bindings": [pair for pair in bindings if pair[0] in owners and pair[1] in owners],
            },
        )
        self._prefrontal_cortex.resume(
            mind["goal"],
            [
                Chunk(engram_id, engram.content, held_at, rehearsed_at, engram.salience)
                for engram_id, held_at, rehearsed_at in held
                if engram_id in owners
                for engram in [owners[engram_id][1]]
            ],
        )
