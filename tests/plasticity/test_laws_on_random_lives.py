"""What holds for every law with any parameters, any material and any past."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import PLASTICITIES, births, deterministic, gaps, half_lives, lived, schedules

from neuro.engram import Trace
from neuro.units import DAY

each_law = pytest.mark.parametrize("law", PLASTICITIES)
anything = given(data=st.data(), born=births, half_life=half_lives, schedule=schedules)


def _slack(instant, since):
    """Of a probability, relative: an instant of many digits has few left for the time since the last access."""
    return 1e-9 + 1000.0 * math.ulp(instant) / (instant - since)


@each_law
@deterministic
@anything
def test_strength_is_a_probability_that_only_falls(law, data, born, half_life, schedule):
    plasticity = data.draw(PLASTICITIES[law])
    trace, now = lived(plasticity, born, half_life, schedule)
    delays = sorted(data.draw(st.lists(gaps, min_size=2, max_size=6)))
    strengths = [plasticity.strength(trace, now + delay) for delay in delays]
    assert all(0.0 <= strength <= 1.0 for strength in strengths)
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(strengths))
    assert all(math.isfinite(plasticity.activation(trace, now + delay)) for delay in delays)


@each_law
@deterministic
@anything
def test_lazy_equals_stepwise(law, data, born, half_life, schedule):
    plasticity = data.draw(PLASTICITIES[law])
    trace, now = lived(plasticity, born, half_life, schedule)
    end = now + data.draw(gaps)
    stepping = trace
    for share in sorted(data.draw(st.lists(st.floats(0.0, 1.0), max_size=20))):
        night = now + share * (end - now)
        stepping = plasticity.replay(stepping.model_copy(update={"fresh": True}), night, weight=0.0)
    assert plasticity.strength(stepping, end) == pytest.approx(plasticity.strength(trace, end), rel=1e-9)


@each_law
@deterministic
@anything
def test_forgotten_at_inverts_strength(law, data, born, half_life, schedule):
    plasticity = data.draw(PLASTICITIES[law])
    trace, _ = lived(plasticity, born, half_life, schedule)
    below = data.draw(st.floats(0.01, 0.99))
    instant, highest = plasticity.forgotten_at(trace, below), plasticity.strength(trace, trace.last_access)
    if instant > trace.last_access:
        slack = _slack(instant, trace.last_access)
        assert plasticity.strength(trace, instant) == pytest.approx(below, rel=slack)
        assert highest >= below * (1 - slack)
    else:
        assert instant == trace.last_access
        assert highest <= below * (1 + 1e-9)


@each_law
@deterministic
@given(
    data=st.data(),
    born=births,
    lives=st.lists(st.tuples(half_lives, schedules), min_size=1, max_size=6),
    delay=gaps,
)
def test_many_at_once_equal_each_alone(law, data, born, lives, delay):
    plasticity = data.draw(PLASTICITIES[law])
    pasts = [lived(plasticity, born, half_life, schedule) for half_life, schedule in lives]
    traces, now = [trace for trace, _ in pasts], pasts[0][1] + delay
    below = data.draw(st.floats(0.01, 0.99))
    for many, one in (
        (plasticity.strengths(traces, now), lambda trace: plasticity.strength(trace, now)),
        (plasticity.activations(traces, now), lambda trace: plasticity.activation(trace, now)),
        (plasticity.forgotten_at_many(traces, below), lambda trace: plasticity.forgotten_at(trace, below)),
    ):
        assert many.tolist() == pytest.approx([one(trace) for trace in traces], rel=1e-9, abs=1e-9)
    for trace, learned in zip(traces, plasticity.potentiate_many(traces, now), strict=True):
        alone = plasticity.potentiate(trace, now)
        assert learned.half_life == pytest.approx(alone.half_life, rel=1e-9)
        assert plasticity.strength(learned, now + DAY) == pytest.approx(plasticity.strength(alone, now + DAY))


@each_law
@deterministic
@anything
def test_massed_repetition_cannot_inflate(law, data, born, half_life, schedule):
    plasticity = data.draw(PLASTICITIES[law])
    trace, now = lived(plasticity, born, half_life, schedule)
    once = plasticity.potentiate(trace, now + DAY)
    massed = once
    for _ in range(20):
        massed = plasticity.potentiate(massed, now + DAY)
    assert plasticity.forgotten_at(massed) == pytest.approx(plasticity.forgotten_at(once), rel=1e-12)
    assert massed.presentations == once.presentations


@each_law
@deterministic
@anything
def test_a_trace_stays_valid_whatever_happens_to_it(law, data, born, half_life, schedule):
    plasticity = data.draw(PLASTICITIES[law])
    trace, now = lived(plasticity, born, half_life, schedule)
    assert Trace.model_validate_json(trace.model_dump_json()) == trace
    assert trace.last_access <= now
    assert list(trace.recent) == sorted(trace.recent)
    assert trace.first_access <= trace.recent[0] <= trace.recent[-1] <= trace.last_access
