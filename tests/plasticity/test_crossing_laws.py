"""A trace that lived under one law goes on under another: a store may be opened under any of them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import DEFAULTS, PLASTICITIES, bare, births, deterministic, half_lives, lived, lived_on, schedules

from neuro.engram import Trace
from neuro.plasticity import Grade
from neuro.units import DAY, HOUR, YEAR

PAIRS = list(itertools.permutations(DEFAULTS, 2))


@pytest.mark.parametrize(("before", "after"), PAIRS)
@deterministic
@given(data=st.data(), born=births, half_life=half_lives, past=schedules, future=schedules)
def test_a_trace_goes_on_under_another_law(before, after, data, born, half_life, past, future):
    first, second = data.draw(PLASTICITIES[before]), data.draw(PLASTICITIES[after])
    trace, now = lived(first, born, half_life, past)
    delays = [0.0, 1.0, DAY, YEAR, 100 * YEAR]
    strengths = [second.strength(trace, now + delay) for delay in delays]
    assert all(0.0 <= strength <= 1.0 for strength in strengths)
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(strengths))
    recalled = second.potentiate(trace, now)
    for delay, strength in zip(delays, strengths, strict=True):
        assert second.strength(recalled, now + delay) >= strength - 1e-9
    trace, now = lived_on(second, trace, now, future)
    assert Trace.model_validate_json(trace.model_dump_json()) == trace
    assert trace.last_access <= second.forgotten_at(trace)
    assert 0.0 <= first.strength(trace, now) <= 1.0


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_what_was_recalled_since_lasts_longer_under_another_law_too(before, after):
    first, second = DEFAULTS[before], DEFAULTS[after]
    once, often = (first.imprint(0.0, half_life=10 * DAY) for _ in range(2))
    for day in (1.0, 4.0, 10.0, 30.0):
        often = first.potentiate(often, day * DAY)
    assert second.forgotten_at(often) > second.forgotten_at(once)


@pytest.mark.parametrize("law", DEFAULTS)
@pytest.mark.parametrize(
    "trace",
    [
        bare(),
        bare(exposures=0.25, presentations=0.25),
        bare(exposures=40.0, presentations=40.5, access_count=3),
        bare(half_life=1.0, encoded_half_life=100 * YEAR, last_access=-1e9),
        bare(half_life=100 * YEAR, encoded_half_life=1.0, last_access=4e9),
        bare(recent=(-3 * DAY, -2 * DAY)),
        bare(first_access=-YEAR, presentations=12.0, recent=(-DAY,), difficulty=10.0),
        bare(hippocampal_intensity=0.0, cortical_intensity=0.0),
        bare(hippocampal_intensity=900.0, cortical_intensity=None),
        bare(hippocampal_intensity=2.0, cortical_intensity=900.0),
    ],
    ids=range(10),
)
def test_every_law_reads_and_changes_whatever_a_trace_may_be(law, trace):
    plasticity = DEFAULTS[law]
    for now in (trace.last_access - DAY, trace.last_access, trace.last_access + 100 * YEAR):
        changed = [plasticity.review(trace, now, grade) for grade in Grade]
        changed += plasticity.potentiate_many([trace], now, sleeps=1.5)
        changed += [plasticity.reexpose(trace, now), plasticity.replay(trace, now + HOUR)]
        for after in (trace, *changed, plasticity.depress(trace, 0.5)):
            assert 0.0 <= plasticity.strength(after, now) <= 1.0
            assert after.last_access <= plasticity.forgotten_at(after)
            assert Trace.model_validate_json(after.model_dump_json()) == after
