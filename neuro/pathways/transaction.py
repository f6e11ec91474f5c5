"""Several changes at once: what a block of code does to a brain is written as a whole when the block ends, or not at all.

Inside the block acts are only collected, with what would become of them. When it ends, they are worked out on what is
stored then, written in one write of the store, and shown in memory; if somebody changed one of the engrams meanwhile,
they are worked out anew. Knows how acts become one write; deliberately not how a stimulus is perceived.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple

from neuro.connectome import Association
from neuro.engram import Engram
from neuro.errors import EngramNotFoundError, StaleEngramError, StoreUnavailableError, TransactionError
from neuro.pathways.life import Life, operation_id
from neuro.pathways.waking import Body
from neuro.regions.anatomy import Anatomy
from neuro.regions.memory_region import MemoryRegion, Step
from neuro.signals import Forgetting, Perception
from neuro.stores import Insert, Placed, Remove, Replace, Unlink, Write

MOST_ACTS = 1_000
"""Acts of one transaction: its write keeps a Redis from answering others for some 50 ms, and is read back whole."""
_ATTEMPTS = 5
"""How often a write is sent whose reply was lost."""
_PAUSE = 0.1
"""Real seconds between two of them."""

Enter = Callable[[Body, float], list[Association]]
"""What a stimulus does to working memory, habituation and the stream, at a clock time; returns what it is bound to.
Done to an imagined body first, then to the real one."""


class _Perceived(NamedTuple):
    perception: Perception
    enter: Enter


class _Changed(NamedTuple):
    engram_id: str
    accessed: bool


class _Forgotten(NamedTuple):
    forgetting: Forgetting


class Transaction:
    """The acts of one block on one body.

    Args:
        life: of the brain whose acts these are.
        announce: told of every perception and forgetting, once they are stored.
    """

    def __init__(self, body: Body, life: Life, announce: Callable[[Perception | Forgetting], None]) -> None:
        self.life = life
        self.open = True
        self.imagined = imagine(body)
        """The body as the acts so far would leave it, but for what its memory regions hold."""
        self._body = body
        self._announce = announce
        self._acts: list[_Perceived | _Changed | _Forgotten] = []
        self._hard = False
        self._fresh: dict[str, Engram] = {}
        """Engrams that the block has encoded and not forgotten, as it leaves them."""
        self._stored: dict[str, tuple[MemoryRegion, Engram]] = {}
        """Engrams that were there before, as the block leaves them."""
        self._steps: dict[str, list[Step]] = {}
        """What the block does to them, in order."""
        self._gone: dict[str, None] = {}
        """Those of them that it forgets."""

    def check_room(self, count: int) -> None:
        """Raises TransactionError if the block has ended, or may not hold ``count`` more acts."""
        if not self.open:
            raise TransactionError("the transaction has ended: await in the block what is to be a part of it")
        if len(self._acts) + count > MOST_ACTS:
            raise TransactionError(
                f"a transaction holds at most {MOST_ACTS} acts (got {len(self._acts) + count}): make several of them"
            )

    # Collecting

    async def look_up(self, engram_ids: Iterable[str]) -> None:
        """Reads engrams that are about to be changed."""
        unknown = [i for i in engram_ids if not (i in self._fresh or i in self._stored or i in self._gone)]
        if unknown:
            await self._body.anatomy.settle()  # what is on its way would be missed
            found = await _owners(self._body.anatomy, unknown)
            self._stored = found | self._stored  # a task beside this one may have changed one meanwhile

    def recognise(self, digest: str) -> str | None:
        """Id of the engram that the block has encoded with this digest."""
        return next((i for i, engram in self._fresh.items() if engram.digest == digest), None)

    def encode(self, engram: Engram) -> None:
        """A new engram, to be stored."""
        self._fresh[engram.engram_id] = engram

    def step(self, engram_id: str, step: Step) -> Engram | None:
        """Changes an engram that was looked up; returns it as it would be then, None if there is none."""
        fresh = self._fresh.get(engram_id)
        if fresh is not None:
            self._fresh[engram_id] = step(fresh, self._body.hippocampus.fading)
            return self._fresh[engram_id]
        region, engram = self._stored.get(engram_id, (None, None))
        if region is None or engram is None or not region.intact or engram_id in self._gone:
            return None
        engram = step(engram, region.fading)
        self._stored[engram_id] = region, engram
        self._steps.setdefault(engram_id, []).append(step)
        return engram

    def perceived(self, perception: Perception, enter: Enter) -> None:
        """A stimulus was perceived; its engram has been encoded or stepped already."""
        self._acts.append(_Perceived(perception, enter))

    async def change(self, engram_ids: Sequence[str], step: Step, *, accessed: bool) -> dict[str, Engram]:
        """`neuro.pathways.keeping.Keeping.change`; the engrams are as they would be."""
        asked = [*dict.fromkeys(engram_ids)]
        await self.look_up(asked)
        self.check_room(len(asked))
        for engram_id in asked:
            self._check_there(engram_id, lesioned=False)
        changed: dict[str, Engram] = {}
        for engram_id in asked:
            engram = self.step(engram_id, step)
            assert engram is not None
            changed[engram_id] = engram
            self._acts.append(_Changed(engram_id, accessed))
        return changed
