"""Several changes at once over a store that fails, and against the same acts one by one."""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from telling import DAY, HARBOUR, KEYS, KINDS, SHIP, Deliberate, bare, contents, encoded, kept, whole

from neuro import (
    Brain,
    BrainConfig,
    EngramNotFoundError,
    Stimulus,
    StoreUnavailableError,
)
from neuro.clock import SimulatedClock
from neuro.regions.thalamus import ThalamusParams
from neuro.stores.memory import MemoryStore
from neuro.testing.machine.image import take_image

T = TypeVar("T")


# Stores that fail


async def test_while_the_store_is_away_nothing_happens():
    store = bare(MemoryStore())
    async with Brain.create(store, clock=SimulatedClock()) as brain:
        keys = await encoded(brain, KEYS)
        before = await whole(brain)
        acts: list[Callable[[], Awaitable[Any]]] = [
            lambda: brain.perceive(SHIP),
            lambda: brain.pin(keys.engram_id),
            lambda: brain.forget(keys.engram_id),
        ]
        for act in acts:
            with pytest.raises(StoreUnavailableError, match="is down"):
                async with brain.transaction():
                    await act()
                    store.down = True
            store.recover()
            assert await whole(brain) == before
        async with brain.transaction():
            await brain.perceive(SHIP)
        assert contents(await brain.list()) == [KEYS, SHIP]


@pytest.mark.parametrize("reply_lost", [True, False])
async def test_a_write_whose_reply_is_lost_happens_once(reply_lost: bool):
    store = bare(MemoryStore())
    async with Brain.create(store) as brain:
        keys = await encoded(brain, KEYS)
        for _ in range(2):
            store.fail_next("write", StoreUnavailableError("lost"), reply_lost=reply_lost)
        async with brain.transaction():
            await brain.perceive(SHIP)
            await brain.perceive(KEYS)
        assert contents(await brain.list()) == [KEYS, SHIP]
        assert (await brain.get(keys.engram_id)).trace.exposures == 2.0


async def test_if_nobody_knows_whether_it_was_written_the_error_says_so():
    store = bare(MemoryStore())
    async with Brain.create(store) as brain:
        for _ in range(5):
            store.fail_next("write", StoreUnavailableError("lost"), reply_lost=True)
        with pytest.raises(StoreUnavailableError, match="nobody knows"):
            async with brain.transaction():
                await brain.perceive(SHIP)
        assert brain.working_memory[:] == ()
        assert contents(await brain.recall("ship", update=False)) == [SHIP]
        assert (await brain.perceive(SHIP)).repeated


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_that_refuses_the_write_refuses_all_of_it(kind: str, tmp_path: Path):
    """Another memory has the id of one of the engrams."""
    clock = SimulatedClock()
    numbers: Iterator[int] = iter([1, 2, 1, 3, 4, 5, 6, 7, 8, 9])
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(await place(), clock=clock, ids=lambda _: f"{next(numbers):032x}") as brain,
    ):
        await encoded(brain, KEYS)
        with pytest.raises(Exception, match="exists already with other content"):
            async with brain.transaction():
                await brain.perceive_many([SHIP, HARBOUR])
        assert contents(await brain.list()) == [KEYS]
        assert contents(brain.working_memory) == [KEYS]


# Against the same acts without blocks

TEXTS = [
    f"{who} {what}" for who in ("Dana", "Amir", "Lena") for what in ("sails", "is at the harbour", "sings")
]
KINDS_OF_MEMORY = ("episodic", "semantic", "procedural", "habitual")


class Ids:
    """Ids in order, which can be taken back."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, now: float) -> str:
        self.made += 1
        return f"{int(now * 1000):012x}{self.made:020x}"


class Run:
    """One brain that goes through a program; ``answers`` are what its acts returned."""

    def __init__(self, brain: Brain, ids: Ids) -> None:
        self.brain = brain
        self.ids = ids
        self.known: list[str] = []
        self.answers: list[object] = []

    async def act(self, seed: int) -> None:
        rng, brain = random.Random(seed), self.brain
        verb = rng.choice(
            ["perceive", "perceive", "perceive", "many", "forget", "change", "change", "change"]
        )
        if verb in ("perceive", "many"):
            stimuli = [
                Stimulus.of(
                    rng.choice(TEXTS),
                    memory_type=rng.choice(KINDS_OF_MEMORY),
                    reward=rng.choice([None, None, 0.7, -0.4]),
                    context={"session": rng.choice("ab")} if rng.random() < 0.3 else None,
                )
                for _ in range(3 if verb == "many" else 1)
            ]
            perceived = await brain.perceive_many(stimuli)
            self.known += [p.engram.engram_id for p in perceived if p.engram is not None]
            # How new it is, and how durable, is judged by what is there when it is perceived.
            self.answers += [replace(p, novelty=0.0, durable=False) for p in perceived]
            return
        chosen = rng.choice(self.known) if self.known else "nobody"
        change = rng.choice([brain.pin, brain.unpin, brain.reinforce, brain.schedule.register, self.review])
        try:
            self.answers.append(await (brain.forget if verb == "forget" else change)(chosen))
        except EngramNotFoundError:
            self.answers.append("not found")

    async def review(self, engram_id: str) -> object:
        return await self.brain.schedule.review(engram_id, "hard")

    async def block(self, acts: list[int], *, aborted: bool) -> None:
        made, known, answers = self.ids.made, [*self.known], [*self.answers]
        with suppress(Deliberate):
            async with self.brain.transaction():
                for act in acts:
                    await self.act(act)
                if aborted:
                    raise Deliberate
        if aborted:
            self.ids.made, self.known, self.answers = made, known, answers


async def live(
    store: Any, program: list[tuple[list[int], bool, float, bool]], *, blocks: bool
) -> list[object]:
    """What there is to be seen after a program of blocks, aborted or not, pauses and nights."""
    clock, ids = SimulatedClock(), Ids()
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.3))
    async with Brain.create(store, clock=clock, ids=ids, config=config) as brain:
        run = Run(brain, ids)
        for acts, aborted, pause, night in program:
            if blocks:
                await run.block(acts, aborted=aborted)
            elif not aborted:
                for act in acts:
                    await run.act(act)
            await clock.advance(pause)
            if night:
                run.answers.append(await brain.sleep())
        recall = await brain.recall("Who is at the harbour?")
        assert await store.verify() == []
        return [
            run.answers,
            await brain.list(dormant=True),
            await take_image(brain, store),
            brain.inspect().regions,
            [*brain.working_memory],
            [r.engram for r in recall],
            [r.activation for r in recall],
        ]


@pytest.mark.parametrize(
    ("kind", "seed"),
    [*[("memory", s) for s in range(40)], *[(k, s) for k in ("file", "redis") for s in range(4)]],
)
async def test_random_blocks_do_what_the_same_acts_do_without_them(kind: str, seed: int, tmp_path: Path):
    rng = random.Random(seed)
    program = [
        (
            [rng.randrange(1 << 30) for _ in range(rng.randrange(1, 9))],
            rng.random() < 0.5,
            rng.choice([1.0, 60.0, DAY]),
            rng.random() < 0.25,
        )
        for _ in range(14)
    ]
    places = [tmp_path / "blocks", tmp_path / "plain"]
    results: list[list[object]] = []
    for path in places:
        path.mkdir()
        async with kept(kind, path) as place:
            results.append(await live(await place(), program, blocks=path is places[0]))
    (*one, activations), (*other, plain) = results
    for seen, without in zip(one, other, strict=True):
        assert seen == without
    assert activations == pytest.approx(plain)  # weights of associations are sums in another order
