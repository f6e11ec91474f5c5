"""The order of perceiving: SensoryCortex -> Thalamus -> Amygdala -> PrefrontalCortex -> Hippocampus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from neuro.engram import Engram, content_digest
from neuro.errors import StoreUnavailableError
from neuro.fading import Fading
from neuro.pathways.life import Life, operation_id
from neuro.pathways.transduction import Transduced, Transduction
from neuro.pathways.waking import Body
from neuro.signals import Chunk, Gate, Percept, Perception, Stimulus

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
        self._body.journal.check_room(len(stimuli))
        looks = await self._transduction.contents([stimulus.content for stimulus in stimuli])
        return await self._life.finish(self._take_in(stimuli, looks, attended))

    async def _take_in(
        self, stimuli: Sequence[Stimulus], looks: Sequence[Transduced], attended: bool
    ) -> list[Perception]:
        self._body.acted = True
        digests = [
            content_digest(
                s.content, s.memory_type, self._scope, speaker if isinstance(speaker, str) else None
            )
            for s in stimuli
            for speaker in [s.context.get("speaker")]
        ]
        async with self._life.one_at_a_time(digests):  # or two tasks would each encode the same content
            with self._body.oblivion.watched():
                known = await self._find(digests)
                perceptions = [
                    await self._perceive(stimulus, look, digest, engram_id, attended)
                    for stimulus, look, digest, engram_id in zip(stimuli, looks, digests, known, strict=True)
                ]
                durable = await self._write([p for p in perceptions if p.engram is not None])
        perceptions = [replace(p, durable=durable and p.engram is not None) for p in perceptions]
        await self._body.note()
        for perception in perceptions:
            self._announce(perception)
        return perceptions

    async def _write(self, perceptions: Sequence[Perception]) -> bool:
        """Makes what was encoded durable; whether it is.

        Raises:
            StoreUnavailableError: it cannot be written, and nothing of it stays.
        """
        body = self._body
        encoded = [p.engram.engram_id for p in perceptions if p.engram is not None and not p.repeated]
        try:
            written = await body.journal.write(encoded)
        except BaseException:
            for engram_id in encoded:
                body.sharing.let_go(engram_id)
            raise
        return written and body.store.durable

    async def _find(self, digests: Sequence[str]) -> list[str | None]:
        """Ids of the engrams that these would repeat; while a store is away, only those in the hippocampus."""
        recent = [self._body.hippocampus.recognise(digest) for digest in digests]
        try:
            if self._body.journal.away:
                raise StoreUnavailableError("out of reach a moment ago")
            remote = await self._body.anatomy.find(digests)
        except StoreUnavailableError:
            _logger.warning(
                "perceiving without the long-term store: a repeat of what lies there is encoded anew"
            )
            remote = [None] * len(digests)
        return [e.engram_id if e is not None else far for e, far in zip(recent, remote, strict=True)]

    async def _perceive(
        self, stimulus: Stimulus, look: Transduced, digest: str, known: str | None, attended: bool
    ) -> Perception:
        now = self._body.clock.now()
        self._body.sensory_cortex.register(stimulus, now)
        if attended:
            gate = Gate(True, 1.0, "attended while the sensory cortex still held it")
        else:
            gate = self._body.thalamus.gate(stimulus, now, goal=self._body.prefrontal_cortex.goal)
        recognised = self._body.hippocampus.recognise(digest)
        engram = await self._reexpose(known if recognised is None else recognised.engram_id)
        if engram is not None:
            displaced = self._hold(engram, now) if gate.opened else None
            return Perception(stimulus, gate, self._body.seen(engram), displaced, novelty=0.0, repeated=True)
        if gate.opened and self._body.sensory_cortex.attend(stimulus, now) is None:
            gate = Gate(False, 0.0, "the sensory cortex registered nothing")
        if not gate.opened:
            return Perception(stimulus, gate, None)
        return self._encode(stimulus, look, gate, now, await self._body.stamp())

    def _encode(
        self, stimulus: Stimulus, look: Transduced, gate: Gate, now: float, brain_time: float
    ) -> Perception:
        appraisal = self._body.amygdala.appraise(stimulus)
        surprise = 0.0 if stimulus.reward is None else self._body.basal_ganglia.learn(stimulus.reward)
        percept = Percept(stimulus, appraisal, look.fragments, look.features, look.embedder, surprise)
        novelty = self._body.hippocampus.novelty(percept)
        engram_id = self._body.hippocampus.next_id(now)
        chunk = Chunk(engram_id, stimulus.content, now, now, appraisal.salience)
        displaced = self._body.prefrontal_cortex.hold(chunk, now)
        engram = self._body.hippocampus.encode(
            percept,
            brain_time,
            encoded_at=now,
            engram_id=engram_id,
            sleeps=self._body.sleeps,
            scope=self._scope,
        )
        if engram is not None:
            self._body.anatomy.index.add(engram)
            self._body.connectome.associate(self._body.hippocampus.bind(engram))
            self._bind_held(engram_id, now)
            engram = self._body.seen(engram)
        return Perception(stimulus, gate, engram, displaced, novelty)

    async def _reexpose(self, engram_id: str | None) -> Engram | None:
        if engram_id is None:
            return None
        now, sleeps = await self._body.stamp(), self._body.sleeps

        def studied(engram: Engram, fading: Fading) -> Engram:
            return engram.with_trace(fading.plasticity.reexpose(engram.trace, now, sleeps=sleeps))

        changed = await self._body.anatomy.reconsolidate([engram_id], studied, operation_id(), patient=True)
        engram = changed.engrams.get(engram_id)
        if engram is None or engram_id in self._body.oblivion:
            return None
        self._body.hippocampus.notice_access(engram_id, sleeps)
        return engram

    def _hold(self, engram: Engram, now: float) -> Chunk | None:
        chunk = Chunk(engram.engram_id, engram.content, now, now, engram.salience)
        displaced = self._body.prefrontal_cortex.hold(chunk, now)
        self._bind_held(engram.engram_id, now)
        return displaced

    def _bind_held(self, engram_id: str, now: float) -> None:
        held = [chunk.engram_id for chunk in self._body.prefrontal_cortex.select(now=now)]
        self._body.hippocampus.bind_held(engram_id, held)
