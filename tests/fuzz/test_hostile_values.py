"""Every public verb, given hostile values: only errors of the documented tree are raised, and then nothing has changed.

$NEURO_TEST_FUZZ inputs for each verb where the long tests run.
"""

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import MAKERS, VALUES, PlantedError, told
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import neuro
from neuro import Brain, BrainConfig, InvalidArgumentError, NeuroError, Stimulus, Where
from neuro.clock import SimulatedClock
from neuro.entities import ProperNames
from neuro.pathways.scheduling import Schedule
from neuro.testing.machine.image import take_image

_ORDINARY = 40
"""Inputs for each verb in the ordinary run."""
INPUTS = int(os.environ.get("NEURO_TEST_FUZZ", _ORDINARY))
_MOST = 40
"""Engrams above which the brain that is fuzzed is replaced: pictures of it are taken all the time."""
_PATIENCE = 20.0
"""Real seconds after which a verb counts as stuck."""

EXPECTED = (NeuroError, PlantedError)

Arguments = Mapping[str, Any]

fuzzed = settings(
    max_examples=INPUTS,
    deadline=None,
    derandomize=INPUTS == _ORDINARY,
    database=None,
    phases=[Phase.generate, *([Phase.shrink] if INPUTS == _ORDINARY else [])],  # shrinking may take minutes
    suppress_health_check=[*HealthCheck],
)

VERBS: dict[str, Arguments] = {
    "perceive": {
        "content": "We met Dana",
        "memory_type": "semantic",
        "salience": 0.5,
        "reward": 0.5,
        "modality": "text",
        "context": {"speaker": "Dana"},
        "tags": ["a"],
        "occurred_at": 5.0,
    },
    "perceive_many": {"items": ["We met Dana", "She lost her keys"]},
    "attend": {"content": "Dana"},
    "recall": {"cue": "Dana", "limit": 3, "where": {}, "update": True, "strict": True, "mode": "human"},
    "reinforce": {"*": "id"},
    "get": {"engram_id": "id"},
    "list": {"where": {}, "limit": 3, "after": "id", "dormant": True},
    "forget": {"engram_id": "id", "hard": False},
    "forget_where": {"where": {"speaker": "Dana"}, "hard": False},
    "pin": {"engram_id": "id"},
    "unpin": {"engram_id": "id"},
    "retention": {"engram": "engram"},
    "hours_left": {"engram": "engram"},
    "explain": {"engram_id": "id"},
    "sleep": {"days": 1},
    "lesion": {"region": "neocortex"},
    "restore": {"region": "neocortex"},
    "schedule.register": {"engram_id": "id", "retention": 0.9},
    "schedule.unregister": {"engram_id": "id"},
    "schedule.review": {"engram_id": "id", "grade": "good"},
    "schedule.due": {"within": 5.0, "limit": 3},
    "schedule.planned": {"engram": "engram"},
    "schedule.time_until": {"engram": "engram", "retention": 0.5},
    "schedule.curve": {"engram": "engram", "seconds": 60.0, "points": 3},
}
"""Arguments that each verb can use; ``id`` and ``engram`` stand for those of an engram that is there, ``*`` for what
is given by position."""
IN_TRANSACTIONS = (
    *("perceive", "perceive_many", "forget", "pin", "unpin", "reinforce"),
    *("schedule.register", "schedule.unregister", "schedule.review"),
)
WHERE: Arguments = {
    "memory_type": "semantic",
    "speaker": "Dana",
    "tags": ["a"],
    "context": {"a": 1},
    "encoded_from": 0.0,
    "encoded_before": 9.0,
    "salience_from": 0.5,
    "pinned": False,
    "consolidation": "labile",
}
CREATE: Arguments = {
    "url": "memory://",
    "redis_url": None,
    "namespace": "default",
    "config": BrainConfig(),
    "extractor": ProperNames(),
    "clock": SimulatedClock(),
    "rng": 5,
    "scope": "mine",
    "sleep_interval_seconds": 5.0,
    "durability": "fast",
}
FUNCTIONS: dict[str, tuple[Callable[..., object], Arguments]] = {
    "Stimulus.of": (Stimulus.of, VERBS["perceive"]),
    "Stimulus": (Stimulus, VERBS["perceive"]),
    "Stimulus.checked": (Stimulus.checked, {"item": "text"}),
    "Where": (Where, WHERE),
    "Where.of": (Where.of, {"value": WHERE}),
    "BrainConfig": (BrainConfig, dict.fromkeys(BrainConfig.model_fields)),
    "SimulatedClock": (SimulatedClock, {"start": 0.0}),
}


class Call(dict[str, Any]):
    """Arguments by name, which can be shown whatever they are."""

    def __repr__(self) -> str:
        return ", ".join(f"{name}={told(value)}" for name, value in self.items())


BY_POSITION = ("Stimulus.checked", "Where.of")


@st.composite
def spoiled(draw: st.DrawFn, good: Arguments) -> Call:
    """Good arguments, of which one or a few are something else."""
    names = draw(st.lists(st.sampled_from([*good]), min_size=1, max_size=3, unique=True))
    return Call({**good, **{name: draw(VALUES) for name in names}})


def called(name: str, make: Callable[..., object], arguments: Arguments) -> object:
    """Makes something; what takes one argument takes it by position."""
    return make(*arguments.values()) if name in BY_POSITION else make(**arguments)


class Subject:
    """A brain that is asked the strangest things, on a loop of its own; ``url`` says where the next one is kept."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self.run = self._runner.run
        self.run(self._be_born())

    async def _be_born(self) -> None:
        self.brain = await Brain.create(self._url(), clock=SimulatedClock(1_000_000.0), rng=0)
        await self.brain.perceive("We met Dana at the harbour", memory_type="procedural", tags=["a"])
        await self.brain.sleep()
        self.brain.thalamus.lesion()  # lets everything through, so that much is tried
        self.brain.thalamus.restore()
        await self.brain.perceive("She lost her keys", context={"speaker": "Dana"})
        await self.brain.recall("Dana")
        [self.engram, *_] = await self.brain.list()
        self.picture = await self._look()

    async def _look(self) -> tuple[Any, ...]:
        return (
            await take_image(self.brain, self.brain.store),
            self.brain.inspect(),
            [*self.brain.working_memory],
            await self.brain.stats(),
        )

    async def ask(self, verb: str, arguments: Call, *, together: bool = False) -> None:
        """Asks one thing, or three ``together`` of which it is the second, and looks at what became of the brain."""
        known = {"id": self.engram.engram_id, "engram": self.engram}
        given = {name: known.get(v, v) if isinstance(v, str) else v for name, v in arguments.items()}
        by_position = [given.pop("*")] if "*" in given else []
        call = f"{verb}({arguments!r})"
        asked: Any = self.brain
        for name in verb.split("."):
            asked = getattr(asked, name)
        try:
            async with AsyncExitStack() as stack:
                if together:
                    await stack.enter_async_context(self.brain.transaction())
                    await self.brain.perceive("He lost his keys")
                answer = asked(*by_position, **given)
                if asyncio.iscoroutine(answer):
                    async with asyncio.timeout(_PATIENCE):
                        await answer
                if together:
                    await self.brain.perceive("They found them")
        except EXPECTED as error:
            assert len(str(error)) < 1_000, f"{call} says too much"
            assert await self._look() == self.picture, f"{call} was refused and changed something"
            return
        for region in self.brain.regions:
            self.brain.restore(region)
        listed = await self.brain.list(dormant=True)
        if len(listed) > _MOST or self.engram.engram_id not in [engram.engram_id for engram in listed]:
            await self.brain.close()
            await self._be_born()
        self.picture = await self._look()

    def end(self) -> None:
        """Closes it."""
        self.run(self.brain.close())
        self._runner.close()


@pytest.fixture(params=["memory"] if INPUTS == _ORDINARY else ["memory", "sqlite"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    numbers = count()
    kept = request.param == "sqlite"
    subject = Subject(lambda: str(tmp_path / f"{next(numbers)}.db") if kept else "memory://")
    with np.errstate(all="ignore"):
        yield subject
    subject.end()


@pytest.mark.timeout(120 + INPUTS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_raises_only_what_is_documented_and_then_has_changed_nothing(verb: str, subject: Subject):
    @fuzzed
    @given(spoiled(VERBS[verb]))
    def fuzz(arguments: Call) -> None:
        assume(verb != "sleep" or not _many(arguments["days"]))
        subject.run(subject.ask(verb, arguments))

    fuzz()


@pytest.mark.timeout(120 + INPUTS)
@pytest.mark.parametrize("verb", IN_TRANSACTIONS)
def test_a_verb_that_is_refused_inside_a_transaction_undoes_all_of_it(verb: str, subject: Subject):
    @fuzzed
    @given(spoiled(VERBS[verb]))
    def fuzz(arguments: Call) -> None:
        subject.run(subject.ask(verb, arguments, together=True))

    fuzz()


def _many(days: object) -> bool:
    return isinstance(days, int) and days > 3  # they would all be lived through


def test_every_argument_of_every_verb_is_fuzzed():
    for owner, prefix in ((Brain, ""), (Schedule, "schedule.")):
        for name, verb in inspect.getmembers(owner, inspect.isfunction):
            taken = {
                "*" if parameter.kind is parameter.VAR_POSITIONAL else parameter.name
                for parameter in inspect.signature(verb).parameters.values()
            } - {"self"}
            if taken and not name.startswith("_"):
                assert taken == VERBS[f"{prefix}{name}"].keys(), f"{prefix}{name}"
    assert inspect.signature(Brain.create).parameters.keys() - {"embedder", "ids"} == CREATE.keys()


async def test_more_may_be_asked_for_than_a_store_can_count(tmp_path: Path):
    async with Brain.create(tmp_path / "a.db") as brain:
        perceived = await brain.perceive("We met Dana")
        assert perceived.engram is not None
        await brain.schedule.register(perceived.engram.engram_id)
        for limit in (2**63, 10**5000):
            assert len(await brain.schedule.due(within=1e9, limit=limit)) == 1
            assert len(await brain.list(limit=limit)) == len(await brain.recall("Dana", limit=limit)) == 1


async def test_nothing_is_deleted_before_it_is_known_how(tmp_path: Path):
    async with Brain.create(tmp_path / "a.db") as brain:
        perceived = await brain.perceive("We met Dana", context={"speaker": "Dana"})
        assert perceived.engram is not None
        for hard in (np.zeros(3), 1, "yes", None):
            wrong: Any = hard
            with pytest.raises(InvalidArgumentError, match="hard: must be True or False"):
                await brain.forget(perceived.engram.engram_id, hard=wrong)
            with pytest.raises(InvalidArgumentError, match="hard: must be True or False"):
                await brain.forget_where({"speaker": "Dana"}, hard=wrong)
        assert len(await brain.list()) == 1


async def test_no_more_days_are_slept_through_than_a_life_has():
    async with Brain.create() as brain:
        for days in (36_526, 10**9, 10**5000):
            with pytest.raises(InvalidArgumentError, match="days: must be at most 36525"):
                await brain.sleep(days=days)


@pytest.mark.timeout(120 + INPUTS)
def test_a_filter_of_hostile_values_is_refused_or_used(subject: Subject):
    @fuzzed
    @given(spoiled(WHERE), st.sampled_from(["recall", "list"]))
    def fuzz(where: Call, verb: str) -> None:
        subject.run(
            subject.ask(verb, Call(({"cue": "Dana"} if verb == "recall" else {}) | {"where": dict(where)}))
        )

    fuzz()


@pytest.mark.skipif(INPUTS == _ORDINARY, reason="long; $NEURO_TEST_FUZZ asks for it")
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_withstands_each_odd_object_in_each_place(verb: str, subject: Subject):
    for name in VERBS[verb]:
        for make in MAKERS:
            value = make()
            if verb != "sleep" or not _many(value):
                subject.run(subject.ask(verb, Call({**VERBS[verb], name: value})))


@pytest.mark.skipif(INPUTS == _ORDINARY, reason="long; $NEURO_TEST_FUZZ asks for it")
def test_records_withstand_each_odd_object_in_each_place():
    for name, (make, good) in FUNCTIONS.items():
        for field in good:
            for odd in MAKERS:
                with suppress(*EXPECTED):
                    called(name, make, {**good, field: odd()})


@pytest.mark.timeout(120 + INPUTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_record_of_hostile_values_raises_only_what_is_documented(name: str):
    make, good = FUNCTIONS[name]

    @fuzzed
    @given(spoiled(good))
    def fuzz(arguments: Call) -> None:
        with suppress(*EXPECTED):
            called(name, make, arguments)

    fuzz()


@pytest.mark.timeout(120 + INPUTS)
def test_a_brain_is_not_created_from_hostile_values(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a bare text is the path of a file

    async def create(arguments: Call) -> None:
        with suppress(*EXPECTED):
            async with asyncio.timeout(_PATIENCE), Brain.create(**arguments) as brain:
                await brain.perceive("We met Dana")

    @fuzzed
    @given(spoiled(CREATE))
    def fuzz(arguments: Call) -> None:
        assume("/" not in told(arguments["url"]).removeprefix("'memory://"))  # no files beyond this folder
        asyncio.run(create(arguments))

    fuzz()


@pytest.mark.timeout(120 + INPUTS)
@pytest.mark.parametrize("function", [neuro.compute_retention, neuro.time_until_forgotten])
def test_functions_of_an_engram_raise_only_what_is_documented(function, subject: Subject):
    @fuzzed
    @given(spoiled({"now": 5.0}))
    def fuzz(arguments: Call) -> None:
        with suppress(*EXPECTED):
            function(subject.engram, **arguments)

    fuzz()
