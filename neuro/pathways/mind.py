"""What is on a brain's mind, written down beside its memories, so that waking up after a crash is no fresh start.

Small things (working memory, the goal, the place in the stream, what reward is expected) are written with every new
engram, and within a second of any other change; what the next night is to wire and replay within five, and only if it
changed. Of several brains of one scope, the one whose mind changed last leaves it to the next.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import Context
from typing import Any

from neuro.clock import Clock
from neuro.errors import StoreError, StoreUnavailableError
from neuro.pathways.ledger import Ledger, remaining
from neuro.pathways.life import end
from neuro.regions.anatomy import Anatomy
from neuro.regions.basal_ganglia import BasalGanglia
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.signals import Chunk
from neuro.stores import Document, Store

_PAUSE = 1.0
"""Seconds between two writes of what is on the mind, where nothing else is written with it."""


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
        basal_ganglia: BasalGanglia,
        ledger: Ledger,
        scope: str | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._anatomy = anatomy
        self._hippocampus = anatomy.hippocampus
        self._prefrontal_cortex = prefrontal_cortex
        self._basal_ganglia = basal_ganglia
        self.ledger = ledger
        suffix = "" if scope is None else f":{scope}"
        self.keys = (f"mind{suffix}", f"reward{suffix}")
        self._stored: dict[str, Any] = {}
        """What the store has, by key, as far as that is known."""
        self._written = -math.inf
        self._begun = self._under_way = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.Task[None] | None = None
        self._resting = False

    # Writing

    def document(self, prefrontal_cortex: PrefrontalCortex, hippocampus: Hippocampus) -> Document:
        """What is on the mind, as these regions have it."""
        return Document(self.keys[0], {**prefrontal_cortex.state(), "stream": hippocampus.stream()})

    def _changed(self) -> list[Document]:
        mind = self.document(self._prefrontal_cortex, self._hippocampus)
        reward = Document(self.keys[1], {"expected": self._basal_ganglia.expected_reward})
        return [page for page in (mind, reward) if page.value != self._stored.get(page.key)]

    @contextmanager
    def writing(self, *, whole: bool = False) -> Generator[list[Document]]:
        """What has changed and the block is to write now; if it raises, that is still to be written.

        Args:
            whole: with what the next night has to do, however lately that was written.
        """
        now, pages, ledger = self._clock.now(), self._changed(), None
        due = self.ledger.changed if whole else self.ledger.pause(now) == 0.0
        if due and self.ledger.sure(now):
            ledger = self.ledger.draft(now)
        self._begun += 1
        begun, met = self._begun, self._under_way > 0
        self._under_way += 1
        try:
            yield pages if ledger is None else [*pages, ledger.document]
        finally:
            self._under_way -= 1
        self._written = now
        self._stored.update({page.key: page.value for page in pages})
        if ledger is not None:
            self.ledger.written(ledger)
        if met or self._begun != begun:  # nobody knows which of those that met was the last to be stored
            for page in pages:
                del self._stored[page.key]
            if ledger is not None:
                self.ledger.doubt()

    async def write(self) -> None:
        """After an act: writes what is due, and has the rest written as soon as it is."""
        if self._store.durable:
            try:
                if self._pause() == 0.0:
                    await self._write_due()
            finally:
                self.later()

    def _pause(self) -> float | None:
        """Seconds until something is to be written; None: nothing has changed."""
        now = self._clock.now()
        pauses = [self.ledger.pause(now), remaining(_PAUSE, self._written, now) if self._changed() else None]
        return min((pause for pause in pauses if pause is not None), default=None)

    async def _write_due(self) -> None:
        if not self.ledger.sure(self._clock.now()):
            await self.ledger.look()
        with self.writing() as documents:
            if documents:
                await self._store.write(documents)

    # Later

    def later(self) -> None:
        """Has what has changed written when it is due, whether or not anything else happens by then."""
        waiting = self._timer is not None and not self._timer.done()
        if self._store.durable and not waiting and self._pause() is not None:
            self._start(0.0)

    def _start(self, after: float) -> None:
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here and self._loop is not None and not self._resting:  # elsewhere the next act sees to it
            # In a context of its own: what a night writes is refused when the night is over.
            self._timer = self._loop.create_task(
                self._write_when_due(after), name="neuro mind", context=Context()
            )

    async def _write_when_due(self, after: float) -> None:
        try:
            await asyncio.sleep(after)
            while self._store.durable and (pause := self._pause()) is not None:
                if pause == 0.0:
                    await self._write_due()
                    pause = _PAUSE
                await self._clock.sleep(min(pause, _PAUSE))
        except StoreUnavailableError:  # in real seconds, and no clock waits for this task any more
            self._start(_PAUSE)
        except StoreError:  # whoever acts next hears of it
            return

    async def rest(self) -> None:
        """Nothing is written in the background any more."""
        self._resting = True
        if self._timer is not None:
            await end(self._timer)

    # Waking up

    async def resume(self, mind: Mapping[str, Any] | None, reward: Mapping[str, Any] | None) -> None:
        """Takes up what an earlier life wrote down under `keys`."""
        self._loop = asyncio.get_running_loop()
        self._stored[self.keys[1]] = reward or {"expected": 0.0}
        if reward is not None:
            self._basal_ganglia.expected_reward = float(reward["expected"])
        if mind is not None:
            await self._take_up(mind)
        page = self.document(self._prefrontal_cortex, self._hippocampus)
        self._stored[page.key] = page.value

    async def _take_up(self, mind: Mapping[str, Any]) -> None:
        held: list[list[Any]] = mind["held"]
        named = dict.fromkeys(engram_id for engram_id, *_ in (*held, *mind["stream"]))
        owners = await self._anatomy.owners([*named])  # some may have been forgotten since
        self._hippocampus.resume([place for place in mind["stream"] if place[0] in owners])
        self._prefrontal_cortex.resume(
            mind["goal"],
            [
                Chunk(engram_id, engram.content, held_at, rehearsed_at, engram.salience)
                for engram_id, held_at, rehearsed_at in held
                if engram_id in owners
                for engram in [owners[engram_id][1]]
            ],
        )
