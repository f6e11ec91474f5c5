"""The checks of a plasticity earn their place: a fault is planted in the odds law, and the check catches it."""

import pytest
from planting import Faults

from neuro.plasticity import FsrsPlasticity, Grade, OddsPlasticity
from neuro.testing import PLASTICITY_CHECKS, check_plasticity
from neuro.testing import plasticity as checks
from neuro.units import DORMANT_BELOW

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


@faults.caught_by(checks.check_many_at_once_equal_each_alone)
class ForgetsExposuresInArrays(OddsPlasticity):
    def strengths(self, traces, now):
        return super().strengths([trace.model_copy(update={"exposures": 1.0}) for trace in traces], now)


@faults.caught_by(checks.check_many_at_once_equal_each_alone)
class RanksArraysByStrength(OddsPlasticity):
    def activations(self, traces, now):
        return self.strengths(traces, now)


@faults.caught_by(checks.check_many_at_once_equal_each_alone)
class ForgetsArraysSooner(OddsPlasticity):
    def forgotten_at_many(self, traces, below=DORMANT_BELOW):
        return super().forgotten_at_many(traces, 1.1 * below)


@faults.caught_by(checks.check_many_at_once_equal_each_alone)
class TeachesArraysLess(OddsPlasticity):
    def potentiate_many(self, traces, now, *, sleeps=0.0):
        return [self.review(trace, now, Grade.HARD, sleeps=sleeps) for trace in traces]


@faults.caught_by(checks.check_many_at_once_equal_each_alone)
class LosesTheNightsOfArrays(OddsPlasticity):
    def potentiate_many(self, traces, now, *, sleeps=0.0):
        return [self.potentiate(trace, now) for trace in traces]


@faults.caught_by(checks.check_forgotten_at_inverts_strength)
class LeavesOutTheInitialOdds(OddsPlasticity):
    def forgotten_at(self, trace, below=DORMANT_BELOW):
        return trace.last_access + (1.0 / below - 1.0) * trace.half_life


@faults.caught_by(checks.check_forgotten_at_inverts_strength)
class KnowsOneThresholdOnly(OddsPlasticity):
    def forgotten_at(self, trace, below=DORMANT_BELOW):
        return super().forgotten_at(trace)


@faults.caught_by(checks.check_one_jump_equals_many_steps)
class RoundsAtEveryStep(OddsPlasticity):
    def replay(self, trace, now, *, weight=1.0):
        rested = super().replay(trace, now, weight=weight)
        return rested.model_copy(update={"half_life": round(rested.half_life, -2)})


@faults.caught_by(checks.check_an_access_never_weakens)
class HalvesAtEveryRecall(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return self.depress(super().potentiate(trace, now, sleeps=sleeps), 0.5)


@faults.caught_by(checks.check_an_access_never_weakens)
class GoesBackInTime(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return super().potentiate(trace, now, sleeps=sleeps).model_copy(update={"last_access": now})


@faults.caught_by(checks.check_an_access_is_written_into_the_trace)
class RemembersOnlyTheLastAccess(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return super().potentiate(trace, now, sleeps=sleeps).model_copy(update={"recent": (now,)})


@faults.caught_by(checks.check_an_access_is_written_into_the_trace)
class TakesRecallsForStudies(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return self.reexpose(trace, now, sleeps=sleeps)


@faults.caught_by(checks.check_massed_repetition_cannot_inflate)
class EarnsAtEveryRecall(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        recalled = super().potentiate(trace, now, sleeps=sleeps)
        return recalled.model_copy(update={"half_life": recalled.half_life * 1.1})


@faults.caught_by(checks.check_massed_repetition_cannot_inflate)
class CountsEveryPresentation(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        recalled = super().potentiate(trace, now, sleeps=sleeps)
        return recalled.model_copy(update={"presentations": trace.presentations + 1.0})


@faults.caught_by(checks.check_a_better_grade_never_teaches_less)
class RewardsEffort(OddsPlasticity):
    def review(self, trace, now, grade, *, sleeps=0.0):
        swapped = {Grade.HARD: Grade.EASY, Grade.EASY: Grade.HARD}
        return super().review(trace, now, swapped.get(grade, grade), sleeps=sleeps)


@faults.caught_by(checks.check_a_better_grade_never_teaches_less)
class TellsReviewsFromRecalls(OddsPlasticity):
    def potentiate(self, trace, now, *, sleeps=0.0):
        return self.review(trace, now, Grade.EASY, sleeps=sleeps)


@faults.caught_by(checks.check_what_failed_and_was_corrected_is_known_again)
class LeavesFailuresUncorrected(OddsPlasticity):
    def review(self, trace, now, grade, *, sleeps=0.0):
        return trace if grade is Grade.AGAIN else super().review(trace, now, grade, sleeps=sleeps)


@faults.caught_by(checks.check_depression_shortens_and_has_a_floor)
class LiftsWhatIsBelowTheFloor(FsrsPlasticity):
    def depress(self, trace, factor):
        floor = trace.encoded_half_life / 100
        return trace.model_copy(update={"half_life": max(floor, trace.half_life * factor)})


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
    """Ages still grow, so that sleep weakens."""

    def replay(self, trace, now, *, weight=1.0):
        rested = super().replay(trace, now, weight=weight)
        return rested.model_copy(update={"half_life": trace.half_life})


@faults.caught_by(checks.check_a_night_without_weight_changes_no_strength)
class IgnoresTheWeight(OddsPlasticity):
    def replay(self, trace, now, *, weight=1.0):
        return super().replay(trace, now)


@faults.caught_by(checks.check_the_cortical_share_only_grows_with_sleep)
class MovesTheShareTwice(OddsPlasticity):
    def cortical_share(self, trace, sleeps):
        return super().cortical_share(trace, sleeps + 1.0)


@faults.caught_by(checks.check_the_cortical_share_only_grows_with_sleep)
class ConsolidatesAllAlike(OddsPlasticity):
    def imprint(self, now, *, salience=0.0, **given):
        return super().imprint(now, **given)


@faults.caught_by(checks.check_every_trace_survives_json)
class WritesWhatIsNoNumber(OddsPlasticity):
    def potentiate_many(self, traces, now, *, sleeps=0.0):
        return [
            trace.model_copy(update={"difficulty": float("nan")})
            for trace in super().potentiate_many(traces, now, sleeps=sleeps)
        ]


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
