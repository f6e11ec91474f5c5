"""Plasticities are frozen values: compared, hashed, copied, kept as JSON, and checked at the door."""

import math
import pickle
from copy import deepcopy
from typing import Any

import pytest
from lives import DEFAULTS
from pydantic import TypeAdapter

from neuro import ConfigurationError, InvalidArgumentError
from neuro.dynamics import fsrs
from neuro.plasticity import (
    AnyPlasticity,
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    Grade,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.units import DAY, YEAR

any_plasticity: TypeAdapter[Any] = TypeAdapter(AnyPlasticity)


@pytest.mark.parametrize("law", DEFAULTS)
def test_a_plasticity_is_a_value(law):
    used, unused = type(DEFAULTS[law])(), type(DEFAULTS[law])()
    used.strength(used.imprint(0.0, half_life=DAY), DAY)
    for same in (unused, pickle.loads(pickle.dumps(used)), deepcopy(used), used.model_copy()):
        assert same == used
        assert hash(same) == hash(used)
    assert type(used)(refractory_period=20.0) != used
    with pytest.raises(ValueError, match="frozen"):
        used.refractory_period = 20.0


@pytest.mark.parametrize("law", DEFAULTS)
def test_json_tells_which_law_it_is(law):
    plasticity = type(DEFAULTS[law])(refractory_period=20.0)
    assert plasticity.law == law
    assert any_plasticity.validate_json(plasticity.model_dump_json()) == plasticity


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (OddsPlasticity, {"initial_odds": 0.0}),
        (OddsPlasticity, {"gain": -1.0}),
        (OddsPlasticity, {"gain": math.nan}),
        (OddsPlasticity, {"hard_share": 1.1}),
        (OddsPlasticity, {"easy_share": 0.9}),
        (OddsPlasticity, {"lapse_share": 1.5}),
        (OddsPlasticity, {"longest_half_life": 0.0}),
        (OddsPlasticity, {"refractory_period": -1.0}),
        (OddsPlasticity, {"consolidation_rate": 1.5}),
        (OddsPlasticity, {"half_life_scale": 1.0}),
        (EbbinghausPlasticity, {"ceiling": 0.5}),
        (EbbinghausPlasticity, {"ceiling": 1.0}),
        (BaseLevelPlasticity, {"decay": 0.0}),
        (BaseLevelPlasticity, {"noise": 0.0}),
        (BaseLevelPlasticity, {"shortest_age": 0.0}),
        (MemoryChainPlasticity, {"learned": 0.6}),
        (MemoryChainPlasticity, {"transfer": 1.1}),
        (MemoryChainPlasticity, {"slow_decline": 0.0}),
        (FsrsPlasticity, {"weights": (1.0,) * 20}),
        (FsrsPlasticity, {"weights": (*fsrs.FSRS_6[:20], 0.0)}),
        (FsrsPlasticity, {"weights": (*fsrs.FSRS_5[:16], 0.5, 0.5, 0.5)}),
        (FsrsPlasticity, {"stability_share": 0.0}),
    ],
    ids=str,
)
def test_bad_params_are_configuration_errors(kind, bad):
    with pytest.raises(ConfigurationError, match=rf"{kind.__name__}\.{next(iter(bad))}"):
        kind(**bad)


@pytest.mark.parametrize(
    ("said", "grade"),
    [(1, Grade.AGAIN), ("hard", Grade.HARD), ("GOOD", Grade.GOOD), (Grade.EASY, Grade.EASY)],
)
def test_a_grade_may_be_said_in_three_ways(said, grade):
    assert Grade.of(said) is grade


@pytest.mark.parametrize("said", [0, 5, "best", "", True, 3.0, None])
def test_what_is_no_grade_is_refused(said):
    with pytest.raises(InvalidArgumentError, match=r"grade: must be one of again \(1\), hard \(2\)"):
        Grade.of(said)


@pytest.mark.parametrize("law", ["odds", "ebbinghaus", "fsrs"])
def test_no_half_life_grows_beyond_the_longest(law):
    plasticity = type(DEFAULTS[law])(longest_half_life=2 * YEAR)
    trace = plasticity.imprint(0.0, half_life=3 * YEAR)
    assert trace.half_life == 2 * YEAR
    trace = plasticity.potentiate(trace, YEAR)
    assert trace.half_life == 2 * YEAR
    assert plasticity.replay(trace, YEAR + DAY).half_life == 2 * YEAR


@pytest.mark.parametrize("law", ["odds", "ebbinghaus", "fsrs"])
def test_what_grew_longer_under_another_setting_is_not_cut(law):
    plasticity = type(DEFAULTS[law])(longest_half_life=DAY)
    trace = DEFAULTS[law].imprint(0.0, half_life=YEAR)
    for learned in (plasticity.potentiate(trace, YEAR), plasticity.reexpose(trace, YEAR)):
        assert plasticity.replay(learned, YEAR + DAY).half_life == YEAR


@pytest.mark.parametrize("law", DEFAULTS)
def test_depression_has_a_floor_and_is_never_undone_by_it(law):
    plasticity = DEFAULTS[law]
    trace = plasticity.imprint(0.0, half_life=DAY)
    assert plasticity.depress(trace, 0.5).half_life == DAY / 2
    assert plasticity.depress(trace, 1e-9).half_life == DAY / 100
    shorter = trace.model_copy(update={"half_life": DAY / 200})
    assert plasticity.depress(shorter, 0.5).half_life == DAY / 200
