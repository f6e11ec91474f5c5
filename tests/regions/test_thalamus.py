"""The thalamus: attention, the goal, habituation and recovery."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.clock import SimulatedClock
from neuro.errors import ConfigurationError
from neuro.regions.thalamus import Thalamus, ThalamusParams
from neuro.signals import Stimulus

STRICT = ThalamusParams(threshold=0.4)


def said(content: str = "We met Dana at the harbour", salience: float | None = None, modality: str = "text"):
    return Stimulus(content=content, salience=salience, modality=modality)


def test_something_new_draws_the_base_attention():
    gate = Thalamus().gate(said(), now=0.0)
    assert (gate.opened, gate.attention) == (True, 0.5)
    assert gate.reason == "attention 0.50 reaches the threshold 0.10"


def test_a_repeat_draws_less_attention_each_time_down_to_the_floor():
    thalamus = Thalamus()
    attention = [thalamus.gate(said(), now=0.0).attention for _ in range(6)]
    assert attention == pytest.approx([0.5, 0.35, 0.245, 0.1715, 0.15, 0.15])


def test_by_default_every_turn_passes_however_often_it_is_repeated():
    thalamus = Thalamus()
    assert all(thalamus.gate(said("ok"), now=0.0).opened for _ in range(1000))


def test_a_strict_gate_refuses_a_repeat_and_says_why():
    thalamus = Thalamus(STRICT)
    assert thalamus.gate(said(), now=0.0).opened
    gate = thalamus.gate(said(), now=1.0)
    assert not gate.opened
    assert gate.reason == (
        "attention 0.35 stays below the threshold 0.40; heard before, which leaves 70% of its attention"
    )


def test_habituation_recovers_with_rest():
    thalamus = Thalamus(STRICT)
    thalamus.gate(said(), now=0.0)
    assert not thalamus.gate(said(), now=0.0).opened
    rested = thalamus.gate(said(), now=6 * 3600.0)
    assert rested.opened
    assert rested.attention == pytest.approx(0.5, abs=1e-4)


def test_habituation_belongs_to_the_content_however_it_is_spaced_and_to_its_modality():
    thalamus = Thalamus()
    thalamus.gate(said("We met  Dana"), now=0.0)
    assert thalamus.gate(said(" We met Dana\n"), now=0.0).attention == pytest.approx(0.35)
    assert thalamus.gate(said("We met Dana", modality="audio"), now=0.0).attention == 0.5
    assert thalamus.gate(said("We met Dina"), now=0.0).attention == 0.5


def test_a_given_salience_above_the_threshold_passes_whatever_was_repeated():
    thalamus = Thalamus(STRICT)
    for _ in range(10):
        thalamus.gate(said(), now=0.0)
    gate = thalamus.gate(said(salience=0.41), now=0.0)
    assert (gate.opened, gate.attention) == (True, 0.41)
    assert "its given salience of 0.41 is above the threshold" in gate.reason
    assert not thalamus.gate(said(salience=0.4), now=0.0).opened


def test_a_low_given_salience_does_not_shut_the_gate():
    gate = Thalamus().gate(said(salience=0.0), now=0.0)
    assert (gate.opened, gate.attention) == (True, 0.5)


def test_what_bears_on_the_goal_draws_more_attention():
    thalamus = Thalamus()
    gate = thalamus.gate(said("We met Dana at the harbour"), now=0.0, goal="find Dana's keys at the harbour")
    assert gate.attention == pytest.approx(0.75)
    assert gate.reason.endswith("it bears on the goal (2 of its 4 terms)")
    assert thalamus.gate(said("Lunch was late"), now=0.0, goal="find Dana's keys").attention == 0.5
    assert thalamus.gate(said("Dinner was late"), now=0.0, goal="the of and").attention == 0.5


def test_the_goal_can_carry_a_repeat_through_a_strict_gate():
    thalamus = Thalamus(STRICT)
    thalamus.gate(said(), now=0.0)
    assert thalamus.gate(said(), now=0.0, goal="Dana harbour").opened


def test_only_so_many_contents_are_remembered_and_the_one_unheard_longest_is_dropped():
    thalamus = Thalamus(ThalamusParams(remembered=3))
    for content in ("a", "b", "a", "c", "d"):
        thalamus.gate(said(content), now=0.0)
    assert thalamus.inspect().habituated == 3
    assert thalamus.gate(said("a"), now=0.0).attention < 0.5
    assert thalamus.gate(said("b"), now=0.0).attention == 0.5


def test_used_alone_it_asks_its_clock():
    clock = SimulatedClock()
    thalamus = Thalamus(clock=clock)
    thalamus.gate(said())
    assert thalamus.gate(said(), now=1800.0).attention == pytest.approx(0.5 * (1 - 0.3 * 0.367879), abs=1e-6)


@settings(deadline=None, max_examples=100)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["a cat", "a dog", "Dana"]),
            st.none() | st.floats(0.0, 1.0),
            st.floats(-100.0, 10_000.0),
            st.sampled_from([None, "Dana", "cat and dog"]),
        ),
        max_size=20,
    ),
    threshold=st.floats(0.0, 1.0),
)
def test_attention_stays_in_its_range_and_decides_the_gate(
    steps: list[tuple[str, float | None, float, str | None]], threshold: float
):
    thalamus = Thalamus(ThalamusParams(threshold=threshold))
    now = 0.0
    for content, salience, pause, goal in steps:
        now += pause
        gate = thalamus.gate(said(content, salience), now=now, goal=goal)
        assert 0.0 <= gate.attention <= 1.0
        assert gate.opened == (gate.attention >= threshold)
        assert gate.opened or salience is None or salience <= threshold


def test_lesioned_nothing_passes_and_nothing_is_habituated_to():
    thalamus = Thalamus()
    thalamus.lesion()
    gate = thalamus.gate(said(salience=1.0), now=0.0)
    assert (gate.opened, gate.attention) == (False, 0.0)
    assert "lesioned" in gate.reason
    assert thalamus.inspect().habituated == 0
    thalamus.restore()
    assert thalamus.gate(said(), now=0.0).attention == 0.5


def test_a_threshold_out_of_range_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match=r"ThalamusParams\.threshold"):
        ThalamusParams(threshold=1.7)
