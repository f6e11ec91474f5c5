"""How an engram fades: by a law, by pins and by importance."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro import Amygdala, ConfigurationError, InvalidArgumentError, Stimulus
from neuro.engram import ConsolidationState
from neuro.fading import Fading, ImportanceParams
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.regions.amygdala import AmygdalaParams
from neuro.testing.samples import sample_engram, sample_trace
from neuro.units import DAY, DORMANT_BELOW, YEAR

LAWS = [
    OddsPlasticity(),
    EbbinghausPlasticity(),
    BaseLevelPlasticity(),
    MemoryChainPlasticity(),
    FsrsPlasticity(),
]
TRACE = sample_trace(last_access=0.0)

each_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)


def _engram(**fields: Any):
    return sample_engram(trace=TRACE, **fields)


@each_law
def test_what_is_neither_pinned_nor_important_fades_by_its_law(law):
    fading, engram = Fading(law), _engram()
    for delay in (0.0, DAY, YEAR):
        assert fading.retention(engram, delay) == law.strength(TRACE, delay)
    assert fading.floor(engram) == 0.0
    assert fading.forgotten_at(engram) == law.forgotten_at(TRACE)
    assert fading.forgotten_at(engram, 0.5) == law.forgotten_at(TRACE, 0.5)


@each_law
def test_a_pin_holds_an_engram_where_its_last_access_left_it(law):
    fading, pinned = Fading(law), _engram(pinned=True)
    assert fading.retention(pinned, 1000 * YEAR) == law.strength(TRACE, 0.0)
    assert fading.forgotten_at(pinned) == fading.forgotten_at(pinned, 0.99) == math.inf
    assert not fading.dormant(pinned, 1000 * YEAR)


@pytest.mark.parametrize(
    ("salience", "floor"), [(0.0, 0.0), (0.89, 0.0), (0.9, 0.0), (0.925, 0.05), (0.95, 0.1), (1.0, 0.2)]
)
def test_the_floor_rises_with_importance(salience: float, floor: float):
    assert Fading().floor(_engram(salience=salience)) == pytest.approx(floor)


@each_law
def test_importance_holds_an_engram_above_its_floor(law):
    fading, vital = Fading(law), _engram(salience=1.0)
    assert fading.retention(vital, 0.0) == law.strength(TRACE, 0.0)
    assert fading.retention(vital, 1e12 * YEAR) == pytest.approx(0.2)
    assert fading.forgotten_at(vital) == math.inf
    assert fading.forgotten_at(vital, 0.5) == law.forgotten_at(TRACE, 0.5)
    assert not fading.dormant(vital, 1e12 * YEAR)


def test_a_floor_below_the_threshold_of_forgetting_does_not_keep_awake():
    fading, engram = Fading(), _engram(salience=0.91)
    assert 0.0 < fading.floor(engram) < DORMANT_BELOW
    assert fading.dormant(engram, 1000 * YEAR)
    assert fading.forgotten_at(engram) == fading.plasticity.forgotten_at(TRACE)


def test_people_have_no_floor():
    fading = Fading(importance=ImportanceParams(floor=0.0, rehearsal=None))
    engram = _engram(salience=1.0)
    assert fading.floor(engram) == 0.0
    assert fading.dormant(engram, 1000 * YEAR)
    assert fading.rehearse_at(engram) == math.inf


def test_words_alone_make_nothing_important():
    shouted = Amygdala().appraise(Stimulus(content="HELP!!! TERRIBLE DEADLY AWFUL HORRIBLE MURDER!!! " * 20))
    assert shouted.salience > 0.8
    assert not Fading().important(_engram(salience=shouted.salience))
    assert not Fading().important(_engram(salience=AmygdalaParams().salience_cap))


@each_law
def test_many_retentions_equal_each_alone(law):
    fading = Fading(law)
    engrams = [
        _engram(pinned=pinned, salience=salience) for pinned in (False, True) for salience in (0.1, 0.95, 1.0)
    ]
    for now in (0.0, 30 * DAY, 100 * YEAR):
        many = fading.retentions(engrams, now)
        assert many.shape == (6,)
        assert many.tolist() == pytest.approx([fading.retention(engram, now) for engram in engrams], rel=1e-9)
    assert fading.retentions([], 0.0).shape == (0,)


@each_law
def test_a_review_is_due_when_retention_falls_to_the_target(law):
    fading, scheduled = Fading(law), _engram(target_retention=0.7)
    due = fading.review_at(scheduled)
    assert law.strength(TRACE, due) == pytest.approx(0.7)
    assert fading.review_at(_engram()) == math.inf


@each_law
def test_what_is_pinned_or_important_is_rehearsed_before_it_fades(law):
    fading = Fading(law)
    for kept in (_engram(pinned=True), _engram(salience=0.91)):
        assert fading.important(kept)
        assert law.strength(TRACE, fading.rehearse_at(kept)) == pytest.approx(0.9)
    assert not fading.important(_engram(salience=0.9))
    assert fading.rehearse_at(_engram(salience=0.9)) == math.inf


def test_what_is_scheduled_is_left_to_its_reviews():
    assert Fading().rehearse_at(_engram(pinned=True, target_retention=0.7)) == math.inf


@pytest.mark.parametrize(
    ("share", "fresh", "sleeps", "state"),
    [
        (0.001, True, 0.0, "labile"),
        (0.001, True, 0.5, "labile"),
        (0.001, False, 1.0, "consolidating"),
        (0.001, True, 1.0, "consolidating"),
        (0.5, False, 0.0, "consolidated"),
        (0.89, False, 0.0, "consolidated"),
        (0.9, False, 0.0, "long_term"),
        (0.9, True, 0.5, "reconsolidating"),
        (0.001, False, 1000.0, "long_term"),
    ],
)
def test_consolidation_follows_from_the_trace(share: float, fresh: bool, sleeps: float, state: str):
    engram = sample_engram(trace=sample_trace(cortical_share=share, fresh=fresh))
    assert Fading().consolidation(engram, sleeps) is ConsolidationState.of(state)


@pytest.mark.parametrize("unknown", ["stable", "LABILE", None, 1])
def test_an_unknown_state_of_consolidation_is_an_error(unknown: Any):
    with pytest.raises(InvalidArgumentError, match="consolidation: must be one of labile"):
        ConsolidationState.of(unknown)


@pytest.mark.parametrize(
    "bad",
    [{"salience": 1.1}, {"floor": 1.0}, {"floor": -0.1}, {"rehearsal": 0.0}, {"rehearsal": 1.0}],
    ids=str,
)
def test_bad_importance_is_a_configuration_error(bad: dict[str, Any]):
    with pytest.raises(ConfigurationError, match=rf"ImportanceParams\.{next(iter(bad))}"):
        ImportanceParams(**bad)


@each_law
@settings(derandomize=True, deadline=None, database=None, max_examples=20)
@given(
    salience=st.floats(0.0, 1.0),
    pinned=st.booleans(),
    later=st.floats(0.0, 100 * YEAR),
    below=st.floats(0.01, 0.95),
)
def test_retention_is_below_a_threshold_only_from_forgotten_at_on(law, salience, pinned, later, below):
    fading, engram = Fading(law), _engram(salience=salience, pinned=pinned)
    retention, instant = fading.retention(engram, later), fading.forgotten_at(engram, below)
    assert 0.0 <= retention <= 1.0
    if retention < below * (1 - 1e-9):
        assert instant <= later
    if later < instant:
        assert retention >= below * (1 - 1e-9)
