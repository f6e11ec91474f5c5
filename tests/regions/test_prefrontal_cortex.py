"""The prefrontal cortex: slots, decay, displacement and the goal."""

import logging
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.clock import SimulatedClock
from neuro.errors import ConfigurationError, InvalidArgumentError
from neuro.regions.prefrontal_cortex import PrefrontalCortex, PrefrontalCortexParams
from neuro.signals import Chunk

DECAYED = 1800.0 * math.log(20.0) + 0.001
"""Seconds after which a chunk that was not rehearsed has decayed."""


def chunk(engram_id: str, held_at: float = 0.0, salience: float = 0.5) -> Chunk:
    return Chunk(engram_id, f"words of {engram_id}", held_at, held_at, salience)


def filled(ids: str, **params: float) -> PrefrontalCortex:
    """One chunk per letter, a second apart from 0.0 on."""
    cortex = PrefrontalCortex(PrefrontalCortexParams(**params))
    for at, engram_id in enumerate(ids):
        cortex.hold(chunk(engram_id, float(at)), now=float(at))
    return cortex


def ids(chunks: Sequence[Chunk]) -> str:
    return "".join(held.engram_id for held in chunks)


def test_the_newest_chunk_is_the_most_active():
    assert ids(filled("abc").slots(now=2.0)) == "cba"


def test_an_eighth_chunk_displaces_the_weakest_and_hold_returns_it():
    cortex = filled("abcdefg")
    displaced = cortex.hold(chunk("h", 7.0), now=7.0)
    assert displaced == chunk("a", 0.0)
    assert ids(cortex.slots(now=7.0)) == "hgfedcb"


def test_chunks_of_the_same_instant_leave_in_the_order_in_which_they_came():
    cortex = PrefrontalCortex(PrefrontalCortexParams(capacity=2))
    displaced = [cortex.hold(chunk(engram_id), now=0.0) for engram_id in "abcd"]
    assert displaced == [None, None, chunk("a"), chunk("b")]
    assert ids(cortex.slots(now=0.0)) == "dc"


def test_a_salient_chunk_outlives_a_dull_one_that_is_a_little_newer_but_not_for_long():
    cortex = PrefrontalCortex(PrefrontalCortexParams(capacity=2))
    cortex.hold(chunk("s", salience=1.0), now=0.0)
    cortex.hold(chunk("d", salience=0.0), now=60.0)
    cortex.hold(chunk("n", salience=0.0), now=500.0)
    assert set(ids(cortex.slots(now=500.0))) == {"s", "n"}
    cortex.hold(chunk("m"), now=500.0)
    assert set(ids(cortex.slots(now=500.0))) == {"n", "m"}


def test_the_newcomer_is_never_the_one_displaced():
    cortex = PrefrontalCortex(PrefrontalCortexParams(capacity=1))
    cortex.hold(chunk("s", salience=1.0), now=0.0)
    cortex.hold(chunk("d", salience=0.0), now=0.0)
    assert ids(cortex.slots(now=0.0)) == "d"


def test_holding_a_held_chunk_again_rehearses_it_and_displaces_nothing():
    cortex = filled("abcdefg")
    assert cortex.hold(chunk("a", 7.0), now=7.0) is None
    assert cortex.slots(now=7.0)[0] == Chunk("a", "words of a", 0.0, 7.0)
    assert len(cortex.slots(now=7.0)) == 7


def test_rehearsal_refreshes_a_chunk_and_only_one_that_is_held():
    cortex = filled("abc")
    assert cortex.rehearse("a", now=100.0)
    assert ids(cortex.slots(now=100.0)) == "acb"
    assert cortex.strength("a", now=100.0) == 1.0
    assert not cortex.rehearse("x", now=100.0)
    assert not cortex.rehearse("b", now=DECAYED + 1.0)


def test_strength_decays_exponentially_since_the_last_rehearsal():
    cortex = filled("a")
    assert cortex.strength("a", now=0.0) == 1.0
    assert cortex.strength("a", now=1800.0) == pytest.approx(math.exp(-1.0))
    assert cortex.strength("a", now=DECAYED) == 0.0
    assert cortex.strength("x", now=0.0) == 0.0


def test_decayed_chunks_are_left_out_and_counted_once_by_prune():
    cortex = filled("abc")
    cortex.rehearse("b", now=1000.0)
    assert ids(cortex.slots(now=DECAYED + 2.0)) == "b"
    assert ids(cortex.slots(now=3.0)) == "bca", "looking later drops nothing"
    assert cortex.prune(now=DECAYED + 2.0) == 2
    assert cortex.prune(now=DECAYED + 2.0) == 0


def test_a_decayed_chunk_makes_room_without_being_displaced():
    cortex = filled("abcdefg")
    assert cortex.hold(chunk("h"), now=DECAYED + 7.0) is None


def test_release_drops_a_chunk_at_once_even_when_lesioned():
    cortex = filled("ab")
    assert cortex.release("a")
    assert not cortex.release("a")
    cortex.lesion()
    assert cortex.release("b")
    cortex.restore()
    assert cortex.slots(now=1.0) == ()


def test_select_gives_the_focus_of_four_or_as_many_as_asked():
    cortex = filled("abcdefg")
    assert ids(cortex.select(now=7.0)) == "gfed"
    assert ids(cortex.select(6, now=7.0)) == "gfedcb"
    for limit in (0, -1, True):
        with pytest.raises(InvalidArgumentError, match="limit"):
            cortex.select(limit, now=7.0)


def test_a_goal_is_kept_until_it_is_dropped():
    cortex = PrefrontalCortex()
    assert cortex.goal is None
    cortex.set_goal("book the flight")
    assert cortex.goal == "book the flight"
    for bad in (" ", "x" * 4097):
        with pytest.raises(InvalidArgumentError, match="goal"):
            cortex.set_goal(bad)
    assert cortex.goal == "book the flight"
    cortex.set_goal(None)
    assert cortex.goal is None


def test_displaced_chunks_are_reported_and_a_failing_listener_breaks_nothing(
    caplog: pytest.LogCaptureFixture,
):
    reported: list[Chunk] = []

    def listen(displaced: Chunk) -> None:
        reported.append(displaced)
        raise RuntimeError("listener")

    cortex = PrefrontalCortex(PrefrontalCortexParams(capacity=1), on_displaced=listen)
    cortex.hold(chunk("a"), now=0.0)
    with caplog.at_level(logging.INFO, logger="neuro"):
        assert cortex.hold(chunk("b"), now=1.0) == chunk("a")
    assert reported == [chunk("a")]
    assert ids(cortex.slots(now=1.0)) == "b"
    assert "on_displaced failed" in caplog.text
    assert "words of" not in caplog.text


async def test_working_memory_is_a_live_read_only_sequence():
    clock = SimulatedClock()
    cortex = PrefrontalCortex(clock=clock)
    memory = cortex.working_memory
    assert len(memory) == 0
    for engram_id in "abc":
        cortex.hold(chunk(engram_id))
    assert isinstance(memory, Sequence)
    assert ids(list(memory)) == "cba"
    assert memory[0].engram_id == "c"
    assert ids(memory[1:]) == "ba"
    assert memory[2] in memory
    assert repr(memory).startswith("WorkingMemory([Chunk(engram_id='c'")
    await clock.advance(DECAYED)
    assert len(memory) == 0


@settings(deadline=None, max_examples=100)
@given(
    capacity=st.integers(1, 9),
    steps=st.lists(st.tuples(st.integers(0, 15), st.floats(0.0, 1.0), st.floats(0.0, 3000.0)), max_size=40),
)
def test_working_memory_is_never_above_its_capacity(capacity: int, steps: list[tuple[int, float, float]]):
    cortex = PrefrontalCortex(PrefrontalCortexParams(capacity=capacity))
    now = 0.0
    for number, salience, pause in steps:
        now += pause
        displaced = cortex.hold(chunk(str(number), now, salience), now=now)
        held = [held.engram_id for held in cortex.slots(now)]
        assert len(held) == len(set(held)) <= capacity
        assert str(number) in held
        assert displaced is None or displaced.engram_id not in held
        assert cortex.inspect(now).utilisation <= 1.0


@pytest.mark.parametrize("capacity", [0, -1, 7.5, True])
def test_a_capacity_below_one_or_no_int_is_a_configuration_error(capacity: int):
    with pytest.raises(ConfigurationError, match=r"PrefrontalCortexParams\.capacity"):
        PrefrontalCortexParams(capacity=capacity)


def test_a_capacity_above_nine_works_with_a_warning():
    with pytest.warns(UserWarning, match="people hold at most 9 chunks"):
        cortex = PrefrontalCortex(PrefrontalCortexParams(capacity=12))
    for number in range(20):
        cortex.hold(chunk(str(number)), now=0.0)
    assert len(cortex.slots(now=0.0)) == 12
    PrefrontalCortex(PrefrontalCortexParams(capacity=9))


def test_a_snapshot_shows_the_slots_without_their_words():
    cortex = filled("ab", capacity=4)
    cortex.set_goal("tidy up")
    assert cortex.inspect(now=1.0).model_dump(mode="json") == {
        "name": "prefrontal_cortex",
        "intact": True,
        "capacity": 4,
        "used": 2,
        "utilisation": 0.5,
        "goal": "tidy up",
        "chunks": [
            {"engram_id": "b", "strength": 1.0},
            {"engram_id": "a", "strength": pytest.approx(math.exp(-1 / 1800))},
        ],
    }


def test_lesioned_only_the_last_chunk_is_in_view_and_no_goal_and_restored_the_rest_is_back():
    cortex = filled("abc")
    cortex.set_goal("tidy up")
    cortex.lesion()
    assert ids(cortex.slots(now=3.0)) == "c"
    assert cortex.goal is None
    assert cortex.strength("b", now=3.0) == 0.0
    assert not cortex.rehearse("b", now=3.0)
    cortex.hold(chunk("d", salience=0.0), now=3.0)
    assert ids(cortex.slots(now=3.0)) == "d"
    assert cortex.inspect(now=3.0).used == 1
    cortex.restore()
    assert set(ids(cortex.slots(now=3.0))) == set("abcd")
    assert cortex.goal == "tidy up"
