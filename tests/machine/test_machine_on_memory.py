"""Honest brains live through random programs, one or two in a place, over a store in memory that suspends around
every verb.

``NEURO_TEST_PROGRAMS`` says how many of each of the eight kinds; a thousand take about ten minutes.
"""

import asyncio
import os
import random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuro.engram import MemoryType
from neuro.regions.memory_index import MemoryIndex
from neuro.testing.machine import (
    Act,
    Browse,
    Forget,
    Kill,
    Lesion,
    LoseReply,
    Other,
    Outage,
    Perceive,
    Pin,
    Program,
    Recall,
    Recover,
    Reinforce,
    Reopen,
    Seek,
    Sleep,
    Together,
    Wait,
    draw_act,
    draw_program,
    live,
)
from neuro.units import DAY

PROGRAMS = int(os.environ.get("NEURO_TEST_PROGRAMS", "40"))

KEYS, VIOLIN = Perceive("Dana forgot the keys"), Perceive("Omar forgot the violin")
SKILL = Perceive("Dana forgot the keys", MemoryType.PROCEDURAL)

FAILED_ONCE: dict[str, Program] = {
    "a forget in the night that moves the engram": (KEYS, VIOLIN, Together((Sleep(), Forget(0)))),
    "a forget of what a night moved that did not hear of it": (
        KEYS, LoseReply("write"), Sleep(), Forget(0), Sleep(),
    ),
    "a forget that cannot reach the store": (KEYS, VIOLIN, Outage(), Forget(0), Recover()),
    "a forget whose engram is being recalled": (
        KEYS,
        VIOLIN,
        Sleep(),
        Together((Recall("keys"), Forget(0), Recall("keys"), Reinforce(0))),
    ),
    "a forget whose engram is being perceived again": (KEYS, Sleep(), Together((KEYS, Forget(0), KEYS))),
    "a recall of what moves to a region that is lesioned meanwhile": (
        KEYS,
        LoseReply("write"),
        Sleep(),
        Lesion("neocortex"),
        Recall("keys"),
        KEYS,
        Pin(0),
    ),
    "what waits for the store is listed when that is back": (Outage(), KEYS, Recover(), Browse()),
    "wires between engrams that are written one after another": (Outage(), KEYS, VIOLIN, SKILL, Reopen()),
    "an adoption whose reply was lost": (KEYS, Kill(), Wait(DAY), LoseReply("adopt"), Sleep(), Recover()),
    "a recall while what it finds is being written": (
        Recall("keys"),
        Together((KEYS, Recall("keys"), Recall("Dana"), Recall("violin"))),
        Seek(0),
    ),
    "a change that waits, of a region that is lesioned when it is written": (
        KEYS,
        Together((Recall("keys"), Outage())),
        Together((Recover(), Lesion("hippocampus"))),
        Recall("keys"),
    ),
    "changes that wait while others are written": (
        KEYS,
        Outage(),
        Recall("keys"),
        Together((Recall("Dana"), Recall("keys"), Recover(), Reinforce(0))),
    ),
    "a recall of what a killed brain left, whose reply was lost": (
        KEYS, Kill(), LoseReply("amend"), Recall("keys"),
    ),
}  # fmt: skip
"""Programs in which something went wrong once."""

FAILED_FOR_TWO: dict[str, Program] = {
    "what is perceived while the other is lesioned": (
        Other(Lesion("hippocampus")), Other(Seek(0)), KEYS, Other(Recall("keys")),
    ),
    "what is perceived while the other reads its index": (
        Together((KEYS, Other(Recall("keys")))), Other(Seek(0)),
    ),
    "two recalls of one brain at once": (
        Other(Recall("violin")), KEYS, Sleep(), Together((Other(Seek(0)), Other(VIOLIN), Other(Seek(0)))),
    ),
    "a forget of what the other is about to write": (
        Outage(), KEYS, Recover(), Together((Pin(0), Other(Forget(0)))),
    ),
    "a forget of what the other keeps to itself": (Outage(), KEYS, Other(Forget(0)), Recover(), Other(Seek(0))),
    "a change that waits, of what the other moves": (
        Other(KEYS), Other(LoseReply("amend")), Other(Recall("keys")), Wait(DAY), Sleep(), Other(Recover()),
    ),
}  # fmt: skip
"""The same with two brains."""


@pytest.mark.timeout(120 + PROGRAMS)
@pytest.mark.parametrize("trouble", [False, True], ids=["with a reliable store", "with trouble"])
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
@pytest.mark.parametrize("brains", [1, 2], ids=["one brain", "two brains"])
async def test_honest_brains_live_through_random_programs(brains, together, trouble):
    for seed in range(PROGRAMS):
        program = draw_program(random.Random(seed), together=together, trouble=trouble, brains=brains)
        await live(program, seed=seed, brains=brains)


@given(
    program=st.lists(
        st.randoms(use_true_random=False).map(lambda rng: draw_act(rng, trouble=True, brains=2)), max_size=12
    ),
    seed=st.integers(0, 1000),
)
@settings(
    max_examples=PROGRAMS,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_hypothesis_finds_no_program_that_breaks_a_brain(program, seed):
    asyncio.run(live(program, seed=seed, brains=2))


@pytest.mark.parametrize("program", FAILED_ONCE.values(), ids=FAILED_ONCE)
async def test_what_failed_once_is_mended(program):
    for seed in range(20):
        await live(program, seed=seed)


@pytest.mark.parametrize("program", FAILED_FOR_TWO.values(), ids=FAILED_FOR_TWO)
async def test_what_failed_once_for_two_is_mended(program):
    for seed in range(20):
        await live(program, seed=seed, brains=2)


@pytest.mark.parametrize("brains", [1, 2])
async def test_a_program_is_the_same_every_time_but_for_threads(brains, monkeypatch):
    async def work(self, job):
        await asyncio.sleep(0)
        return job()

    monkeypatch.setattr(MemoryIndex, "_work", work)
    program = draw_program(random.Random(7), trouble=True, brains=brains)
    first, second = [await live(program, seed=3, brains=brains) for _ in range(2)]
    assert first == second


async def test_every_kind_of_act_is_drawn_for_either_brain():
    program = draw_program(random.Random(1), length=2000, trouble=True, brains=2)
    kinds = {*get_args(Act)} - {Other, Together}
    assert {type(act) for act in program} == kinds | {Other, Together}
    assert {type(act.act) for act in program if isinstance(act, Other)} == kinds


async def test_a_long_life_comes_to_a_good_end():
    program = draw_program(random.Random(11), length=150)
    image = await live((*program, Wait(400 * DAY)), seed=11)
    assert image.dormant and image.engrams.keys() >= image.dormant
    assert all(region != "hippocampus" for region, _ in image.engrams.values())
