"""Every law passes every shipped check, with its defaults and far away from them."""

import pytest
from lives import DEFAULTS

from neuro.dynamics import fsrs
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.testing import PLASTICITY_CHECKS
from neuro.units import YEAR

PLASTICITIES = {
    **DEFAULTS,
    "odds that learn nothing": OddsPlasticity(gain=0.0, exposure_gain=0.0, sleep_benefit=0.0),
    "odds that learn greedily": OddsPlasticity(
        gain=1000.0, exposure_gain=1000.0, sleep_benefit=10.0, refractory_period=0.0
    ),
    "odds of the doubtful": OddsPlasticity(initial_odds=0.2, exposure_exponent=0.0, longest_half_life=YEAR),
    "ebbinghaus from far below certainty": EbbinghausPlasticity(ceiling=0.7, refractory_period=0.0),
    "base level that falls steeply": BaseLevelPlasticity(decay=1.5, noise=0.4),
    "memory chain without a slow store": MemoryChainPlasticity(transfer=1e-9, slow_decline=1.0),
    "memory chain that keeps nearly all": MemoryChainPlasticity(transfer=1.0, slow_decline=0.1, learned=3.0),
    "FSRS-5": FsrsPlasticity(weights=fsrs.FSRS_5, refractory_period=0.0),
    "FSRS-4.5": FsrsPlasticity(weights=fsrs.FSRS_4_5),
}


@pytest.mark.parametrize("name", PLASTICITIES)
@pytest.mark.parametrize("check", PLASTICITY_CHECKS, ids=lambda check: check.__name__)
def test_a_plasticity_conforms(check, name):
    check(PLASTICITIES[name])
