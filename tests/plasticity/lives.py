"""Laws with any parameters, traces with any past: what the tests of plasticities draw from."""

from hypothesis import settings
from hypothesis import strategies as st

from neuro.dynamics import fsrs
from neuro.engram import Trace
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    Grade,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.units import DAY, YEAR

DEFAULTS = {
    "odds": OddsPlasticity(),
    "ebbinghaus": EbbinghausPlasticity(),
    "base_level": BaseLevelPlasticity(),
    "memory_chain": MemoryChainPlasticity(),
    "fsrs": FsrsPlasticity(),
}

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=20)

gaps = st.floats(0.0, 3 * YEAR) | st.floats(0.0, DAY) | st.sampled_from([0.0, 1.0, 10.0, 10.001, 60.0])
births = st.sampled_from([0.0, 1_700_000_000.0]) | st.floats(-1e9, 4e9)
half_lives = st.floats(1.0, 100 * YEAR) | st.floats(1.0, 3600.0)

_shared = {
    "initial_cortical_share": st.floats(0.0, 1.0),
    "consolidation_rate": st.floats(0.0, 1.0),
    "salience_benefit": st.floats(0.0, 5.0),
    "sleep_benefit": st.floats(0.0, 5.0),
    "arousal_benefit": st.floats(0.0, 3.0),
    "reward_benefit": st.floats(0.0, 3.0),
    "refractory_period": st.floats(0.0, DAY),
    "longest_half_life": st.floats(60.0, 1000 * YEAR),
}
_gains = {
    "gain": st.floats(0.0, 1000.0),
    "hard_share": st.floats(0.0, 1.0),
    "easy_share": st.floats(1.0, 10.0),
    "exposure_gain": st.floats(0.0, 1000.0),
    "lapse_share": st.floats(0.0, 1.0),
}
_weights = st.sampled_from([fsrs.FSRS_4_5, fsrs.FSRS_5, fsrs.FSRS_6]).flatmap(
    lambda weights: st.tuples(*(st.floats(weight, 1.25 * weight) for weight in weights))
)

PLASTICITIES = {
    "odds": st.builds(
        OddsPlasticity,
        initial_odds=st.floats(1e-6, 10.0),
        exposure_exponent=st.floats(0.0, 3.0),
        **_shared,
        **_gains,
    ),
    "ebbinghaus": st.builds(EbbinghausPlasticity, ceiling=st.floats(0.51, 0.9999), **_shared, **_gains),
    "base_level": st.builds(
        BaseLevelPlasticity,
        decay=st.floats(0.1, 3.0),
        noise=st.floats(0.1, 3.0),
        shortest_age=st.floats(1e-3, 1000.0),
        **_shared,
    ),
    "memory_chain": st.builds(
        MemoryChainPlasticity,
        learned=st.floats(0.7, 50.0),
        transfer=st.floats(1e-6, 1.0),
        slow_decline=st.floats(1e-4, 5.0),
        **_shared,
    ),
    "fsrs": st.builds(FsrsPlasticity, weights=_weights, stability_share=st.floats(0.01, 1.0), **_shared),
}
"""For each law, any of its plasticities."""

_steps = st.tuples(
    gaps,
    st.sampled_from(["potentiate", "reexpose", "replay", "depress", *(grade.name for grade in Grade)]),
)
schedules = st.lists(_steps, max_size=12)


def lived(plasticity, born, half_life, schedule):
    """A trace with a past, and the instant at which it has got there."""
    return lived_on(plasticity, plasticity.imprint(born, half_life=half_life), born, schedule)


def lived_on(plasticity, trace, now, schedule):
    """The trace after a schedule of ``(gap, act)``, and the instant at which it has got there."""
    for gap, act in schedule:
        now += gap
        if act == "depress":
            trace = plasticity.depress(trace, 0.7)
        elif act in Grade.__members__:
            trace = plasticity.review(trace, now, Grade[act])
        else:
            trace = getattr(plasticity, act)(trace, now)
    return trace, now


def recalled(plasticity, half_life, gaps, born=0.0):
    """A trace recalled at these gaps, and the instant of the last recall."""
    return lived(plasticity, born, half_life, [(gap, "potentiate") for gap in gaps])


def bare(**fields):
    """A trace with nothing in it that it need not have."""
    return Trace(**({"half_life": DAY, "encoded_half_life": DAY, "last_access": 0.0} | fields))
