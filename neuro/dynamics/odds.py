"""The law of forgetting: the odds against recall grow linearly in brain time.

Floats or arrays in, floats or arrays out; durations and instants in seconds of brain time. Constants are
arguments here; their defaults and sources stand with `neuro.plasticity.odds.OddsPlasticity`.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def initial_odds(exposures: Real, floor: float, exponent: float) -> Real:
    """Odds against recall right after an access: ``e0 n^-q``.

    Args:
        exposures: study events n, > 0.
        floor: e0, odds after one exposure, > 0.
        exponent: q >= 0; repetition lowers the odds by a power law (Newell & Rosenbloom 1981).

    >>> round(initial_odds(4.0, 0.01, 0.5), 6)
    0.005
    """
    return floor * exposures**-exponent


def odds_against(elapsed: Real, half_life: Real, initial: Real) -> Real:
    """Odds against recall: ``A = A0 + elapsed / H``; time running backwards counts as none.

    p is then a hyperbola, the power law of forgetting (Wickelgren 1974) with exponent 1.

    Args:
        elapsed: time since the last access, seconds.
        half_life: H > 0, time in which the odds rise by one, seconds.
        initial: A0, `initial_odds`.

    >>> float(odds_against(86400.0, 86400.0, 0.01))
    1.01
    """
    return initial + np.maximum(elapsed, 0.0) / half_life


def retrievability(odds: Real) -> Real:
    """Probability of recall with a full cue: ``p = 1 / (1 + A)``, in [0, 1].

    Args:
        odds: A >= 0, odds against recall; infinite gives 0.

    >>> round(retrievability(1.01), 6)
    0.497512
    """
    return 1.0 / (1.0 + odds)


def cued_retrievability(odds: Real, cue: Real) -> Real:
    """Probability of recall with a weaker (or stronger) cue: ``O = F / A``, ``p = O / (1 + O)``, in [0, 1].

    Args:
        odds: A, odds against recall with a full cue, > 0.
        cue: F >= 0, factor on the odds of recall; 1 is a full cue.

    >>> cued_retrievability(0.5, 0.5)
    0.5
    """
    return cue / (cue + odds)


def lesioned_retrievability(odds: Real, share: Real, cue: float = 1.0) -> Real:
    """Probability of recall when a lesion left a share of the trace: ``O = k F / A``, ``p = O / (1 + O)``.

    Args:
        odds: A, odds against recall of the whole trace with a full cue, > 0.
        share: what is left, in [0, 1]: k (`cortical_share`) without a hippocampus, 1 - k without a neocortex.
        cue: F >= 0.

    >>> lesioned_retrievability(0.5, 0.5)
    0.5
    """
    return cued_retrievability(odds, share * cue)


def savings(odds: Real, initial: float, exponent: float) -> Real:
    """Share of the work saved in relearning: ``(A_0 / A)^sig``, 1 right after the first exposure.

    Savings see the strength of a trace, not its odds: the same trace, a far shallower curve (Ebbinghaus 1885).

    Args:
        odds: A > 0.
        initial: A_0, odds against recall right after one exposure, > 0.
        exponent: sig >= 0.

    >>> round(float(savings(1.01, 0.01, 0.15)), 5)
    0.50044
    """
    return (initial / odds) ** exponent


def latency(odds: Real, intercept: float, factor: float, exponent: float) -> Real:
    """Time that a recall takes: ``I + F A^g``, in the unit of I and F.

    Args:
        odds: A, odds against recall with the cue that was used, >= 0.
        intercept: I >= 0, everything but retrieval.
        factor: F >= 0, retrieval at even odds.
        exponent: g >= 0.

    Of the form of ACT-R's ``I + F e^(-f B)`` (Anderson & Lebiere 1998), activation being -ln A.

    >>> latency(0.25, 1.0, 0.5, 0.5)
    1.25
    """
    return intercept + factor * odds**exponent


def activation(odds: Real) -> Real:
    """Log odds of recall: ``-ln A``, what ranking uses.

    Args:
        odds: A > 0.

    >>> round(float(activation(0.01)), 5)
    4.60517
    """
    return -np.log(odds)


def forget_time(last_access: Real, half_life: Real, initial: Real, threshold: float) -> Real:
    """Instant at which p falls to ``threshold``: ``u0 + H ((1 - p*) / p* - A0)``, exactly.

    Args:
        last_access: u0, seconds.
        half_life: H > 0, seconds.
        initial: A0, `initial_odds`.
        threshold: p* in (0, 1]; above ``1 / (1 + A0)`` the answer lies before the access.

    >>> forget_time(0.0, 1.0, 0.01, 0.5)
    0.99
    """
    return last_access + half_life * ((1.0 - threshold) / threshold - initial)


def refractory(elapsed: Real, period: float) -> Real:
    """Share of the learning that an access ``elapsed`` seconds after the last one may bring, in [0, 1].

    ``max(0, 1 - t_r / elapsed)``: nothing within the refractory period ``t_r``.

    Args:
        elapsed: seconds; zero or less teaches nothing if there is a period.
        period: t_r >= 0, seconds.

    >>> float(refractory(20.0, 10.0))
    0.5
    """
    return np.maximum(0.0, 1.0 - period / np.maximum(elapsed, 1e-12))


def potentiation(half_life: Real, ceiling: Real, probability: Real, readiness: Real, gain: float) -> Real:
    """New half-life after a successful recall: ``H (1 + a max(0, p0 - p) ref)``.

    What was not forgotten since the last access earns nothing; hence the half-life grows by at most
    ``a`` times the brain time that passed, however often an engram is recalled (full cue).

    Args:
        half_life: H, seconds.
        ceiling: p0, the probability right after an access.
        probability: p at this access, with the cue that was used.
        readiness: `refractory`, in [0, 1].
        gain: a >= 0.

    Spacing and testing pay because p is lower then (Cepeda et al. 2008; Bahrick 1979).

    >>> round(float(potentiation(12.0, 0.99, 0.89, 1.0, 15.0)), 6)
    30.0
    """
    return half_life * (1.0 + gain * np.maximum(0.0, ceiling - probability) * readiness)


def corrected(half_life: Real, encoded: Real, gain: float, kept: float) -> Real:
    """New half-life after a recall that failed and was corrected: ``max((1 + a_s) H_enc, phi H)``.

    Args:
        half_life: H, seconds.
        encoded: H_enc, half-life at encoding, seconds.
        gain: a_s >= 0, of a re-exposure.
        kept: phi in [0, 1], share of H that a failure leaves.

    >>> float(corrected(100.0, 10.0, 1.0, 0.5)), float(corrected(10.0, 10.0, 1.0, 0.5))
    (50.0, 20.0)
    """
    return np.maximum((1.0 + gain) * encoded, kept * half_life)


def encoding_boost(arousal: Real, reward_error: Real, arousal_benefit: float, reward_benefit: float) -> Real:
    """Factor on the half-life at encoding: ``e^(b_e arousal + b_r max(0, rpe))``, >= 1.

    Args:
        arousal: in [0, 1].
        reward_error: rpe, reward prediction error; disappointment takes nothing away.
        arousal_benefit: b_e >= 0.
        reward_benefit: b_r >= 0.

    Arousal and reward mark what to keep (LaBar & Phelps 1998; Adcock et al. 2006).

    >>> round(float(encoding_boost(0.5, 0.0, 1.1, 0.7)), 6)
    1.733253
    """
    return np.exp(arousal_benefit * arousal + reward_benefit * np.maximum(0.0, reward_error))


def first_sleep(
    elapsed: Real, half_life: Real, probability: Real, benefit: float, weight: float = 1.0
) -> tuple[Real, Real]:
    """Elapsed time and half-life after the first sleep since an access; p itself does not move.

    ``f = 1 + w b_s p``; both are multiplied by f (Benson & Feinberg 1977: sleep soon after study protects).

    Args:
        elapsed: since the last access, seconds.
        half_life: H, seconds.
        probability: p when sleep begins.
        benefit: b_s >= 0.
        weight: w of the night, in [0, 1] (`night_weight`).

    >>> first_sleep(2.0, 10.0, 1.0, 0.5)
    (3.0, 15.0)
    """
    factor = 1.0 + weight * benefit * probability
    return elapsed * factor, half_life * factor


def cortical_share(share: Real, sleeps: Real, rate: Real) -> Real:
    """Share of a trace held by the neocortex after some sleeps: ``1 - (1 - k)(1 - rho)^n``, in [0, 1].

    Args:
        share: k before them, in [0, 1].
        sleeps: n >= 0, summed weights of the nights.
        rate: rho, share of the rest that moves in one sleep, in [0, 1] (`consolidation_rate`).

    Systems consolidation (McClelland, McNaughton & O'Reilly 1995; Kim & Fanselow 1992).

    >>> round(cortical_share(0.0, 2.0, 0.5), 6)
    0.75
    """
    return 1.0 - (1.0 - share) * (1.0 - rate) ** sleeps


def consolidation_rate(rate: float, salience: Real, benefit: float) -> Real:
    """Share of the rest that moves in one sleep, for a salient trace: ``1 - (1 - rho)^(1 + b s)``, in [0, 1].

    Args:
        rate: rho, of a trace without salience, in [0, 1].
        salience: s in [0, 1].
        benefit: b >= 0; with 2, one sleep does the work of three for the most salient.

    >>> round(consolidation_rate(0.5, 0.5, 2.0), 6)
    0.75
    """
    return 1.0 - (1.0 - rate) ** (1.0 + benefit * salience)


def night_weight(awake: Real, full_day: float) -> Real:
    """What a sleep counts, in [0, 1]: ``min(1, waking time since the last one / full day)``.

    Hence many short cycles consolidate as much as one night, and sleep upon sleep nothing.

    Args:
        awake: brain time awake since the last sleep that counted, seconds; below zero counts as none.
        full_day: waking time that is worth one whole night, seconds, > 0.

    >>> float(night_weight(7200.0, 57600.0)), float(night_weight(90000.0, 57600.0))
    (0.125, 1.0)
    """
    return np.clip(awake / full_day, 0.0, 1.0)


def brain_time(awake: Real, asleep: Real, pace: float) -> Real:
    """Brain time that passes: ``u = t_awake + eps t_asleep``, in the unit of the durations.

    Args:
        awake: time awake, >= 0.
        asleep: time asleep, >= 0.
        pace: eps, brain time per unit of sleep, in [0, 1].

    Forgetting is driven by what happens, and in sleep little does (Jenkins & Dallenbach 1924).

    >>> brain_time(16.0, 8.0, 0.05)
    16.4
    """
    return awake + pace * asleep
