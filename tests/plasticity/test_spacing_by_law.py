"""Which laws remember better what was spaced, as people do, and which does not."""

import math

import numpy as np
import pytest
from lives import DEFAULTS, bare, recalled

from neuro.plasticity import BaseLevelPlasticity, FsrsPlasticity, MemoryChainPlasticity
from neuro.units import DAY, MINUTE, YEAR

HALF_LIFE = 12 * DAY
HUMAN = [law for law in DEFAULTS if law != "base_level"]


def _later(plasticity, gap, delay=30 * DAY):
    """Strength some time after the last of five recalls at a gap."""
    trace, now = recalled(plasticity, HALF_LIFE, [gap] * 5)
    return plasticity.strength(trace, now + delay)


@pytest.mark.parametrize("law", HUMAN)
@pytest.mark.parametrize("delay", [7 * DAY, 30 * DAY, YEAR])
def test_the_wider_recalls_were_spaced_the_better_they_last(law, delay):
    massed, daily, weekly = (_later(DEFAULTS[law], gap, delay) for gap in (MINUTE, DAY, 7 * DAY))
    assert massed < daily < weekly


def test_five_recalls_a_day_apart_leave_a_tenth_more_than_five_a_second_apart():
    assert _later(DEFAULTS["odds"], DAY) > _later(DEFAULTS["odds"], 1.0) + 0.1


def test_base_level_remembers_better_what_was_massed_as_in_act_r():
    massed, daily, weekly = (_later(DEFAULTS["base_level"], gap) for gap in (MINUTE, DAY, 7 * DAY))
    assert massed > daily > weekly


@pytest.mark.parametrize(("gap", "level"), [(1.0, -3.380818), (DAY, -4.07)])
def test_base_level_gives_the_activations_of_act_r(gap, level):
    """Ten presentations, a day after the last one (exact sums; two of the ten are approximated here)."""
    plasticity = BaseLevelPlasticity(refractory_period=0.0)
    trace, now = recalled(plasticity, 1.0, [gap] * 9)
    assert trace.presentations == 10.0
    found = plasticity.activation(trace, now + DAY + (gap == 1.0)) * plasticity.noise
    assert found == pytest.approx(level, abs=5e-3)


def test_what_was_used_once_is_at_a_half_after_a_half_life():
    for law in ("base_level", "memory_chain", "ebbinghaus"):
        trace = DEFAULTS[law].imprint(0.0, half_life=HALF_LIFE)
        assert DEFAULTS[law].strength(trace, HALF_LIFE) == pytest.approx(0.5), law


def test_fsrs_and_the_odds_law_agree_on_when_a_memory_is_at_nine_tenths():
    for law in ("fsrs", "odds"):
        trace = DEFAULTS[law].imprint(0.0, half_life=HALF_LIFE)
        assert DEFAULTS[law].strength(trace, HALF_LIFE * (1 / 9 - 0.01)) == pytest.approx(0.9), law
    fsrs = DEFAULTS["fsrs"]
    assert fsrs.strength(fsrs.imprint(0.0, half_life=HALF_LIFE), HALF_LIFE) == pytest.approx(0.694, abs=1e-3)


def test_fsrs_learns_as_its_scheduler_does():
    """A recall when due, of stability 2.3065 days and difficulty 2.111214 (py-fsrs 6.3)."""
    plasticity = FsrsPlasticity()
    half_life = 2.3065 * DAY / plasticity.stability_share
    trace = bare(half_life=half_life, encoded_half_life=half_life, difficulty=2.111214)
    learned = plasticity.potentiate(trace, 2 * DAY)
    assert learned.half_life * plasticity.stability_share / DAY == pytest.approx(10.971048, abs=1e-6)
    assert learned.difficulty == pytest.approx(2.104331, abs=1e-6)


def test_the_memory_chain_comes_close_to_how_facts_are_forgotten():
    """Carpenter et al. 2008, experiment 1, n = 55: the data that two of its parameters were fitted on."""
    plasticity = MemoryChainPlasticity()
    trace = plasticity.imprint(0.0, half_life=10 * DAY)
    kept = np.array([0.93, 0.88, 0.86, 0.66, 0.47, 0.34])
    found = np.array([plasticity.strength(trace, days * DAY) for days in (0.0035, 1, 2, 7, 14, 42)])
    assert 1 - np.sum((found - kept) ** 2) / np.sum((kept - kept.mean()) ** 2) == pytest.approx(
        0.936, abs=1e-3
    )


def test_a_steady_stream_of_recalls_fills_the_slow_store_no_further_than_it_drains():
    plasticity = MemoryChainPlasticity()
    trace, _ = recalled(plasticity, HALF_LIFE, [DAY] * 3000)
    assert trace.hippocampal_intensity == pytest.approx(plasticity.learned, rel=1e-3)
    assert trace.cortical_intensity < plasticity.transfer * plasticity.learned / plasticity.slow_decline
    assert math.isfinite(plasticity.forgotten_at(trace))
