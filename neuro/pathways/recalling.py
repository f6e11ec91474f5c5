"""The order of recalling: cue -> every memory region -> Connectome -> competition -> PrefrontalCortex."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.concepts import kind_of
from neuro.config import RecallMode
from neuro.connectome import AssociationType, Spread
from neuro.engram import Engram
from neuro.errors import StoreUnavailableError
from neuro.fading import Fading
from neuro.indexing.probe import Reading
from neuro.pathways.competition import Circumstances, Contender, compete, most_reminded, told
from neuro.pathways.knowing import Knowing
from neuro.pathways.life import Life, operation_id
from neuro.pathways.transduction import Transduction
from neuro.pathways.waking import Body
from neuro.query import Where
from neuro.signals import Chunk, Cue, Echo, Recall, Recollection


class _Asked(NamedTuple):
    """What a recall looks for."""

    reading: Reading
    features: npt.NDArray[np.float32] | None
    limit: int
    where: Where | None
    mode: RecallMode


class Recalling:
    """Leads cues through the regions of one body.

    Args:
        rng: drawn from by recalls that may fail at random, and by no others.
    """

    def __init__(self, body: Body, life: Life, transduction: Transduction, rng: np.random.Generator) -> None:
        self._body = body
        self._life = life
        self._transduction = transduction
        self._rng = rng
        self._knowing = Knowing(body)

    async def recall(
        self, cue: Cue, limit: int, where: Where | None, *, update: bool, strict: bool, mode: RecallMode
    ) -> Recall:
        """What a cue brings back; with ``update`` it is counted, strengthened, held and bound.

        Where knowledge is asked for (``Where.inferred``) its concepts come back: they are nothing beside what they
        were made from, so nothing is counted. Nowhere else do they take the place of what was told.
        """
        with self._body.oblivion.watched():
            recall = await self._recollect(cue, limit, where, mode)
            if strict:
                self._demand_all(recall)
            if update and recall.recollections and not recall[0].engram.inferred:
                recall = await self._life.finish(self._reconsolidate(recall))
                if strict:
                    self._demand_all(recall)
                    self._demand_counted(recall)
            kept = (r for r in recall if not self._is_forgotten(r.engram))
            shown = tuple(replace(r, engram=self._body.seen(r.engram)) for r in kept)
            return replace(recall, recollections=shown)

    def _demand_counted(self, recall: Recall) -> None:
        if self._body.store.durable and recall.recollections and not recall.durable:
            raise StoreUnavailableError(
                "what was recalled is counted in this process only, until the store is back"
            )

    def _demand_all(self, recall: Recall) -> None:
        unreachable = [name for name in recall.silent if self._body.anatomy.region(name).intact]
        if unreachable:
            raise StoreUnavailableError(f"these regions could not be reached: {', '.join(unreachable)}")

    def _is_forgotten(self, engram: Engram) -> bool:
        return any(i in self._body.oblivion for i in (engram.engram_id, *engram.sources))

    async def _recollect(self, cue: Cue, limit: int, where: Where | None, mode: RecallMode) -> Recall:
        anatomy = self._body.anatomy
        await self._body.sharing.catch_up()
        await anatomy.index.fill()
        reading = anatomy.index.read(cue.text, cue.asked_at)
        if where is not None and where.inferred:
            return Recall(cue.text, tuple(await self._knowing.recall(reading, limit, where)))
        features = None
        if self._body.contextual:
            features, tokens = await self._transduction.cue(reading.masked)
            reading = replace(reading, tokens=tokens)
        asked = _Asked(reading, features, limit, where, mode)
        # A filter, and a failure at random, must know all that they decide on as it is stored.
        if where is None and mode == "agent":
            recall = await self._find(asked, cue.text, remembered=True)
            own = [r.engram for r in recall if r.region == self._body.hippocampus.name]
            with suppress(StoreUnavailableError):  # then what is remembered is all there is to be had
                if not await self._body.hippocampus.confirm(own):
                    recall = await self._find(asked, cue.text, remembered=False)
            return recall
        return await self._find(asked, cue.text, remembered=False)

    async def _find(self, asked: _Asked, cue: str, *, remembered: bool) -> Recall:
        """The best that there is.

        Args:
            remembered: what this brain holds is taken as it remembers it, which another brain may have strengthened.
        """
        anatomy, limit, where = self._body.anatomy, asked.limit, asked.where
        most = breadth = limit * self._body.config.recall.breadth
        answers = await anatomy.retrieve(asked.reading, asked.features, breadth, remembered=remembered)
        while where is not None:  # the filter is exact: look as deep as it takes
            kept = [echo for echo in answers.echoes if self._body.meant(where, echo.engram)]
            if len(kept) >= most or len(answers.echoes) < breadth:
                answers = answers._replace(echoes=kept)
                break
            breadth *= 4
            answers = await anatomy.retrieve(asked.reading, asked.features, breadth)
        return Recall(cue, await self._compete(asked, answers.echoes, remembered), answers.silent)

    async def _compete(
        self, asked: _Asked, echoes: Sequence[Echo], remembered: bool
    ) -> tuple[Recollection, ...]:
        """The best of the echoes and of what they and the concepts asked for remind of."""
        body, limit = self._body, asked.limit
        contents = {echo.engram.engram_id: echo.engram.content for echo in echoes}
        circumstances = Circumstances(
            body.time.now(),
            body.config.recall,
            {region.name: region.fading for region in body.anatomy.memory_regions},
            {},
            frozenset(chunk.engram_id for chunk in body.prefrontal_cortex.slots(body.clock.now())),
            lambda i: contents.get(i, kind_of(i)),
        )
        try:
            wider = replace(circumstances, spread=await self._spread(asked.reading, echoes))
            ranked = compete(echoes, wider)
            bar = -math.inf
            if asked.mode == "agent" and len(ranked) >= limit:
                bar = ranked[limit - 1].activation
            reminded = await self._reminded(asked, contents, wider, bar, remembered)
            ranked = sorted([*ranked, *compete(reminded, wider)], key=lambda contender: contender.rank)
            circumstances = wider
        except StoreUnavailableError:
            ranked = compete(echoes, circumstances)
        if asked.mode == "human":
            ranked = self._come_to_mind(ranked)
        return tuple(told(contender, circumstances) for contender in ranked[:limit])

    def _come_to_mind(self, ranked: Sequence[Contender]) -> list[Contender]:
        """Each contender succeeds with the probability that its retention is."""
        draws = self._rng.random(len(ranked)).tolist()
        return [c for c, draw in zip(ranked, draws, strict=True) if draw < c.retention]

    async def _spread(self, reading: Reading, echoes: Sequence[Echo]) -> dict[str, list[Spread]]:
        """The activation that spreads from the best echoes and from the concepts that are asked for."""
        known = {echo.engram.engram_id: echo.relevance for echo in echoes}
        seeds = dict(islice(known.items(), self._body.config.recall.seeds))
        spread, named = await self._body.connectome.spread(seeds)
        bridged = await self._knowing.bridged(reading, known, named)
        for reached in (await self._knowing.lent(reading), bridged):
            for engram_id, lent in reached.items():
                spread.setdefault(engram_id, []).append(lent)
        return spread

    async def _reminded(
        self, asked: _Asked, known: Container[str], c: Circumstances, bar: float, remembered: bool
    ) -> list[Echo]:
        """What activation has spread to and is not known yet, without what cannot come up to the bar."""
        arrived = {i: sum(arrival.amount for arrival in c.spread[i]) for i in c.spread if i not in known}
        reached = sorted(arrived, key=lambda i: (-arrived[i], i))
        most = asked.limit * self._body.config.recall.breadth
        near = [i for i in reached[:most] if most_reminded(i, c) >= bar]
        owners = await self._body.anatomy.owners(near, remembered=remembered)
        return [
            Echo(engram, region.name, 0.0)
            for region, engram in owners.values()
            if not region.fading.dormant(engram, c.now) and self._body.meant(asked.where, engram)
        ]

    async def _reconsolidate(self, recall: Recall) -> Recall:
        """Counts and strengthens what was recalled, where it is owned; holds and binds the best of it."""
        self._body.acted = True
        now, sleeps, params = await self._body.stamp(), self._body.sleeps, self._body.config.recall
        used = {
            r.engram.engram_id for r in recall[: {"first": 1, "all": len(recall), "none": 0}[params.used]]
        }

        def accessed(engram: Engram, fading: Fading) -> Engram:
            trace = engram.trace
            if engram.engram_id in used:
                trace = fading.plasticity.potentiate(trace, now, sleeps=sleeps)
            return engram.with_trace(trace.model_copy(update={"access_count": trace.access_count + 1}))

        ids = [r.engram.engram_id for r in recall]
        with self._body.oblivion.watched():  # of its own: the recall may be cancelled
            changed = await self._body.anatomy.reconsolidate(ids, accessed, operation_id(), patient=True)
            durable = self._body.store.durable and not any(map(self._body.journal.owes, ids))
            kept = tuple(
                replace(r, engram=changed.engrams.get(r.engram.engram_id, r.engram))
                for r in recall
                if r.engram.engram_id in changed.engrams or changed.silent
            )
            for engram_id in used & changed.engrams.keys():
                if engram_id not in self._body.oblivion:
                    self._body.hippocampus.notice_access(engram_id, sleeps)
            self._take_to_mind(kept)
            await self._body.note()
            silent = tuple(dict.fromkeys((*recall.silent, *changed.silent)))
            return Recall(recall.cue, kept, silent, durable and not changed.silent)

    def _take_to_mind(self, recollections: Sequence[Recollection]) -> None:
        now, brain_time = self._body.clock.now(), self._body.time.now()
        awake = [
            r
            for r in recollections[: self._body.prefrontal_cortex.params.focus]
            if not self._is_forgotten(r.engram) and not self._body.anatomy.dormant(r.engram, brain_time)
        ]
        for recollection in reversed(awake):  # the best one is held last, and so is the most active
            engram = recollection.engram
            self._body.prefrontal_cortex.hold(
                Chunk(engram.engram_id, engram.content, now, now, engram.salience), now
            )
        together = [r.engram.engram_id for r in awake if r.activation >= awake[0].activation / 2]
        self._body.hippocampus.bind_together(together, AssociationType.CO_RECALLED)
