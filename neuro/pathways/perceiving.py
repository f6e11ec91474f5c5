"""The order of perceiving: SensoryCortex -> Thalamus -> Amygdala -> PrefrontalCortex -> Hippocampus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from neuro.connectome import Association
from neuro.engram import Engram, content_digest
from neuro.errors import StoreUnavailableError
from neuro.fading import Fading
from neuro.pace import Pace
from neuro.pathways.life import Life, operation_id
from neuro.pathways.transaction import Transaction, current
from neuro.pathways.transduction import Transduced, Transduction
from neuro.pathways.waking import Body
from neuro.regions.memory_region import Step
from neuro.signals import Chunk, Gate, Percept, Perception, Stimulus

_WEIGHT = 4
"""As how many items a stimulus counts for `Pace`: it takes some 2 ms."""

_logger = logging.getLogger("neuro")


class Perceiving:
    """Leads stimuli through the regions of one body.

    Args:
        scope: whose memory this is.
        announce: told of every perception.
    """

    def __init__(
        self,
        body: Body,
        life: Life,
        transduction: Transduction,
        scope: str | None,
        announce: Callable[[Perception], None],
    ) -> None:
        self._body = body
        self._life = life
        self._transduction = transduction
        self._scope = scope
        self._announce = announce

    async def perceive(self, stimuli: Sequence[Stimulus], *, attended: bool = False) -> list[Perception]:
        """Perceives stimuli in order, featured in one batch; ``attended`` ones pass the gate."""
        if not stimuli:
            return []
        block = current(self._life)
        if block is None:
            self._body.journal.check_room(len(stimuli))
        else:
            block.check_room(len(stimuli))
        looks = await self._transduction.contents([s.content for s in stimuli], [*map(_speaker, stimuli)])
        digests = [content_digest(s.content, s.memory_type, self._scope, _speaker(s)) for s in stimuli]
        if block is not None:
            return await self._collect(block, stimuli, looks, digests)
        return await self._life.finish(self._take_in(stimuli, looks, digests, attended))

    async def _take_in(
        self,
        stimuli: Sequence[Stimulus],
        looks: Sequence[Transduced],
        digests: Sequence[str],
        attended: bool,
    ) -> list[Perception]:
        self._body.acted = True
        async with self._life.one_at_a_time(digests):  # or two tasks would each encode the same content
            with self._body.oblivion.watched():
                known = await self._find(digests)
                perceptions: list[Perception] = []
                pace = Pace()
                for stimulus, look, digest, engram_id in zip(stimuli, looks, digests, known, strict=True):
                    perceptions.append(await self._perceive(stimulus, look, digest, engram_id, attended))
                    await pace.turn(_WEIGHT)
                await self._body.anatomy.index.settle()
                await self._write([p for p in perceptions if p.engram is not None])
        perceptions = [replace(p, durable=self._is_durable(p)) for p in perceptions]
        await self._body.note()
        for perception in perceptions:
            self._announce(perception)
        return perceptions

    async def _collect(
        self,
        block: Transaction,
        stimuli: Sequence[Stimulus],
        looks: Sequence[Transduced],
        digests: Sequence[str],
    ) -> list[Perception]:
        """Perceives stimuli as acts of a transaction: all that has to be awaited first, then all of them."""
        known = await self._find(digests)
        await block.look_up([engram_id for engram_id in known if engram_id is not None])
        brain_time = await self._body.stamp()
        async with block.collecting:
            block.check_room(len(stimuli))
            perceptions: list[Perception] = []
            pace = Pace()
            for stimulus, look, digest, engram_id in zip(stimuli, looks, digests, known, strict=True):
                perceptions.append(self._imagine(block, stimulus, look, digest, engram_id, brain_time))
                await pace.turn()
            return perceptions

    async def _write(self, perceptions: Sequence[Perception]) -> None:
        """Makes what was encoded durable, or keeps it for a store that is away.

        Raises:
            StoreError: some of it cannot be written, and nothing of that stays.
        """
        body = self._body
        encoded = [p.engram.engram_id for p in perceptions if p.engram is not None and not p.repeated]
        try:
            await body.journal.write(encoded)
        except BaseException:
            for engram_id in body.journal.refused(encoded):
                body.sharing.let_go(engram_id)
            raise

    def _is_durable(self, perception: Perception) -> bool:
        body, engram = self._body, perception.engram
        return body.store.durable and engram is not None and not body.journal.owes(engram.engram_id)

    async def _find(self, digests: Sequence[str]) -> list[str | None]:
        """Ids of the engrams that these would repeat; while a store is away, only those in the hippocampus."""
        known = {d: e.engram_id for d in digests if (e := self._body.hippocampus.recognise(d)) is not None}
        asked = [digest for digest in digests if digest not in known]
        try:
            if asked and self._body.journal.away:
                raise StoreUnavailableError("out of reach a moment ago")
            remote = await self._body.anatomy.find(asked) if asked else []
            known.update({d: i for d, i in zip(asked, remote, strict=True) if i is not None})
        except StoreUnavailableError:
            _logger.warning(
                "perceiving without the long-term store: a repeat of what lies there is encoded anew"
            )
        return [known.get(digest) for digest in digests]

    async def _perceive(
        self, stimulus: Stimulus, look: Transduced, digest: str, known: str | None, attended: bool
    ) -> Perception:
        body, now = self._body, self._body.clock.now()
        gate = _sense(body, stimulus, now, attended=attended)
        recognised = body.hippocampus.recognise(digest)
        known = known if recognised is None else recognised.engram_id
        engram = None if known is None else await self._reexpose(known)
        if engram is not None:
            perception, chunk = _again(stimulus, gate, engram)
            if gate.opened:
                body.sensory_cortex.attend(stimulus, now)  # else `Brain.attend` would take it up once more
        else:
            brain_time = await body.stamp() if gate.opened else body.time.now()
            perception, chunk = self._encode(body, stimulus, look, gate, now, brain_time)
            engram = perception.engram
        displaced, bound = _enter(body, perception, chunk, now)
        if engram is not None and not perception.repeated:
            body.hippocampus.take_in([engram], body.sleeps)
            body.anatomy.index.add(engram)
            body.connectome.associate(bound)
        return self._shown(perception, displaced)

    def _imagine(
        self,
        block: Transaction,
        stimulus: Stimulus,
        look: Transduced,
        digest: str,
        known: str | None,
        brain_time: float,
    ) -> Perception:
        """What perceiving a stimulus would lead to; the transaction makes it happen."""
        body, now = block.imagined, self._body.clock.now()
        gate = _sense(body, stimulus, now)
        known = block.recognise(digest) or known
        engram = None if known is None else block.step(known, _restudy(brain_time, body.sleeps))
        if engram is not None:
            perception, chunk = _again(stimulus, gate, engram)
        else:
            perception, chunk = self._encode(body, stimulus, look, gate, now, brain_time)
            if perception.engram is not None:
                block.encode(perception.engram)

        def enter(body: Body, now: float) -> list[Association]:
            _sense(body, stimulus, now)
            if perception.gate.opened:
                body.sensory_cortex.attend(stimulus, now)
            if perception.gate.opened and not perception.repeated:
                _learn(body, stimulus)
            return _enter(body, perception, chunk, now)[1]

        displaced, _ = _enter(body, perception, chunk, now)
        block.perceive(perception, enter)
        return self._shown(perception, displaced)

    def _encode(
        self, body: Body, stimulus: Stimulus, look: Transduced, gate: Gate, now: float, brain_time: float
    ) -> tuple[Perception, Chunk | None]:
        """The new engram of a stimulus, if it passes; what is held of it in mind, even if nothing can be encoded."""
        if gate.opened and body.sensory_cortex.attend(stimulus, now) is None:
            gate = Gate(False, 0.0, "the sensory cortex registered nothing")
        if not gate.opened:
            return Perception(stimulus, gate, None), None
        appraisal = body.amygdala.appraise(stimulus)
        surprise = _learn(body, stimulus)
        percept = Percept(
            stimulus, appraisal, look.fragments, look.features, look.embedder, surprise, look.tokens
        )
        novelty = body.hippocampus.novelty(percept)
        engram_id = body.hippocampus.next_id(now)
        engram = body.hippocampus.imprint(
            percept,
            brain_time,
            encoded_at=now,
            engram_id=engram_id,
            sleeps=body.sleeps,
            scope=self._scope,
        )
        chunk = Chunk(engram_id, stimulus.content, now, now, appraisal.salience)
        return Perception(stimulus, gate, engram, novelty=novelty), chunk

    async def _reexpose(self, engram_id: str) -> Engram | None:
        now, sleeps = await self._body.stamp(), self._body.sleeps
        restudy = _restudy(now, sleeps)
        changed = await self._body.anatomy.reconsolidate([engram_id], restudy, operation_id(), patient=True)
        engram = changed.engrams.get(engram_id)
        if engram is None or engram_id in self._body.oblivion:
            return None
        self._body.hippocampus.notice_access(engram_id, sleeps)
        return engram

    def _shown(self, perception: Perception, displaced: Chunk | None) -> Perception:
        engram = None if perception.engram is None else self._body.seen(perception.engram)
        return replace(perception, engram=engram, displaced=displaced)


def _speaker(stimulus: Stimulus) -> str | None:
    speaker = stimulus.context.get("speaker")
    return speaker if isinstance(speaker, str) else None


def _sense(body: Body, stimulus: Stimulus, now: float, *, attended: bool = False) -> Gate:
    """A stimulus meets the senses; whether it passes."""
    body.sensory_cortex.register(stimulus, now)
    if attended:
        return Gate(True, 1.0, "attended while the sensory cortex still held it")
    return body.thalamus.gate(stimulus, now, goal=body.prefrontal_cortex.goal)


def _learn(body: Body, stimulus: Stimulus) -> float:
    """How far a reward surprises."""
    return 0.0 if stimulus.reward is None else body.basal_ganglia.learn(stimulus.reward)


def _restudy(now: float, sleeps: float) -> Step:
    def studied(engram: Engram, fading: Fading) -> Engram:
        return engram.with_trace(fading.plasticity.reexpose(engram.trace, now, sleeps=sleeps))

    return studied


def _again(stimulus: Stimulus, gate: Gate, engram: Engram) -> tuple[Perception, Chunk | None]:
    """A repeat of what an engram holds."""
    chunk = Chunk(engram.engram_id, engram.content, 0.0, 0.0, engram.salience) if gate.opened else None
    return Perception(stimulus, gate, engram, novelty=0.0, repeated=True), chunk


def _enter(
    body: Body, perception: Perception, chunk: Chunk | None, now: float
) -> tuple[Chunk | None, list[Association]]:
    """Takes into working memory and the stream what passed the gate; what it displaces, and what it is bound to."""
    if chunk is None:
        return None, []
    displaced = body.prefrontal_cortex.hold(replace(chunk, held_at=now, rehearsed_at=now), now)
    engram = perception.engram
    if engram is None:
        return displaced, []
    bound = [] if perception.repeated else body.hippocampus.bind(engram)
    held = [held.engram_id for held in body.prefrontal_cortex.select(now=now)]
    body.hippocampus.bind_held(engram.engram_id, held)
    return displaced, bound
