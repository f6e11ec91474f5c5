"""Living with other brains on the same store: hearing of what they encode and forget, and taking over what they leave.

Knows what happened to which engram; deliberately not what a recall makes of it.
"""

from __future__ import annotations

import asyncio
import uuid
import weakref
from collections.abc import Iterable
from contextlib import suppress
from contextvars import Context

from neuro.clock import Clock
from neuro.connectome import Connectome
from neuro.errors import StoreError, StoreUnavailableError
from neuro.pace import Pace
from neuro.pathways.life import end
from neuro.pathways.oblivion import Oblivion
from neuro.regions.anatomy import Anatomy
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.stores import Happening, News, Store

SILENCE = 30.0
"""Seconds without a sign of life after which what a writer has left is another's."""
_ATTEMPT = 1.0
"""Real seconds between two attempts to write what waits."""
_BEAT = 5.0
"""Seconds between two signs of life, while there is anything to do."""
_PULSE = 10.0
"""Real seconds between two looks whether a sign of life is due, of a brain that may be idle."""
_BATCH = 25
"""Engrams that are taken over at a time: the event loop is held for some 10 ms."""


class Sharing:
    """One brain among those on its store.

    Args:
        writer: names this brain; unlike any other.
    """

    def __init__(
        self,
        writer: str,
        store: Store,
        clock: Clock,
        anatomy: Anatomy,
        connectome: Connectome,
        prefrontal_cortex: PrefrontalCortex,
        oblivion: Oblivion,
    ) -> None:
        self.writer = writer
        self._store = store
        self._clock = clock
        self._anatomy = anatomy
        self._connectome = connectome
        self._prefrontal_cortex = prefrontal_cortex
        self._oblivion = oblivion
        self._hearing = asyncio.Lock()
        self._position: str | None = None
        self._beat_at: float | None = None
        self._adopting = False
        self._draining: asyncio.Task[None] | None = None
        self._pulse: asyncio.Task[None] | None = None

    async def catch_up(self) -> None:
        """Takes in what happened on the store since the last time, and writes what waits; nothing while it is away."""
        journal = self._anatomy.hippocampus.journal
        if journal is not None and journal.away:
            return
        with suppress(StoreUnavailableError):
            await self.hear()

    async def hear(self) -> None:
        """`catch_up`, and StoreUnavailableError if the store is away."""
        await self._anatomy.settle()
        async with self._hearing:  # or the second to come would go on before the first has taken in the news
            news = await self._store.news(self._position)
            if self._position is not None:
                await self._take_in(news)
            self._position = news.position

    async def _take_in(self, news: News) -> None:
        index, pace = self._anatomy.index, Pace()
        if news.gap:
            index.distrust()
        fresh: dict[str, None] = {}
        with index.reading():
            for happening, engram_id in news.happened:
                if happening == Happening.REMOVED:
                    fresh.pop(engram_id, None)
                    self.let_go(engram_id)
                elif happening == Happening.MOVED:
                    self._anatomy.hippocampus.departed([engram_id])
                elif index.wants(engram_id):
                    fresh[engram_id] = None
                await pace.turn()
            if fresh:
                await index.take_in(await self._anatomy.stored([*fresh]))

    def let_go(self, engram_id: str) -> None:
        """Nothing in this process shows an engram any more; it has been deleted."""
        self._oblivion.add(engram_id)
        self._anatomy.let_go(engram_id)
        self._connectome.let_go(engram_id)
        self._prefrontal_cortex.release(engram_id)

    async def let_go_all(self, engram_ids: Iterable[str]) -> None:
        """`let_go` of many, with turns for others in between."""
        pace = Pace()
        for engram_id in engram_ids:
            self.let_go(engram_id)
            await pace.turn(2)  # both indexes may have to let go of it

    def drain_later(self) -> None:
        """Writes what waits as soon as the store is back, whether or not anything else happens by then."""
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain(), name="neuro buffer")

    async def _drain(self) -> None:
        journal = self._anatomy.hippocampus.journal
        while journal is not None and journal.behind:
            await asyncio.sleep(_ATTEMPT)
            with suppress(StoreError):  # one that refuses may be mended, too
                await self.beat()
                await self._anatomy.settle()

    async def beat(self) -> None:
        """Gives a sign of life, if the last one is a while ago."""
        now = self._clock.now()
        if self._beat_at is None or not 0.0 <= now - self._beat_at < _BEAT:
            await self._store.beat(self.writer, now)
            self._beat_at = now

    @property
    def _in_charge(self) -> bool:
        """Whether there is anything that another brain must not take over."""
        return self._store.durable and len(self._anatomy.hippocampus.recent) > 0

    def live_on(self) -> None:
        """Has signs of life given in the background, as long as this brain is in charge of anything."""
        if self._in_charge and (self._pulse is None or self._pulse.done()):
            # In a context of its own: it outlives the night or the act that began it, and their lease.
            self._pulse = asyncio.create_task(
                _live_on(weakref.ref(self)), name="neuro pulse", context=Context()
            )

    async def pulse(self) -> bool:
        """A sign of life of a brain that may be idle; whether another one is to follow."""
        with suppress(StoreError):
            await self.beat()
        return self._in_charge

    async def adopt(self, sleeps: float) -> None:
        """Takes over what writers have left that have closed, or gave no sign of life for `SILENCE`."""
        hippocampus = self._anatomy.hippocampus
        now = self._clock.now()
        silent_since, ahead_of = now - SILENCE, now + SILENCE
        if self._adopting:  # it failed half-way, and what is its own already is not given again
            self._beat_at = None
            await self._store.retire(self.writer)
            nobody = uuid.uuid4().hex
            await self._store.adopt(hippocampus.name, nobody, silent_since=silent_since, ahead_of=ahead_of)
        self._adopting = True
        adopted = await self._store.adopt(
            hippocampus.name, self.writer, silent_since=silent_since, ahead_of=ahead_of
        )
        if adopted:
            self._beat_at = None
            await self.beat()
            with self._oblivion.watched():
                found = await hippocampus.store.get(adopted)
                engrams = [engram for engram in found if engram is not None]
                for start in range(0, len(engrams), _BATCH):
                    batch = engrams[start : start + _BATCH]
                    hippocampus.adopt([e for e in batch if e.engram_id not in self._oblivion], sleeps)
                    await asyncio.sleep(0)
        self._adopting = False

    def stop_draining(self) -> None:
        """Nothing is written in the background any more."""
        for task in (self._draining, self._pulse):
            if task is not None:
                task.cancel()

    async def rest(self) -> None:
        """No sign of life is given in the background any more; one under way would come after the farewell."""
        if self._pulse is not None:
            await end(self._pulse)

    async def leave(self) -> None:
        """What is left is another's from here on."""
        if self._beat_at is not None:
            await self._store.retire(self.writer)


async def _live_on(sharing: weakref.ref[Sharing]) -> None:
    """Gives signs of life; a brain that was dropped without being closed gives none."""
    living = True
    while living:
        await asyncio.sleep(_PULSE)
        brain = sharing()
        living = brain is not None and await brain.pulse()
        del brain
