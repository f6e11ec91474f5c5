"""Single engrams: looking one up, browsing, changing, forgetting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from neuro.arguments import check_flag, check_limit, check_text
from neuro.engram import Engram
from neuro.errors import EngramNotFoundError, InvalidArgumentError, StoreUnavailableError
from neuro.pathways.explaining import explain
from neuro.pathways.knowing import Knowing
from neuro.pathways.life import Life, operation_id
from neuro.pathways.transaction import check_outside, current
from neuro.pathways.waking import Body
from neuro.query import Where
from neuro.regions.anatomy import Changed
from neuro.regions.memory_region import Step
from neuro.regions.neocortex import Neocortex
from neuro.signals import Explanation, Forgetting

_PAGE = 200
"""Engrams that are looked at, or forgotten, at a time."""


class Keeping:
    """What one body keeps, engram by engram.

    Args:
        announce: told of everything that was forgotten on request.
    """

    def __init__(self, body: Body, life: Life, announce: Callable[[Forgetting], None]) -> None:
        self._body = body
        self._life = life
        self._knowing = Knowing(body)
        self._announce = announce

    async def get(self, engram_id: str) -> Engram:
        """The engram with this id, with the ids of what it is wired to.

        Raises:
            EngramNotFoundError: there is none.
        """
        check_text(engram_id, "engram_id", limit=64)
        if self._knowing.about(engram_id):
            concept = await self._knowing.get(engram_id)
            if concept is None:
                raise EngramNotFoundError(engram_id)
            return self._body.seen(concept)
        owned = (await self._body.anatomy.owners([engram_id])).get(engram_id)
        if owned is None:
            raise EngramNotFoundError(engram_id)
        wired = (await self._body.connectome.associations([engram_id]))[engram_id]
        targets = [*dict.fromkeys(association.target_id for association in wired)]
        there = await self._body.anatomy.owners(targets)
        associations = tuple(engram_id for engram_id in targets if engram_id in there)
        return self._body.seen(owned[1]).model_copy(update={"associations": associations})

    async def explain(self, engram_id: str) -> Explanation:
        """Why an engram is as retrievable as it is.

        Raises:
            EngramNotFoundError: there is none.
            InvalidArgumentError: it is a concept.
        """
        engram = await self.get(engram_id)
        if self._knowing.about(engram_id):
            raise InvalidArgumentError(
                f"engram_id: a concept does not fade by itself, so explain one of its sources (got {engram_id!r})"
            )
        owned = (await self._body.anatomy.owners([engram_id])).get(engram_id)
        if owned is None:  # forgotten meanwhile
            raise EngramNotFoundError(engram_id)
        return explain(self._body, owned[0], engram)

    async def browse(
        self, where: Where | Mapping[str, Any] | None, limit: int, after: str | None, dormant: bool
    ) -> list[Engram]:
        """At most ``limit`` engrams that match, in order of id, beyond ``after``."""
        check_limit(limit)
        if after is not None:
            check_text(after, "after", limit=64)
        check_flag(dormant, "dormant")
        wanted, now = Where.of(where), self._body.time.now()
        if wanted is not None and wanted.inferred:
            found = await self._knowing.browse(wanted, limit, after, dormant)
            return [self._body.seen(engram) for engram in found]

        def shown(engram: Engram) -> bool:
            return self._body.meant(wanted, engram) and (
                dormant or not self._body.anatomy.dormant(engram, now)
            )

        await self._body.anatomy.settle()  # or what still waits would be left out
        return [self._body.seen(engram) for engram in await self._body.anatomy.browse(shown, limit, after)]

    async def reinforce(self, engram_ids: Sequence[str]) -> None:
        """Potentiates engrams: what they said was used.

        Raises:
            EngramNotFoundError: one is unknown, and none has changed.
        """
        now, sleeps = await self._body.stamp(), self._body.sleeps
        await self.change(
            engram_ids,
            lambda engram, fading: engram.with_trace(
                fading.plasticity.potentiate(engram.trace, now, sleeps=sleeps)
            ),
            accessed=True,
        )

    async def change(
        self, engram_ids: Sequence[str], step: Step, *, accessed: bool = False
    ) -> dict[str, Engram]:
        """Changes engrams where they are owned and returns them by id; ``accessed`` ones will be replayed.

        In a transaction, what is returned is what would become of them.

        Raises:
            EngramNotFoundError: one is unknown.
            StoreUnavailableError: a region could not be reached.
        """
        for engram_id in engram_ids:
            check_text(engram_id, "engram_id", limit=64)
        block = current(self._life)
        if block is not None:
            return await block.change(engram_ids, step, accessed=accessed)
        owners = await self._body.anatomy.owners(engram_ids)
        for engram_id in engram_ids:
            if engram_id not in owners:
                raise EngramNotFoundError(engram_id)
        self._body.acted = True
        changed = await self._life.finish(self._reconsolidate(engram_ids, step, accessed))
        if changed.silent:
            raise StoreUnavailableError(f"these regions could not be reached: {', '.join(changed.silent)}")
        for engram_id in engram_ids:
            if engram_id not in changed.engrams:
                raise EngramNotFoundError(engram_id)
        return changed.engrams

    async def _reconsolidate(self, engram_ids: Sequence[str], step: Step, accessed: bool) -> Changed:
        with self._body.oblivion.watched():
            changed = await self._body.anatomy.reconsolidate(engram_ids, step, operation_id())
            for engram_id in changed.engrams:
                if accessed and engram_id not in self._body.oblivion:
                    self._body.hippocampus.notice_access(engram_id, self._body.sleeps)
        return changed

    async def forget(self, engram_ids: Sequence[str], *, hard: bool) -> list[Forgetting]:
        """Deletes engrams everywhere, those that are there; in a transaction, when it ends. Of a concept what was wired
        so far; its sources stay.

        Raises:
            EngramNotFoundError: none of them is there.
            StoreUnavailableError: they are still there, all or some.
        """
        check_flag(hard, "hard")
        for engram_id in engram_ids:
            check_text(engram_id, "engram_id", limit=64)
        block = current(self._life)
        if block is not None:
            return await block.forget(engram_ids, hard=hard, concepts=await self._concepts(engram_ids))
        return self._tell(await self._life.finish(self._forget(engram_ids, hard)))

    async def forget_where(self, where: Where | Mapping[str, Any], *, hard: bool) -> list[Forgetting]:
        """Deletes all engrams that match."""
        check_outside(self._life, "forget_where")
        check_flag(hard, "hard")
        wanted = Where.of(where)
        if wanted is None:
            raise InvalidArgumentError("where: must say what is to be forgotten (got None)")
        return self._tell(await self._forget_all(lambda engram: self._body.meant(wanted, engram), hard))

    def _tell(self, forgettings: list[Forgetting]) -> list[Forgetting]:
        for forgetting in forgettings:
            self._announce(forgetting)
        return forgettings

    async def expire(self, before: float, *, hard: bool) -> int:
        """Deletes all engrams encoded before a clock time; how many there were. Costs what is deleted."""
        end = f"{int(max(0.0, before) * 1000):012x}"
        return len(await self._forget_all(lambda engram: engram.encoded_at < before, hard, end=end))

    async def _forget_all(
        self, doomed: Callable[[Engram], bool], hard: bool, end: str | None = None
    ) -> list[Forgetting]:
        gone: list[Forgetting] = []
        last: str | None = None
        await self._body.anatomy.settle()  # or what still waits would be left out
        while page := await self._body.anatomy.browse(lambda _: True, _PAGE, last, lesioned=True):
            last = page[-1].engram_id
            ids = [engram.engram_id for engram in page if doomed(engram)]
            if ids:
                with suppress(EngramNotFoundError):  # somebody else was quicker
                    gone += await self._life.finish(self._delete(ids, hard))
            if end is not None and last > end:
                break
        if not hard or not gone:
            return gone
        remains = await self._life.finish(self._body.erase())
        return [replace(forgetting, remains=remains) for forgetting in gone]

    async def _forget(self, engram_ids: Sequence[str], hard: bool) -> list[Forgetting]:
        gone = await self._delete(engram_ids, hard)
        remains = await self._body.erase() if hard else None
        return [replace(forgetting, remains=remains) for forgetting in gone]

    async def _delete(self, engram_ids: Sequence[str], hard: bool) -> list[Forgetting]:
        body = self._body
        concepts = await self._concepts(engram_ids)
        await body.anatomy.settle()  # what waits would be written when it is gone
        async with body.connectome.forgetting(engram_ids) as bare:
            owners = await body.anatomy.forget(engram_ids, [*bare, *([body.to_be_erased()] if hard else [])])
            owners |= dict.fromkeys(concepts, Neocortex.name)
            await body.sharing.let_go_all(owners)
        if not owners:
            raise EngramNotFoundError(engram_ids[0])
        body.acted = True
        return [Forgetting(engram_id, region) for engram_id, region in owners.items()]

    async def _concepts(self, engram_ids: Sequence[str]) -> list[str]:
        """Those that are ids of concepts which there are."""
        return [i for i in engram_ids if self._knowing.about(i) and await self._knowing.get(i) is not None]
