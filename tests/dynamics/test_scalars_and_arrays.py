"""A float in is a float out, and an array gives what each of its numbers gives alone."""

from functools import partial

import numpy as np
import pytest

from neuro.dynamics import (
    activation,
    base_level,
    fsrs,
    hebbian,
    homeostasis,
    memory_chain,
    odds,
    retention,
    salience,
    sm2,
    spreading,
    surprise,
)

U, V, W = np.random.default_rng(0).uniform(0.05, 0.95, (3, 64))
DAYS = 10.0 ** (6.0 * W - 3.0)
RATINGS = np.floor(1.0 + 4.0 * U)
CHAIN = (0.1, 0.5, 0.002)

EQUATIONS = {
    "initial_odds": (partial(odds.initial_odds, floor=0.01, exponent=0.5), DAYS),
    "odds_against": (odds.odds_against, DAYS, V * 30.0, U),
    "retrievability": (odds.retrievability, DAYS),
    "cued_retrievability": (odds.cued_retrievability, DAYS, U),
    "lesioned_retrievability": (partial(odds.lesioned_retrievability, cue=0.3), DAYS, U),
    "savings": (partial(odds.savings, initial=0.01, exponent=0.15), DAYS),
    "odds latency": (partial(odds.latency, intercept=1.0, factor=0.5, exponent=0.5), DAYS),
    "odds activation": (odds.activation, DAYS),
    "forget_time": (partial(odds.forget_time, threshold=0.2), DAYS, V * 30.0, U),
    "refractory": (partial(odds.refractory, period=1.0), DAYS),
    "potentiation": (partial(odds.potentiation, gain=15.0), DAYS, U, V, W),
    "corrected": (partial(odds.corrected, gain=1.0, kept=0.5), DAYS, V * 30.0),
    "encoding_boost": (partial(odds.encoding_boost, arousal_benefit=1.1, reward_benefit=0.7), U, V - 0.5),
    "first_sleep": (partial(odds.first_sleep, benefit=0.1, weight=0.5), DAYS, V * 30.0, U),
    "cortical_share": (odds.cortical_share, U, DAYS, V),
    "consolidation_rate": (partial(odds.consolidation_rate, 0.03, benefit=2.0), U),
    "night_weight": (partial(odds.night_weight, full_day=57600.0), DAYS * 1e4),
    "brain_time": (partial(odds.brain_time, pace=0.05), DAYS, V),
    "exponential": (retention.exponential, DAYS, V * 30.0),
    "exponential_duration": (retention.exponential_duration, U, V * 30.0),
    "hyperbolic": (retention.hyperbolic, DAYS, V * 30.0),
    "hyperbolic_duration": (retention.hyperbolic_duration, U, V * 30.0),
    "power": (partial(retention.power, exponent=0.5), DAYS, V * 30.0),
    "power_duration": (partial(retention.power_duration, exponent=0.5), U, V * 30.0),
    "wickelgren": (partial(retention.wickelgren, initial=0.9, rate=0.1, exponent=0.5), DAYS),
    "wickelgren_duration": (partial(retention.wickelgren_duration, initial=0.9, rate=0.1, exponent=0.5), U),
    "ebbinghaus_savings": (retention.ebbinghaus_savings, DAYS),
    "ebbinghaus_duration": (retention.ebbinghaus_duration, U),
    "optimized_base_level": (partial(base_level.optimized_base_level, decay=0.5), RATINGS, DAYS),
    "practice_decay": (partial(base_level.practice_decay, scale=0.217, intercept=0.177), U - 2.0),
    "retrieval_probability": (partial(activation.retrieval_probability, threshold=0.3, noise=0.2), U),
    "activation_at": (partial(activation.activation_at, threshold=0.3, noise=0.2), U),
    "latency": (partial(activation.latency, factor=0.63, exponent=1.0), U),
    "fan_strength": (partial(spreading.fan_strength, 1.6), RATINGS),
    "learned_strength": (partial(spreading.learned_strength, strength=2.0), U, U + V),
    "evolved": (lambda *state: memory_chain.evolved(*state, *CHAIN), U, V, DAYS),
    "intensities": (lambda elapsed: memory_chain.intensities(elapsed, 1.0, *CHAIN), DAYS),
    "recall_probability": (partial(memory_chain.recall_probability, spared=0.5), U, V),
    "relative_retrograde": (memory_chain.relative_retrograde, U, V),
    "memory chain forget_after": (lambda *state: memory_chain.forget_after(*state, 0.1, *CHAIN), U, V),
    "whole_days": (fsrs.whole_days, DAYS),
    "fsrs retrievability": (fsrs.retrievability, DAYS, V * 30.0),
    "interval": (partial(fsrs.interval, retention=0.8), DAYS),
    "scheduled_days": (partial(fsrs.scheduled_days, retention=0.8), DAYS),
    "initial_stability": (fsrs.initial_stability, RATINGS),
    "initial_difficulty": (fsrs.initial_difficulty, RATINGS),
    "next_difficulty": (fsrs.next_difficulty, 1.0 + 9.0 * V, RATINGS),
    "recall_stability": (fsrs.recall_stability, DAYS, 1.0 + 9.0 * V, U, RATINGS),
    "forget_stability": (fsrs.forget_stability, DAYS, 1.0 + 9.0 * V, U),
    "short_term_stability": (fsrs.short_term_stability, DAYS, RATINGS),
    **{
        f"review by {len(weights)} weights": (
            partial(fsrs.review, weights=weights),
            V * 30.0,
            1.0 + 9.0 * V,
            DAYS,
            RATINGS,
        )
        for weights in (fsrs.FSRS_4_5, fsrs.FSRS_5, fsrs.FSRS_6)
    },
    "sm2 review": (sm2.review, 1.3 + U, np.ceil(DAYS), np.floor(5.0 * V), np.floor(6.0 * U)),
    "hebbian": (hebbian.hebbian, U, V),
    "effective_weight": (partial(homeostasis.effective_weight, log_scale=-0.5), U),
    "stored_weight": (partial(homeostasis.stored_weight, log_scale=-0.5), U),
    "updated_expectation": (partial(surprise.updated_expectation, rate=0.1), U, V, W),
    "weighted_error": (partial(surprise.weighted_error, noise=0.01), U, V, W),
    "information": (surprise.information, U),
    "fade": (partial(salience.fade, time_constant=7.0), DAYS),
    "attention": (lambda hint, left: salience.attention(0.5, hint, 0.4, left), U, V),
    "habituated": (partial(salience.habituated, decrement=0.7, floor=0.3), U),
    "recovered": (partial(salience.recovered, time_constant=30.0), U, DAYS),
    "compound": (partial(salience.compound, normaliser=15.0), DAYS),
    "arousal": (partial(salience.arousal, strongest=0.5), U),
    "salience": (partial(salience.salience, neutral=0.5, gain=0.5, cap=0.9), U),
}


def outputs(answer):
    return answer if isinstance(answer, tuple) else (answer,)


@pytest.mark.parametrize("name", EQUATIONS)
def test_an_array_gives_what_each_number_gives_alone(name):
    equation, *arrays = EQUATIONS[name]
    together = outputs(equation(*arrays))
    square = outputs(equation(*(array.reshape(8, 8) for array in arrays)))
    for i in range(len(U)):
        alone = outputs(equation(*(float(array[i]) for array in arrays)))
        for whole, grid, one in zip(together, square, alone, strict=True):
            assert isinstance(one, float)
            assert whole.shape == (64,)
            assert grid.shape == (8, 8)
            assert whole[i] == pytest.approx(one, rel=1e-12, abs=1e-15)
            assert grid.ravel()[i] == whole[i]
    zero_d = outputs(equation(*(array[0].reshape(()) for array in arrays)))
    for whole, one in zip(together, zero_d, strict=True):
        assert np.shape(one) == ()
        assert float(one) == pytest.approx(whole[0], rel=1e-12, abs=1e-15)
