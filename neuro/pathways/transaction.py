"""Several changes at once: what a block of code does to a brain is written when the block ends, all of it or nothing.

Inside the block acts are only collected, with what would become of them. When it ends they are worked out on what is
stored then, written in one write of the store, and shown in memory; if somebody changes one of the engrams meanwhile
they are worked out anew. Knows how acts become one write; deliberately not how a stimulus is perceived.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple

from neuro.connectome import Association
from neuro.engram import Engram
from neuro.errors import EngramNotFoundError, StaleEngramError, StoreUnavailableError, TransactionError
from neuro.ids import is_engram_id
from neuro.pace import Pace
from neuro.pathways.imagining import imagined, let_go
from neuro.pathways.life import Life, operation_id
from neuro.pathways.waking import Body
from neuro.regions.anatomy import Anatomy
from neuro.regions.memory_region import MemoryRegion, Step
from neuro.signals import Forgetting, Perception
from neuro.stores import Insert, Placed, Remove, Replace, Unlink, Write

MOST_ACTS = 1_000
"""Acts of one transaction: while so many are written, some 0.1 s, a Redis answers nobody else."""
_ATTEMPTS = 5
"""How often a write is sent of which it is not known whether it happened."""
_PAUSE = 0.1
"""Real seconds between two of them."""

Announce = Callable[[Perception | Forgetting], None]
"""Told of what happened."""

Enter = Callable[[Body, float], list[Association]]
"""What a stimulus does at a clock time to attention, working memory, expectations and the stream of a body, imagined
or real; returns what its engram is bound to by that."""


class _Perceived(NamedTuple):
    perception: Perception
    enter: Enter


class _Changed(NamedTuple):
    engram_id: str
    accessed: bool


class _Forgotten(NamedTuple):
    forgetting: Forgetting
    hard: bool


class _Written(NamedTuple):
    """What one attempt would write of engrams."""

    writes: list[Write]
    placed: dict[str, tuple[MemoryRegion, Placed]]
    """What is new or changed, by id, and where it lies."""


class Transaction:
    """The acts of one block on one body.

    Args:
        life: of the brain whose acts these are.
        announce: told of every perception and forgetting, once they are stored.
    """

    def __init__(self, body: Body, life: Life, announce: Announce) -> None:
        self.life = life
        self.open = True
        self.imagined = imagined(body)
        """The body as the acts so far would leave it, but for the engrams that it holds."""
        self.collecting = asyncio.Lock()
        """Held by whoever adds acts, so that those of one verb follow one another and are all a part of it."""
        self._body = body
        self._announce = announce
        self._acts: list[_Perceived | _Changed | _Forgotten] = []
        self._fresh: dict[str, Engram] = {}
        """Engrams that the block encodes and does not forget, as it leaves them."""
        self._digests: dict[str, str] = {}
        self._stored: dict[str, tuple[MemoryRegion, Engram]] = {}
        """Engrams that were there before, as the block would leave them."""
        self._steps: dict[str, list[Step]] = {}
        """What the block does to them, in order."""
        self._gone: set[str] = set()
        """Those of them, and concepts, that it forgets."""

    def check_room(self, count: int) -> None:
        """Raises TransactionError if the block has ended, or may not hold ``count`` more acts."""
        if not self.open:
            raise TransactionError("the transaction has ended: await inside the block what is a part of it")
        if len(self._acts) + count > MOST_ACTS:
            raise TransactionError(
                f"a transaction holds at most {MOST_ACTS} acts (got {len(self._acts) + count}): make it several"
            )

    # Collecting

    async def look_up(self, engram_ids: Iterable[str]) -> None:
        """Reads engrams that are to be changed."""
        unknown = [i for i in engram_ids if i not in self._fresh and i not in self._stored]
        if unknown:
            await self._body.anatomy.settle()  # or what is on its way would be missed
            found = await _owners(self._body.anatomy, unknown)
            self._stored = found | self._stored  # a task beside this one may have been quicker

    def recognise(self, digest: str) -> str | None:
        """Id of the engram that the block encodes with this digest, if there is one."""
        engram_id = self._digests.get(digest)
        return engram_id if engram_id in self._fresh else None

    def encode(self, engram: Engram) -> None:
        """A new engram."""
        self._fresh[engram.engram_id] = engram
        self._digests[engram.digest] = engram.engram_id

    def step(self, engram_id: str, step: Step) -> Engram | None:
        """Changes an engram that has been looked up; returns what would become of it, None if there is none."""
        if engram_id in self._fresh:
            fading = self._body.hippocampus.fading
            self._fresh[engram_id] = engram = step(self._fresh[engram_id], fading)
            return engram
        if engram_id not in self._stored or engram_id in self._gone:
            return None
        region, engram = self._stored[engram_id]
        if not region.intact:
            return None
        self._steps.setdefault(engram_id, []).append(step)
        self._stored[engram_id] = region, step(engram, region.fading)
        return self._stored[engram_id][1]

    def perceive(self, perception: Perception, enter: Enter) -> None:
        """A stimulus; what becomes of its engram has been said by `encode` or `step`."""
        self._acts.append(_Perceived(perception, enter))

    async def change(self, engram_ids: Sequence[str], step: Step, *, accessed: bool) -> dict[str, Engram]:
        """Changes engrams; returns what would become of them by id.

        Raises:
            EngramNotFoundError: one is unknown, and none has changed.
        """
        asked = [*dict.fromkeys(engram_ids)]
        await self.look_up(asked)
        async with self.collecting:
            self.check_room(len(asked))
            for engram_id in asked:
                if not self._there(engram_id, lesioned=False):
                    raise EngramNotFoundError(engram_id)
            self._acts += [_Changed(engram_id, accessed) for engram_id in asked]
            changed = {engram_id: self.step(engram_id, step) for engram_id in asked}
        return {engram_id: engram for engram_id, engram in changed.items() if engram is not None}

    async def forget(
        self, engram_ids: Sequence[str], *, hard: bool, concepts: Container[str] = frozenset()
    ) -> list[Forgetting]:
        """Forgets those engrams that are there, and ``concepts`` among them.

        Raises:
            EngramNotFoundError: none of them is.
        """
        asked = [*dict.fromkeys(engram_ids)]
        await self.look_up(asked)
        async with self.collecting:
            return self._forget(asked, hard, {i for i in asked if i in concepts and i not in self._gone})

    def _forget(self, asked: Sequence[str], hard: bool, concepts: Container[str]) -> list[Forgetting]:
        self.check_room(len(asked))
        there = [i for i in asked if i in concepts or self._there(i, lesioned=True)]
        if not there:
            raise EngramNotFoundError(asked[0])
        forgettings: list[Forgetting] = []
        for engram_id in there:
            region: MemoryRegion = self._body.hippocampus
            if engram_id in concepts:
                region = self._body.neocortex
                self._gone.add(engram_id)
            elif self._fresh.pop(engram_id, None) is None:
                region, _ = self._stored[engram_id]
                self._steps.pop(engram_id, None)
                self._gone.add(engram_id)
            let_go(self.imagined, engram_id)
            forgettings.append(Forgetting(engram_id, region.name))
        self._acts += [_Forgotten(forgetting, hard) for forgetting in forgettings]
        return forgettings

    def _there(self, engram_id: str, *, lesioned: bool) -> bool:
        if engram_id in self._fresh:
            return True
        known = engram_id in self._stored and engram_id not in self._gone
        return known and (lesioned or self._stored[engram_id][0].intact)

    # Writing

    async def commit(self) -> None:
        """Does it all.

        Raises:
            EngramNotFoundError: somebody has forgotten what this would change or forget; nothing has happened.
            StoreUnavailableError: nothing has happened, or the message says what may have.
        """
        body, op_id = self._body, operation_id()
        async with self.collecting:  # what a task beside this one has begun to add is a part of it
            if not self._acts:
                return
        with body.oblivion.watched():
            while True:
                try:
                    written = await self._attempt(op_id)
                    break
                except StaleEngramError as error:
                    if not self._fresh.keys().isdisjoint(error.engram_ids):
                        raise  # it will never be less stale
        body.acted = True
        await body.note()
        self._tell(written, await body.erase() if self._hard else None)

    @property
    def _hard(self) -> bool:
        return any(isinstance(act, _Forgotten) and act.hard for act in self._acts)

    async def _attempt(self, op_id: str) -> _Written:
        body = self._body
        if not (self._fresh or self._steps or self._gone):
            await self._happen(_Written([], {}))
            return _Written([], {})
        await body.anatomy.settle()
        await body.sharing.beat()
        async with body.connectome.writing(self._rehearse) as links:
            written = await self._work_out()
            unlinked = [Unlink(engram_id) for engram_id in sorted(self._gone)]
            mind = body.mind.document(self.imagined.prefrontal_cortex, self.imagined.hippocampus)
            erasing = [body.to_be_erased()] if self._hard else []
            async with body.connectome.unlisting(self._gone) as bare:
                await self._write([*written.writes, *links, *unlinked, *bare, mind, *erasing], op_id)
            await self._happen(written)
        return written

    async def _rehearse(self) -> list[Association]:
        """What the acts bind to each other and to what came before, on the body as it is now."""
        pace = Pace()
        body, now = self._body, self._body.clock.now()
        self.imagined = imagined(body)
        bound: list[Association] = []
        for act in self._acts:
            if isinstance(act, _Perceived):
                bound += act.enter(self.imagined, now)
            elif isinstance(act, _Forgotten):
                let_go(self.imagined, act.forgetting.engram_id)
            await pace.turn()
        return bound

    async def _work_out(self) -> _Written:
        """What becomes of the engrams that are stored now."""
        body = self._body
        named = [*self._steps, *filter(is_engram_id, sorted(self._gone))]
        # Asked in any case: a store that is away says so before it is unclear what has been written.
        asked = named or [*self._fresh][:1]
        owners = await _owners(body.anatomy, asked)
        written = _Written([], {})
        for engram in self._fresh.values():
            placed = body.hippocampus.place(engram)
            written.writes.append(Insert(body.hippocampus.name, placed, body.sharing.writer))
            written.placed[engram.engram_id] = body.hippocampus, placed
        for engram_id in named:
            if engram_id not in owners:
                raise EngramNotFoundError(engram_id)
            region, engram = owners[engram_id]
            if engram_id in self._gone:
                written.writes.append(Remove(region.name, engram_id, engram.revision))
                continue
            if not region.intact:
                raise EngramNotFoundError(engram_id)
            changed = engram
            for step in self._steps[engram_id]:
                changed = step(changed, region.fading)
            placed = region.place(changed)
            written.writes.append(Replace(region.name, placed, engram.revision))
            written.placed[engram_id] = region, placed
        return written

    async def _write(self, writes: Sequence[Write], op_id: str) -> None:
        """Writes once, however often the reply is lost."""
        store = self._body.store
        failure: StoreUnavailableError | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_PAUSE)
            try:
                return await store.write(writes, op_id=op_id)
            except StoreUnavailableError as error:
                if not store.remote:
                    raise
                failure = error
        raise StoreUnavailableError(
            "the store went away while a transaction was being written: all of it is stored or nothing, and nobody "
            "knows which until it is back"
        ) from failure

    # Showing

    async def _happen(self, written: _Written) -> None:
        """Shows in memory what has been written: all engrams at once, then act by act what they do to the mind."""
        body, now, sleeps = self._body, self._body.clock.now(), self._body.sleeps
        pace = Pace()
        body.hippocampus.refresh(
            p.engram for region, p in written.placed.values() if region is body.hippocampus
        )
        body.hippocampus.take_in([*self._fresh.values()], sleeps, stored=True)
        with body.anatomy.index.reading():
            await body.anatomy.index.take_in([*self._fresh.values()])
        for act in self._acts:
            match act:
                case _Perceived(perception, enter):
                    enter(body, now)
                    if perception.engram is not None:
                        body.hippocampus.notice_access(perception.engram.engram_id, sleeps)
                case _Changed(engram_id, accessed):
                    if accessed:
                        body.hippocampus.notice_access(engram_id, sleeps)
                case _Forgotten(forgetting):
                    body.sharing.let_go(forgetting.engram_id)
            await pace.turn()
        await body.hippocampus.read_rest()
        for engram_id in written.placed:
            if engram_id in body.oblivion:  # another brain has forgotten it already
                body.sharing.let_go(engram_id)

    def _tell(self, written: _Written, remains: tuple[str, ...] | None) -> None:
        """Announces what happened, in order, with the engrams as they are stored."""
        for act in self._acts:
            if isinstance(act, _Perceived):
                perception = act.perception
                known = None if perception.engram is None else written.placed.get(perception.engram.engram_id)
                if known is not None:
                    engram = self._body.seen(known[1].engram)
                    perception = replace(perception, engram=engram, durable=self._body.store.durable)
                self._announce(perception)
            elif isinstance(act, _Forgotten):
                self._announce(replace(act.forgetting, remains=remains if act.hard else None))


async def _owners(anatomy: Anatomy, engram_ids: Sequence[str]) -> dict[str, tuple[MemoryRegion, Engram]]:
    """Region and engram of each id as it is stored, lesioned or not. The hippocampus is asked first, for it may be
    moving; what only waits to be stored is not there."""
    found: dict[str, tuple[MemoryRegion, Engram]] = {}
    for regions in ((anatomy.hippocampus,), anatomy.long_term):
        missing = [engram_id for engram_id in engram_ids if engram_id not in found]
        answers = await asyncio.gather(*(region.store.get(missing) for region in regions if missing))
        for region, answer in zip(regions, answers, strict=False):
            found.update({engram.engram_id: (region, engram) for engram in answer if engram is not None})
    return found


_BLOCKS: ContextVar[tuple[Transaction, ...]] = ContextVar("neuro_transactions", default=())


def current(life: Life) -> Transaction | None:
    """The transaction of this brain in whose block the caller is, itself or by the task that started it."""
    return next((block for block in _BLOCKS.get() if block.life is life and block.open), None)


def check_outside(life: Life, verb: str) -> None:
    """Raises TransactionError inside a transaction of this brain."""
    if current(life) is not None:
        raise TransactionError(
            f"{verb}: cannot be done inside a transaction; do it before or after the block"
        )


@asynccontextmanager
async def transaction(body: Body, life: Life, announce: Announce) -> AsyncGenerator[None]:
    """`neuro.brain.Brain.transaction`."""
    check_outside(life, "transaction")
    block = Transaction(body, life, announce)
    token = _BLOCKS.set((*_BLOCKS.get(), block))
    try:
        yield
    finally:
        block.open = False
        _BLOCKS.reset(token)
    await life.finish(block.commit())
