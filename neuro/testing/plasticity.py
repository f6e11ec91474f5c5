"""Conformance checks over a `neuro.plasticity.base.Plasticity`, one per sentence of its contract."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from neuro.engram import RECENT_ACCESSES, MemoryType, Trace
from neuro.plasticity.base import Plasticity
from neuro.units import DAY, DORMANT_BELOW, HOUR, MINUTE, YEAR

_BIRTHS = (0.0, 1_700_000_000.0)
_DELAYS = (0.0, 1.0, MINUTE, HOUR, DAY, 30 * DAY, YEAR, 100 * YEAR)
_HISTORIES: tuple[Sequence[float], ...] = (
    (),
    (1.0, 1.0, 1.0),
    (DAY, 8 * DAY, 50 * DAY),
    (YEAR, 10 * YEAR, 30 * YEAR),
)
"""Gaps between accesses, seconds."""


def _lives(plasticity: Plasticity) -> Iterator[tuple[Trace, float]]:
    """Traces of every type with different pasts, each with the instant at which it has got there."""
    for born in _BIRTHS:
        for memory_type in MemoryType:
            yield plasticity.imprint(born, memory_type=memory_type, arousal=1.0, surprise=-1.0), born
            for gaps in _HISTORIES:
                now, trace = born, plasticity.imprint(born, memory_type=memory_type, surprise=0.5)
                for gap in gaps:
                    now += gap
                    trace = plasticity.potentiate(trace, now)
                yield trace, now
                yield plasticity.replay(trace, now + HOUR), now + HOUR
                yield plasticity.reexpose(trace, now + DAY), now + DAY
                yield plasticity.depress(trace, 0.5), now


def check_strength_is_a_probability(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        for delay in (-DAY, *_DELAYS):
            strength = plasticity.strength(trace, now + delay)
            assert 0.0 <= strength <= 1.0, f"{strength} {delay} s after {trace!r}"


def check_strength_only_falls_between_accesses(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        strengths = [plasticity.strength(trace, now + delay) for delay in _DELAYS]
        assert strengths == sorted(strengths, reverse=True), f"{strengths} of {trace!r}"
        assert strengths[-1] < strengths[0], f"{trace!r} is never forgotten"


def check_activation_is_the_log_odds_of_strength(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        for delay in _DELAYS:
            expected = 1.0 / (1.0 + math.exp(-plasticity.activation(trace, now + delay)))
            assert math.isclose(plasticity.strength(trace, now + delay), expected, rel_tol=1e-9)


def check_many_strengths_equal_each_alone(plasticity: Plasticity) -> None:
    traces = [trace for trace, _ in _lives(plasticity)]
    for now in (_BIRTHS[0], _BIRTHS[0] + 40 * DAY, _BIRTHS[1] + 40 * DAY):
        together = plasticity.strengths(traces, now)
        assert together.shape == (len(traces),)
        for trace, strength in zip(traces, together.tolist(), strict=True):
            assert abs(strength - plasticity.strength(trace, now)) <= 1e-12, repr(trace)
    assert plasticity.strengths([], 0.0).shape == (0,)


def check_forgotten_at_inverts_strength(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        instant = plasticity.forgotten_at(trace)
        assert now < instant < math.inf, f"{trace!r} is forgotten at {instant}"
        assert math.isclose(plasticity.strength(trace, instant), DORMANT_BELOW, rel_tol=1e-9)


def check_an_access_never_weakens(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        for gap in (0.0, 1.0, DAY, YEAR):
            later = now + gap
            for learn in (plasticity.potentiate, plasticity.reexpose):
                after = learn(trace, later)
                for instant in (later + delay for delay in _DELAYS):
                    gain = plasticity.strength(after, instant) - plasticity.strength(trace, instant)
                    assert gain >= -1e-9, f"{trace!r} lost by {learn.__name__} at {later}"


def check_an_access_is_written_into_the_trace(plasticity: Plasticity) -> None:
    for memory_type in MemoryType:
        trace = plasticity.imprint(0.0, memory_type=memory_type)
        exposures, instants = trace.exposures, [0.0]
        for access in range(1, 13):
            instants.append(access * DAY)
            if access % 3:
                trace = plasticity.potentiate(trace, instants[-1], sleeps=float(access))
            else:
                trace = plasticity.reexpose(trace, instants[-1], sleeps=float(access))
                exposures += 1.0
            assert trace.exposures == exposures, "only a study is an exposure"
            assert trace.last_access == instants[-1]
            assert trace.sleeps == access
            assert trace.fresh
            assert trace.recent == tuple(instants[-RECENT_ACCESSES:])


def check_massed_repetition_cannot_inflate(plasticity: Plasticity) -> None:
    """Accesses at one and the same instant teach no more than the first of them."""
    for trace, now in _lives(plasticity):
        once = plasticity.potentiate(trace, now + DAY)
        massed = once
        for _ in range(100):
            massed = plasticity.potentiate(massed, now + DAY)
        assert math.isclose(plasticity.forgotten_at(massed), plasticity.forgotten_at(once), rel_tol=1e-12)


def check_depression_shortens_and_has_a_floor(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        depressed = trace
        for _ in range(60):
            assert plasticity.strength(depressed, now + 1e4) <= plasticity.strength(trace, now + 1e4)
            depressed = plasticity.depress(depressed, 0.5)
        assert math.isclose(depressed.half_life, trace.encoded_half_life / 100, rel_tol=1e-12)


def check_replay_counts_once_between_accesses(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        rested = plasticity.replay(trace, now + HOUR)
        assert not rested.fresh
        assert plasticity.replay(rested, now + DAY) == rested
        for delay in (HOUR, DAY, YEAR):
            gain = plasticity.strength(rested, now + delay) - plasticity.strength(trace, now + delay)
            assert gain >= -1e-9, f"{trace!r} lost by sleep"


def check_a_night_without_weight_changes_no_strength(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        rested = plasticity.replay(trace, now + HOUR, weight=0.0)
        assert math.isclose(plasticity.forgotten_at(rested), plasticity.forgotten_at(trace), rel_tol=1e-12)


def check_the_cortical_share_only_grows_with_sleep(plasticity: Plasticity) -> None:
    for trace, _ in _lives(plasticity):
        counts = [trace.sleeps + nights for nights in (0.0, 0.5, 1.0, 30.0, 1e4)]
        for salience in (0.0, 1.0):
            shares = [plasticity.cortical_share(trace, sleeps, salience) for sleeps in counts]
            assert shares == sorted(shares), f"{shares} of {trace!r}"
            assert math.isclose(shares[0], trace.cortical_share, rel_tol=1e-12)
            assert 0.0 <= shares[-1] <= 1.0


def check_traces_are_never_changed_in_place(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        before = trace.model_dump_json()
        plasticity.potentiate(trace, now + DAY, sleeps=3.0)
        plasticity.reexpose(trace, now + DAY, sleeps=3.0)
        plasticity.depress(trace, 0.5)
        plasticity.replay(trace, now + DAY)
        plasticity.strengths([trace], now + DAY)
        plasticity.cortical_share(trace, 7.0)
        plasticity.forgotten_at(trace)
        assert trace.model_dump_json() == before


PLASTICITY_CHECKS = (
    check_strength_is_a_probability,
    check_strength_only_falls_between_accesses,
    check_activation_is_the_log_odds_of_strength,
    check_many_strengths_equal_each_alone,
    check_forgotten_at_inverts_strength,
    check_an_access_never_weakens,
    check_an_access_is_written_into_the_trace,
    check_massed_repetition_cannot_inflate,
    check_depression_shortens_and_has_a_floor,
    check_replay_counts_once_between_accesses,
    check_a_night_without_weight_changes_no_strength,
    check_the_cortical_share_only_grows_with_sleep,
    check_traces_are_never_changed_in_place,
)
"""Checks of every plasticity."""


def check_plasticity(plasticity: Plasticity) -> None:
    """Runs every check.

    Raises:
        AssertionError: the plasticity does not keep its contract.
    """
    for check in PLASTICITY_CHECKS:
        check(plasticity)
