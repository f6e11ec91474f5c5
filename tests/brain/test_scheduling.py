"""Spaced review: what is registered is due when its retention has fallen to the target, and reviews move it on."""

import asyncio
import json
import math
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from telling import DAY, HOUR, OpenPlace, contents, encoded, whole

from neuro import (
    Brain,
    BrainClosedError,
    BrainConfig,
    EngramNotFoundError,
    InvalidArgumentError,
    StoreUnavailableError,
)
from neuro.clock import SimulatedClock
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    Grade,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.presets import human
from neuro.stores import MemoryStore
from neuro.testing import FailingStore, StoreWrapper

FERRY, LATCH, TOM = "The ferry leaves at noon", "Lift the latch, then push", "Tom locks the shed at nine"
MOMENT = 1.0
"""A second: more than rounding, less than anything else here."""

LAWS = [
    OddsPlasticity(),
    EbbinghausPlasticity(),
    BaseLevelPlasticity(),
    MemoryChainPlasticity(),
    FsrsPlasticity(),
]
GRADED = [OddsPlasticity(), EbbinghausPlasticity(), FsrsPlasticity()]
"""To the others a use is a use."""
each_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)


async def due(brain: Brain, **options: Any) -> list[str]:
    """Contents of what is due."""
    return [review.engram.content for review in await brain.schedule.due(**options)]


async def assert_due_when_it_has_faded(brain: Brain, clock: SimulatedClock, engram_id: str) -> None:
    """Nothing is due until retention falls to the target, and there the engram is."""
    review = brain.schedule.planned(await brain.get(engram_id))
    left = review.due_at - clock.now()
    assert left > MOMENT
    assert brain.schedule.time_until(review.engram, review.target) == pytest.approx(left)
    assert await brain.schedule.due() == []
    assert [r.engram for r in await brain.schedule.due(within=left + MOMENT)] == [review.engram]
    await clock.advance(left - MOMENT)
    assert await brain.schedule.due() == []
    await clock.advance(2 * MOMENT)
    (now,) = await brain.schedule.due()
    assert now.engram == review.engram
    assert now.retention == brain.retention(review.engram) == pytest.approx(review.target, abs=1e-5)
    assert now.due_at == pytest.approx(review.due_at)
    assert brain.schedule.time_until(review.engram, review.target) == 0.0


# When something is due


@each_law
async def test_a_review_is_due_when_retention_falls_to_the_target(law: Any, place: OpenPlace):
    clock = SimulatedClock(start=1e6)
    config = BrainConfig(plasticity=law)
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        for content, kind in ((FERRY, "episodic"), (LATCH, "procedural"), (TOM, "habitual")):
            engram = await encoded(brain, content, memory_type=kind)
            review = await brain.schedule.register(engram.engram_id, retention=0.8)
            assert (review.engram.content, review.target) == (content, 0.8)
            assert review.retention == brain.retention(engram) > 0.98
            await assert_due_when_it_has_faded(brain, clock, engram.engram_id)
            await brain.schedule.review(engram.engram_id, "good")
            await brain.sleep()  # to the home of its type
            await assert_due_when_it_has_faded(brain, clock, engram.engram_id)
            await brain.schedule.unregister(engram.engram_id)
            assert await brain.schedule.due() == []


@pytest.mark.parametrize("nights", [0, 1])
async def test_the_agenda_outlives_the_process(nights: int, place: OpenPlace):
    clock = SimulatedClock(start=1e6)
    async with Brain.create(await place(), clock=clock) as brain:
        for content, kind in ((FERRY, "semantic"), (LATCH, "procedural"), (TOM, "habitual")):
            await brain.schedule.register((await encoded(brain, content, memory_type=kind)).engram_id)
        for _ in range(nights):
            await brain.sleep()
        planned = await brain.schedule.due(within=10_000 * DAY)
        assert contents(r.engram for r in planned) == [FERRY, TOM, LATCH]
    async with Brain.create(await place(), clock=clock) as brain:
        assert await brain.schedule.due(within=10_000 * DAY) == planned
        await assert_due_when_it_has_faded(brain, clock, planned[0].engram.engram_id)


async def test_while_the_brain_is_asleep_or_closed_what_is_due_moves_away(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        engram = await encoded(brain, FERRY)
        before = (await brain.schedule.register(engram.engram_id)).due_at
        with brain.time.asleep():
            await clock.advance(20 * HOUR)
        asleep = brain.schedule.planned(await brain.get(engram.engram_id)).due_at
        assert asleep == pytest.approx(before + 19 * HOUR)
        await brain.schedule.review(engram.engram_id, "good")
    await clock.advance(20 * HOUR)
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        (closed,) = await brain.schedule.due(within=100 * DAY)
        assert closed.due_at > asleep + 19 * HOUR


async def test_what_is_due_comes_first_come_first_served_ties_by_id(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        ids: list[str] = []
        for kind in ("habitual", "procedural", "semantic", "episodic"):
            for number in range(2):
                engram = await encoded(brain, f"{kind} {number}", memory_type=kind, salience=0.5)
                ids.append(engram.engram_id)
        for engram_id in reversed(ids):
            await brain.schedule.register(engram_id)
        expected = [
            f"{kind} {n}" for kind in ("episodic", "semantic", "habitual", "procedural") for n in (0, 1)
        ]
        for _ in range(2):
            reviews = await brain.schedule.due(within=10_000 * DAY)
            assert contents(review.engram for review in reviews) == expected
            assert [r.due_at for r in reviews] == sorted(r.due_at for r in reviews)
            for limit in (1, 3, 7, 100):
                assert await due(brain, within=10_000 * DAY, limit=limit) == expected[:limit]
            await brain.sleep()


async def test_another_target_changes_the_plan(place: OpenPlace):
    async with Brain.create(await place(), clock=SimulatedClock()) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        plans = [
            (await brain.schedule.register(engram_id, retention=target)).due_at
            for target in (0.99, 0.9, 0.5, 0.1)
        ]
        assert plans == sorted(plans) and len(set(plans)) == 4
        assert [r.target for r in await brain.schedule.due(within=1e9)] == [0.1]
        stored = await brain.get(engram_id)
        assert stored.target_retention == 0.1
        await brain.schedule.unregister(engram_id)
        assert (await brain.get(engram_id)).target_retention is None
        with pytest.raises(InvalidArgumentError, match=f"engram: {engram_id} is not registered for review"):
            brain.schedule.planned(await brain.get(engram_id))
        await brain.schedule.unregister(engram_id)  # twice is harmless


async def test_what_is_forgotten_is_never_due(place: OpenPlace):
    async with Brain.create(await place(), clock=SimulatedClock()) as brain:
        far, near = [await encoded(brain, content) for content in (FERRY, LATCH)]
        await brain.schedule.register(far.engram_id)
        await brain.sleep()
        await brain.schedule.register(near.engram_id)
        assert len(await brain.schedule.due(within=1e9)) == 2
        for engram in (far, near):
            await brain.forget(engram.engram_id)
        assert await brain.schedule.due(within=1e9) == []
        with pytest.raises(EngramNotFoundError):
            await brain.schedule.review(far.engram_id, "good")


@pytest.mark.parametrize("nights", [0, 1])
async def test_the_pinned_and_the_dormant_are_asked_for_as_their_traces_fade(nights: int, place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        pinned, dormant = [await encoded(brain, content, salience=0.5) for content in (FERRY, LATCH)]
        await brain.pin(pinned.engram_id)
        for engram in (pinned, dormant):
            await brain.schedule.register(engram.engram_id)
        for _ in range(nights):
            await brain.sleep()
        await clock.advance(1000 * DAY)
        await brain.sleep()
        left = {review.engram.content: review.retention for review in await brain.schedule.due()}
        assert left[FERRY] > 0.98 > 0.05 > left[LATCH]
        assert contents(await brain.list()) == [FERRY]
        await brain.schedule.review(dormant.engram_id, "good")
        assert contents(await brain.list()) == [FERRY, LATCH]
        assert await due(brain) == [FERRY]


async def test_the_bound_is_inclusive_and_may_be_as_far_as_numbers_go(place: OpenPlace):
    async with Brain.create(await place(), clock=SimulatedClock()) as brain:
        review = await brain.schedule.register((await encoded(brain, FERRY)).engram_id)
        for _ in range(2):
            assert await due(brain, within=math.nextafter(review.due_at, 0.0)) == []
            assert await due(brain, within=review.due_at) == [FERRY]
            assert await due(brain, within=sys.float_info.max) == [FERRY]
            await brain.sleep()


@each_law
async def test_a_target_that_is_never_above_or_never_reached_is_due_at_once_or_never(law: Any):
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=BrainConfig(plasticity=law)) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        certain = await brain.schedule.register(engram_id, retention=1.0 - 1e-16)
        assert certain.due_at == pytest.approx(0.0, abs=1e-6)
        await clock.advance(MOMENT)
        assert await due(brain) == [FERRY]
        never = await brain.schedule.register(engram_id, retention=5e-324)
        assert never.due_at == math.inf
        assert await due(brain, within=sys.float_info.max) == []
        assert never.to_dict()["due_at"] is None
        assert json.loads(json.dumps(certain.to_dict())) == certain.to_dict()


# Reviewing


async def test_a_review_moves_what_is_due_away_and_lengthens_the_interval(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        await brain.schedule.register(engram_id)
        intervals: list[float] = []
        for _ in range(5):
            (left,) = [r.due_at - clock.now() for r in await brain.schedule.due(within=1e12)]
            intervals.append(left)
            await clock.advance(left + MOMENT)
            assert await due(brain) == [FERRY]
            reviewed = await brain.schedule.review(engram_id, Grade.GOOD)
            assert reviewed == await brain.get(engram_id)
            assert await brain.schedule.due() == []
            await brain.sleep()
        ratios = [later / earlier for earlier, later in pairwise(intervals)]
        assert all(2.0 < ratio < 3.0 for ratio in ratios)  # 1 + 15 (p0 - .9), and what sleep adds


async def after_reviews(law: Any, *grades: Any) -> tuple[Any, float]:
    """The trace after reviews in time, and the seconds until the next one."""
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=BrainConfig(plasticity=law)) as brain:
        review = await brain.schedule.register((await encoded(brain, FERRY)).engram_id)
        for grade in grades:
            await clock.advance(review.due_at - clock.now())
            reviewed = await brain.schedule.review(review.engram.engram_id, grade)
            review = brain.schedule.planned(reviewed)
        return review.engram.trace, review.due_at - clock.now()


@each_law
async def test_a_grade_is_a_name_or_a_number(law: Any):
    for grade in Grade:
        forms = (grade, grade.value, grade.name.lower(), grade.name)
        given = [await after_reviews(law, form) for form in forms]
        assert given == [given[0]] * 4


@pytest.mark.parametrize("law", GRADED, ids=lambda law: law.law)
async def test_the_easier_it_was_the_later_the_next_review(law: Any):
    known = ["good"] * 2
    again, hard, good, easy = [
        (await after_reviews(law, *known, grade))[1] for grade in ("again", "hard", "good", "easy")
    ]
    assert again < (await after_reviews(law, *known))[1] < hard < good < easy


async def test_a_good_review_teaches_what_a_recall_does():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        await clock.advance(20 * DAY)
        recalled = (await brain.recall("ferry"))[0].engram.trace
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        await clock.advance(20 * DAY)
        reviewed = (await brain.schedule.review(engram.engram_id, "good")).trace
    assert reviewed.model_copy(update={"access_count": 1}) == recalled


async def test_what_was_failed_and_corrected_was_studied_once_more(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        await brain.sleep()
        await clock.advance(DAY)
        for grade, exposures in (("good", 1.0), ("again", 2.0), ("easy", 2.0), (1, 3.0)):
            assert (await brain.schedule.review(engram.engram_id, grade)).trace.exposures == exposures
        assert (await brain.get(engram.engram_id)).trace.exposures == 3.0
        assert (await brain.get(engram.engram_id)).revision == engram.revision + 4


async def test_what_is_not_registered_may_be_reviewed_and_stays_off_the_agenda(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        await clock.advance(50 * DAY)
        reviewed = await brain.schedule.review(engram.engram_id, "good")
        assert reviewed.trace.half_life > engram.trace.half_life
        assert reviewed.target_retention is None
        assert await brain.schedule.due(within=1e12) == []


async def test_a_review_is_slept_on_like_a_recall(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 1
        await brain.schedule.review(engram_id, "good")
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 1


# Looking ahead


@each_law
async def test_a_curve_shows_retention_as_it_will_be(law: Any):
    clock = SimulatedClock(start=5.0)
    async with Brain.create(clock=clock, config=BrainConfig(plasticity=law)) as brain:
        engram = await encoded(brain, FERRY)
        await clock.advance(3 * DAY)
        curve = brain.schedule.curve(engram, seconds=60 * DAY, points=7)
        assert curve.seconds.tolist() == [10 * DAY * n for n in range(7)]
        assert curve.retentions.shape == (7,)
        assert (np.diff(curve.retentions) < 0.0).all()
        for retention in curve.retentions.tolist():
            assert brain.retention(engram) == pytest.approx(retention, rel=1e-9)
            await clock.advance(10 * DAY)
        assert brain.schedule.curve(engram).seconds.shape == (100,)
        assert brain.schedule.curve(engram).seconds[-1] == 30 * DAY
        assert brain.schedule.curve(engram, seconds=2**64, points=2).seconds.tolist() == [0.0, 2.0**64]


async def test_the_curves_of_the_pinned_and_the_important_are_level():
    async with Brain.create(clock=SimulatedClock()) as brain:
        pinned, vital = await encoded(brain, FERRY), await encoded(brain, LATCH, salience=1.0)
        await brain.pin(pinned.engram_id)
        curve = brain.schedule.curve(await brain.get(pinned.engram_id), seconds=1e12)
        assert set(curve.retentions.tolist()) == {brain.retention(pinned)}
        assert brain.schedule.curve(vital, seconds=1e15).retentions[-1] == pytest.approx(0.2)
        assert brain.schedule.time_until(await brain.get(pinned.engram_id), 0.5) == math.inf
        assert brain.schedule.time_until(vital, 0.1) == math.inf
        assert brain.schedule.time_until(vital, 0.5) < math.inf


# Bad arguments, and stores that are away

NUMBERS = [None, "much", True, math.nan, math.inf, -0.1]
RETENTIONS = [*NUMBERS, 0, 1, 0.0, 1.0, 1.5]
COUNTS = [None, 0, -1, True, 1.5, "2"]

BAD: list[tuple[str, Callable[[Brain, str, Any], Any], list[Any]]] = [
    ("engram_id", lambda brain, _, bad: brain.schedule.register(bad), [None, "", " ", 5, "x" * 65]),
    ("engram_id", lambda brain, _, bad: brain.schedule.unregister(bad), [None, "", 5]),
    ("engram_id", lambda brain, _, bad: brain.schedule.review(bad, "good"), [None, "", 5]),
    ("retention", lambda brain, id, bad: brain.schedule.register(id, retention=bad), RETENTIONS),
    (
        "grade",
        lambda brain, id, bad: brain.schedule.review(id, bad),
        [None, "", "best", "again ", 0, 5, -1, True, 2.0, b"good", [3]],
    ),
    ("within", lambda brain, _, bad: brain.schedule.due(within=bad), NUMBERS),
    ("limit", lambda brain, _, bad: brain.schedule.due(limit=bad), COUNTS),
]


@pytest.mark.parametrize(
    ("name", "call", "bad"),
    [(name, call, value) for name, call, values in BAD for value in values],
    ids=lambda value: repr(value)[:20] if not callable(value) else "",
)
async def test_a_bad_argument_is_an_error_that_names_it_and_changes_nothing(name: str, call: Any, bad: Any):
    async with Brain.create(clock=SimulatedClock()) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        before = await whole(brain)
        with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
            await call(brain, engram_id, bad)
        assert await whole(brain) == before


async def test_bad_arguments_of_what_looks_ahead_are_errors_too():
    async with Brain.create(clock=SimulatedClock()) as brain:
        engram = await encoded(brain, FERRY)
        for bad in RETENTIONS:
            with pytest.raises(InvalidArgumentError, match=r"^retention: "):
                brain.schedule.time_until(engram, bad)
        for bad in [*NUMBERS, 0, 0.0]:
            with pytest.raises(InvalidArgumentError, match=r"^seconds: "):
                brain.schedule.curve(engram, seconds=bad)
        for bad in [*COUNTS, 1, 10_001]:
            with pytest.raises(InvalidArgumentError, match=r"^points: "):
                brain.schedule.curve(engram, points=bad)


@pytest.mark.parametrize("nights", [0, 1])
async def test_an_unknown_engram_is_an_error(nights: int, place: OpenPlace):
    async with Brain.create(await place(), clock=SimulatedClock()) as brain:
        await encoded(brain, FERRY)
        for _ in range(nights):
            await brain.sleep()
        for call in (brain.schedule.register, brain.schedule.unregister):
            with pytest.raises(EngramNotFoundError, match="no engram has the id 'abcdef'"):
                await call("abcdef")
        with pytest.raises(EngramNotFoundError, match="abcdef"):
            await brain.schedule.review("abcdef", "good")
        assert await brain.schedule.due(within=1e12) == []


async def test_a_closed_brain_has_no_schedule_any_more():
    brain = await Brain.create()
    engram_id = (await encoded(brain, FERRY)).engram_id
    await brain.close()
    for call in (
        brain.schedule.register(engram_id),
        brain.schedule.unregister(engram_id),
        brain.schedule.review(engram_id, "good"),
        brain.schedule.due(),
    ):
        with pytest.raises(BrainClosedError, match="closed"):
            await call


@pytest.mark.parametrize("nights", [0, 1], ids=["in the hippocampus", "in the neocortex"])
async def test_while_the_store_is_away_every_verb_says_so_and_nothing_has_changed(nights: int):
    clock, store = SimulatedClock(), FailingStore(MemoryStore())
    async with Brain.create(store, clock=clock) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        await brain.schedule.register(engram_id)
        for _ in range(nights):
            await brain.sleep()
        before = await brain.schedule.due(within=1e12)
        await clock.advance(DAY)
        store.down = True
        for call in (
            brain.schedule.register(engram_id, retention=0.5),
            brain.schedule.unregister(engram_id),
            brain.schedule.review(engram_id, "good"),
            brain.schedule.due(within=1e12),
            brain.explain(engram_id),
        ):
            with pytest.raises(StoreUnavailableError):
                await call
        store.down = False
        assert [r.engram for r in await brain.schedule.due(within=1e12)] == [r.engram for r in before]


# Many at once


async def test_reviews_at_once_count_once_each(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        await brain.sleep()
        await clock.advance(DAY)
        await asyncio.gather(*(brain.schedule.review(engram_id, "again") for _ in range(20)))
        assert (await brain.get(engram_id)).trace.exposures == 21.0


class Meanwhile(StoreWrapper):
    """Does something once, after the agenda has been read."""

    act: Callable[[], Any] | None = None

    async def around(self, verb: str, call: Any, *, written: int = 0) -> Any:
        result = await call()
        if verb == "upcoming" and self.act is not None:
            act, self.act = self.act, None
            await act()
        return result


@pytest.mark.parametrize("verb", ["forget", "unregister"])
async def test_what_leaves_the_agenda_while_it_is_read_is_not_due(verb: str):
    store = Meanwhile(MemoryStore())
    async with Brain.create(store, clock=SimulatedClock()) as brain:
        for content in (FERRY, LATCH):
            await brain.schedule.register((await encoded(brain, content)).engram_id)
        await brain.sleep()
        first = (await brain.schedule.due(within=1e12))[0].engram.engram_id
        leave = brain.forget if verb == "forget" else brain.schedule.unregister
        store.act = lambda: leave(first)
        assert await due(brain, within=1e12) == [LATCH]
        assert await due(brain, within=1e12) == [LATCH]
