"""Conformance checks over a `neuro.plasticity.base.Plasticity`, one per sentence of its contract."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from neuro.engram import RECENT_ACCESSES, Trace
from neuro.plasticity.base import Grade, Plasticity
from neuro.units import DAY, DORMANT_BELOW, HOUR, MINUTE, YEAR

_TODAY = 1_700_000_000.0
_BIRTHS = ((0.0, HOUR), (_TODAY, 10 * DAY), (0.0, 2 * YEAR))
"""Instants of birth, each with a half-life."""
_DELAYS = (0.0, MINUTE, DAY, 30 * DAY, YEAR, 100 * YEAR)
_THRESHOLDS = (DORMANT_BELOW, 0.3, 0.9)
_STEPS = 50
_HISTORIES: tuple[Sequence[float], ...] = (
    (),
    (1.0, MINUTE, DAY, 8 * DAY),
    (50 * DAY, YEAR, 30 * YEAR),
)
"""Gaps between accesses, seconds."""
_LAW = {"half_life": 1.0, "difficulty": None, "hippocampal_intensity": None, "cortical_intensity": None}
"""What a law changes; it may differ in the last digit."""


def _lives(plasticity: Plasticity) -> Iterator[tuple[Trace, float]]:
    """Traces of all kinds of material with different pasts, each with the instant at which it has got there."""
    for born, half_life in _BIRTHS:
        yield plasticity.imprint(born, half_life=half_life, arousal=1.0, surprise=-1.0), born
        yield _bare(half_life, born), born
        for gaps in _HISTORIES:
            now, trace = born, plasticity.imprint(born, half_life=half_life, salience=0.7, surprise=0.5)
            for gap in gaps:
                now += gap
                trace = plasticity.potentiate(trace, now)
            yield trace, now
            for grade in (Grade.AGAIN, Grade.HARD, Grade.EASY):
                yield plasticity.review(trace, now + 2 * DAY, grade), now + 2 * DAY
            yield plasticity.replay(trace, now + HOUR), now + HOUR
            yield plasticity.reexpose(trace, now + DAY), now + DAY
            yield plasticity.depress(trace, 0.5), now
        now, trace = born, plasticity.imprint(born, half_life=half_life)
        for _ in range(6):
            now += 30 * DAY
            trace = plasticity.review(trace, now, Grade.AGAIN)
        yield trace, now


def _bare(half_life: float, born: float) -> Trace:
    """A trace with nothing in it that it need not have."""
    return Trace(
        half_life=half_life, encoded_half_life=half_life, last_access=born, exposures=2.5, presentations=2.5
    )


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


def check_many_at_once_equal_each_alone(plasticity: Plasticity) -> None:
    traces = [trace for trace, _ in _lives(plasticity)]
    for now in (0.0, 40 * DAY, _TODAY + 40 * DAY):
        for many, one in (
            (plasticity.strengths(traces, now), plasticity.strength),
            (plasticity.activations(traces, now), plasticity.activation),
        ):
            assert many.shape == (len(traces),)
            for trace, value in zip(traces, many.tolist(), strict=True):
                assert math.isclose(value, one(trace, now), rel_tol=1e-9, abs_tol=1e-12), repr(trace)
        for trace, learned in zip(traces, plasticity.potentiate_many(traces, now, sleeps=3.0), strict=True):
            alone = plasticity.potentiate(trace, now, sleeps=3.0)
            assert math.isclose(
                plasticity.forgotten_at(learned), plasticity.forgotten_at(alone), rel_tol=1e-9
            ), repr(trace)
            assert learned.model_copy(update=_LAW) == alone.model_copy(update=_LAW)
    for below in _THRESHOLDS:
        instants = plasticity.forgotten_at_many(traces, below)
        assert instants.shape == (len(traces),)
        for trace, instant in zip(traces, instants.tolist(), strict=True):
            assert math.isclose(instant, plasticity.forgotten_at(trace, below), rel_tol=1e-9), repr(trace)
    assert plasticity.strengths([], 0.0).shape == plasticity.activations([], 0.0).shape == (0,)
    assert plasticity.forgotten_at_many([]).shape == (0,)
    assert plasticity.potentiate_many([], 0.0) == []


def check_forgotten_at_inverts_strength(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        for below in _THRESHOLDS:
            instant = plasticity.forgotten_at(trace, below)
            if plasticity.strength(trace, trace.last_access) <= below:
                assert instant == trace.last_access, f"{trace!r} never was above {below}"
                continue
            assert trace.last_access < instant < math.inf, f"{trace!r} falls to {below} at {instant}"
            # An instant of many digits has few left for the time since the last access.
            slack = 1e-9 + 4.0 * math.ulp(instant) / (instant - trace.last_access)
            assert math.isclose(plasticity.strength(trace, instant), below, rel_tol=slack)
        assert plasticity.forgotten_at(trace) > now, f"{trace!r} is forgotten at once"


def check_one_jump_equals_many_steps(plasticity: Plasticity) -> None:
    """Nights that weigh nothing are steps: whoever takes them is where one jump leads."""
    for trace, now in _lives(plasticity):
        stepping = trace
        for step in range(1, _STEPS + 1):
            stepping = plasticity.replay(
                stepping.model_copy(update={"fresh": True}), now + 40.0 * DAY * step / _STEPS, weight=0.0
            )
        for delay in (40.0 * DAY, YEAR):
            jumped = plasticity.strength(trace, now + delay)
            assert math.isclose(plasticity.strength(stepping, now + delay), jumped, rel_tol=1e-9), repr(trace)


def check_an_access_never_weakens(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        for later in (now + gap for gap in (-DAY, 0.0, 1.0, DAY, YEAR)):
            instants = [later + delay for delay in _DELAYS]
            before = [plasticity.strength(trace, instant) for instant in instants]
            for learn in (plasticity.potentiate, plasticity.reexpose):
                after = learn(trace, later)
                assert after.last_access == max(later, trace.last_access), "brain time does not run backwards"
                for instant, least in zip(instants, before, strict=True):
                    gain = plasticity.strength(after, instant) - least
                    assert gain >= -1e-9, f"{trace!r} lost by {learn.__name__} at {later}"


def check_an_access_is_written_into_the_trace(plasticity: Plasticity) -> None:
    for _, half_life in _BIRTHS:
        trace = plasticity.imprint(0.0, half_life=half_life)
        assert trace.first_access == 0.0
        exposures, instants = trace.exposures, [0.0]
        for access in range(1, 13):
            instants.append(access * DAY)
            if access % 3:
                trace = plasticity.potentiate(trace, instants[-1], sleeps=float(access))
            else:
                trace = plasticity.reexpose(trace, instants[-1], sleeps=float(access))
                exposures += 1.0
            assert trace.exposures == exposures, "only a study is an exposure"
            assert trace.presentations == access + 1.0
            assert trace.first_access == 0.0
            assert trace.last_access == instants[-1]
            assert trace.sleeps == access
            assert trace.fresh
            assert trace.recent == tuple(instants[-RECENT_ACCESSES:])


def check_massed_repetition_cannot_inflate(plasticity: Plasticity) -> None:
    """Accesses at one and the same instant teach no more than the first of them."""
    for trace, now in _lives(plasticity):
        once = plasticity.potentiate(trace, now + DAY)
        massed = once
        for _ in range(50):
            massed = plasticity.potentiate(massed, now + DAY)
        assert math.isclose(plasticity.forgotten_at(massed), plasticity.forgotten_at(once), rel_tol=1e-12)
        assert massed.presentations == once.presentations


def check_a_better_grade_never_teaches_less(plasticity: Plasticity) -> None:
    """A failure is corrected, so it may teach more than a recall that cost nothing; it is left out."""
    for trace, now in _lives(plasticity):
        later = now + 5 * DAY
        graded = [
            plasticity.forgotten_at(plasticity.review(trace, later, grade))
            for grade in (Grade.HARD, Grade.GOOD, Grade.EASY)
        ]
        assert graded == sorted(graded), f"{graded} of {trace!r}"
        good = plasticity.review(trace, later, Grade.GOOD)
        assert good == plasticity.potentiate(trace, later), "GOOD is a recall"


def check_what_failed_and_was_corrected_is_known_again(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        corrected = plasticity.review(trace, now + YEAR, Grade.AGAIN)
        assert corrected.exposures == trace.exposures + 1.0, "a correction is a study"
        assert corrected.last_access == now + YEAR
        assert plasticity.strength(corrected, now + YEAR) >= plasticity.strength(trace, now + YEAR) - 1e-9


def check_depression_shortens_and_has_a_floor(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        depressed = trace
        for _ in range(10):
            assert plasticity.strength(depressed, now + 1e4) <= plasticity.strength(trace, now + 1e4)
            depressed = plasticity.depress(depressed, 0.1)
        floor = min(trace.half_life, trace.encoded_half_life / 100)
        assert math.isclose(depressed.half_life, floor, rel_tol=1e-12), (
            f"{trace!r} was depressed to {depressed!r}"
        )


def check_replay_counts_once_between_accesses(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        for slept in (-DAY, HOUR):
            rested = plasticity.replay(trace, now + slept)
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
        shares = [plasticity.cortical_share(trace, sleeps) for sleeps in counts]
        assert shares == sorted(shares), f"{shares} of {trace!r}"
        assert math.isclose(shares[0], trace.cortical_share, abs_tol=1e-12)
        assert 0.0 <= shares[-1] <= 1.0
    dull, vivid = (plasticity.imprint(0.0, half_life=DAY, salience=salience) for salience in (0.0, 1.0))
    assert plasticity.cortical_share(dull, 5.0) < plasticity.cortical_share(vivid, 5.0)


def check_every_trace_survives_json(plasticity: Plasticity) -> None:
    """Plain finite numbers in their ranges: a changed trace is not validated, but a store has to keep it."""
    for trace, now in _lives(plasticity):
        for same in (trace, *plasticity.potentiate_many([trace], now + DAY, sleeps=2.5)):
            assert Trace.model_validate_json(same.model_dump_json()) == same


def check_traces_are_never_changed_in_place(plasticity: Plasticity) -> None:
    for trace, now in _lives(plasticity):
        before = trace.model_dump_json()
        plasticity.potentiate(trace, now + DAY, sleeps=3.0)
        plasticity.reexpose(trace, now + DAY, sleeps=3.0)
        plasticity.depress(trace, 0.5)
        plasticity.replay(trace, now + DAY)
        plasticity.review(trace, now + DAY, Grade.AGAIN)
        plasticity.potentiate_many([trace], now + DAY)
        plasticity.strengths([trace], now + DAY)
        plasticity.cortical_share(trace, 7.0)
        plasticity.forgotten_at(trace)
        assert trace.model_dump_json() == before


PLASTICITY_CHECKS = (
    check_strength_is_a_probability,
    check_strength_only_falls_between_accesses,
    check_activation_is_the_log_odds_of_strength,
    check_many_at_once_equal_each_alone,
    check_forgotten_at_inverts_strength,
    check_one_jump_equals_many_steps,
    check_an_access_never_weakens,
    check_an_access_is_written_into_the_trace,
    check_massed_repetition_cannot_inflate,
    check_a_better_grade_never_teaches_less,
    check_what_failed_and_was_corrected_is_known_again,
    check_depression_shortens_and_has_a_floor,
    check_replay_counts_once_between_accesses,
    check_a_night_without_weight_changes_no_strength,
    check_the_cortical_share_only_grows_with_sleep,
    check_every_trace_survives_json,
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
