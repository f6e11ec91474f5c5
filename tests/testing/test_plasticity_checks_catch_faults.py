"""The checks of a plasticity earn their place: a fault is planted in the odds law, and the check catches it."""

import pytest
from planting import Faults

from neuro.plasticity import OddsPlasticity
from neuro.testing import PLASTICITY_CHECKS, check_plasticity
from neuro.testing import plasticity as checks

faults = Faults()


@faults.caught_by(checks.check_strength_is_a_probability)
class FollowsTheFutureToo(OddsPlasticity):
    def strength(self, trace, now):
        return 1.0 / (1.0 + self.initial_odds + (now - trace.last_access) / trace.half_life)


@faults.caught_by(checks.check_strength_only_falls_between_accesses)
class RemembersForever(OddsPlasticity):
    def strength(self, trace, now):
        return 0.5


@faults.caught_by(checks.check_activation_is_the_log_odds_of_strength)
class RanksByStrength(OddsPlasticity):
    def activation(self, trace, now):
        return self.strength(trace, now)


@faults.caught_by(checks.check_many_strengths_equal_each_alone)
class ForgetsExposuresInArrays(OddsPlasticity):
    def strengths(self, traces, now):
        return super().strengths([trace.model_copy(update={"exposures": 1.0}) for trace in traces], now)


@faults.caught_by(checks.check_forgotten_at_inverts_strength)
class LeavesOutTheInitialOdds(OddsPlasticity):
    def forgotten_at(self, trace):
        return trace.last_access + 19.0 * trace.half_life


@faults.caught_by(checks.check_an_access_never_weakens)
class HalvesAtEveryRecall(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return self.depress(super().potentiate(trace, now, sleeps=sleeps), 0.5)


@faults.caught_by(checks.check_an_access_is_written_into_the_trace)
class TakesRecallsForStudies(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return self.reexpose(trace, now, sleeps=sleeps)


@faults.caught_by(checks.check_massed_repetition_cannot_inflate)
class EarnsAtEveryRecall(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        recalled = super().potentiate(trace, now, sleeps=sleeps)
        return recalled.model_copy(update={"half_life": recalled.half_life * 1.1})


@faults.caught_by(checks.check_depression_shortens_and_has_a_floor)
class DepressesWithoutAFloor(OddsPlasticity):
    def depress(self, trace, factor):
        return trace.model_copy(update={"half_life": trace.half_life * factor})


@faults.caught_by(checks.check_replay_counts_once_between_accesses)
class ReplaysEveryNight(OddsPlasticity):
    def replay(self, trace, now, *, weight=1.0):
        return super().replay(trace.model_copy(update={"fresh": True}), now, weight=weight)


@faults.caught_by(checks.check_replay_counts_once_between_accesses)
class CutsTheHalfLifeOnly(OddsPlasticity):
    """Past the longest half-life the elapsed time still grows, so that sleep weakens."""

    def replay(self, trace, now, *, weight=1.0):
        rested = super().replay(trace, now, weight=weight)
        return rested.model_copy(update={"half_life": trace.half_life})


@faults.caught_by(checks.check_a_night_without_weight_changes_no_strength)
class IgnoresTheWeight(OddsPlasticity):
    def replay(self, trace, now, *, weight=1.0):
        return super().replay(trace, now)


@faults.caught_by(checks.check_the_cortical_share_only_grows_with_sleep)
class MovesTheShareTwice(OddsPlasticity):
    def cortical_share(self, trace, sleeps, salience=0.0):
        return super().cortical_share(trace, sleeps + 1.0, salience)


@faults.caught_by(checks.check_traces_are_never_changed_in_place)
class WritesIntoTheTrace(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        trace.__dict__["access_count"] += 1
        return super().potentiate(trace, now, sleeps=sleeps)


@faults.parametrize()
def test_a_planted_fault_of_a_plasticity_is_caught(fault, check):
    with pytest.raises(AssertionError):
        check(fault())


def test_every_check_of_a_plasticity_catches_a_fault():
    assert faults.checks == set(PLASTICITY_CHECKS)


def test_check_plasticity_runs_every_check():
    check_plasticity(OddsPlasticity())
    with pytest.raises(AssertionError):
        check_plasticity(WritesIntoTheTrace())
