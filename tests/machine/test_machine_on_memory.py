"""An honest brain lives through random programs, over a store in memory that suspends around every verb.

``NEURO_TEST_PROGRAMS`` says how many of each kind; a few minutes' worth is some thousands.
"""

import asyncio
import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuro.testing.machine import (
    Forget,
    Lesion,
    LoseReply,
    Outage,
    Perceive,
    Pin,
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

PROGRAMS = int(os.environ.get("NEURO_TEST_PROGRAMS", "60"))

KEYS, VIOLIN = Perceive("Dana forgot the keys"), Perceive("Omar forgot the violin")

FAILED_ONCE = {
    "a forget in the night that moves the engram": (KEYS, VIOLIN, Together((Sleep(), Forget(0)))),
    "a forget of what a failed night left arriving": (KEYS, LoseReply("insert"), Sleep(), Forget(0), Sleep()),
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
}
"""Programs in which something went wrong once."""


@pytest.mark.timeout(120 + PROGRAMS)
@pytest.mark.parametrize("trouble", [False, True], ids=["with a reliable store", "with trouble"])
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
async def test_an_honest_brain_lives_through_random_programs(together, trouble):
    for seed in range(PROGRAMS):
        program = draw_program(random.Random(seed), together=together, trouble=trouble)
        await live(program, seed=seed)


@given(
    program=st.lists(
        st.randoms(use_true_random=False).map(lambda rng: draw_act(rng, trouble=True)), max_size=12
    ),
    seed=st.integers(0, 1000),
)
@settings(
    max_examples=PROGRAMS // 2,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_hypothesis_finds_no_program_that_breaks_a_brain(program, seed):
    asyncio.run(live(program, seed=seed))


@pytest.mark.parametrize("program", FAILED_ONCE.values(), ids=FAILED_ONCE)
async def test_what_failed_once_is_mended(program):
    for seed in range(25):
        await live(program, seed=seed)


async def test_a_program_is_the_same_every_time():
    program = draw_program(random.Random(7), trouble=True)
    assert await live(program, seed=3) == await live(program, seed=3)


async def test_every_kind_of_act_is_drawn():
    drawn = {type(act) for act in draw_program(random.Random(1), length=2000, trouble=True)}
    assert {
        Forget,
        Lesion,
        LoseReply,
        Outage,
        Perceive,
        Pin,
        Recall,
        Recover,
        Reinforce,
        Reopen,
        Seek,
    } < drawn
    assert {Sleep, Together, Wait} < drawn


async def test_a_long_life_comes_to_a_good_end():
    program = draw_program(random.Random(11), length=150)
    image = await live((*program, Wait(400 * DAY)), seed=11)
    assert image.dormant and image.engrams.keys() >= image.dormant
    assert all(region != "hippocampus" for region, _ in image.engrams.values())
