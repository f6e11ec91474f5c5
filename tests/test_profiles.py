"""The table of the types of memory: where each is at home and how long it lasts."""

from typing import Any

import pytest

from neuro import ConfigurationError, InvalidArgumentError, MemoryType
from neuro.profiles import TypeProfile, TypeProfiles
from neuro.units import DAY


@pytest.mark.parametrize(
    ("kind", "home", "days"),
    [
        ("episodic", "neocortex", 10.0),
        ("semantic", "neocortex", 50.0),
        ("procedural", "cerebellum", 730.0),
        ("habitual", "basal_ganglia", 365.0),
        ("relational", "neocortex", 100.0),
        ("emotional", "neocortex", 30.0),
        ("opinion", "neocortex", 20.0),
    ],
)
def test_each_type_has_a_home_and_a_half_life(kind: str, home: str, days: float):
    human = TypeProfiles(half_life_scale=1.0)
    for given in (kind, MemoryType(kind)):
        assert human.of(given) == TypeProfile(home=home, half_life=days)
        assert human.half_life(given) == days * DAY


def test_an_agent_keeps_everything_ten_times_as_long():
    for kind in MemoryType:
        assert TypeProfiles().half_life(kind) == 10.0 * TypeProfiles(half_life_scale=1.0).half_life(kind)


def test_every_type_is_at_home_somewhere():
    profiles = TypeProfiles()
    homes = [profiles.at(home) for home in ("neocortex", "cerebellum", "basal_ganglia")]
    assert homes[1:] == [{MemoryType.PROCEDURAL}, {MemoryType.HABITUAL}]
    assert sorted(kind for home in homes for kind in home) == sorted(MemoryType)
    assert profiles.at("hippocampus") == frozenset()


def test_factual_is_another_name_for_semantic():
    assert MemoryType.of("factual") is MemoryType.SEMANTIC
    assert TypeProfiles().of("factual") == TypeProfiles().semantic


@pytest.mark.parametrize("unknown", ["fact", "EPISODIC", "", None, 1])
def test_an_unknown_type_is_an_error_and_not_a_default(unknown: Any):
    for question in (TypeProfiles().of, TypeProfiles().half_life, MemoryType.of):
        with pytest.raises(InvalidArgumentError, match="memory_type: must be one of episodic, semantic"):
            question(unknown)


def test_homes_and_half_lives_can_be_chosen():
    profiles = TypeProfiles(
        half_life_scale=2.0,
        opinion=TypeProfile(home="basal_ganglia", half_life=3.0),
        procedural=TypeProfile(half_life=4.0),
    )
    assert profiles.half_life("opinion") == 6.0 * DAY
    assert profiles.at("basal_ganglia") == {MemoryType.OPINION, MemoryType.HABITUAL}
    assert profiles.at("cerebellum") == frozenset()
    assert MemoryType.PROCEDURAL in profiles.at("neocortex")
    assert TypeProfiles.model_validate_json(profiles.model_dump_json()) == profiles


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (TypeProfile, {"half_life": 0.0}),
        (TypeProfile, {"half_life": float("inf")}),
        (TypeProfile, {"home": "hippocampus", "half_life": 1.0}),
        (TypeProfiles, {"half_life_scale": 0.0}),
        (TypeProfiles, {"dreams": TypeProfile(half_life=1.0)}),
    ],
    ids=str,
)
def test_bad_profiles_are_configuration_errors(kind: Any, bad: dict[str, Any]):
    with pytest.raises(ConfigurationError, match=rf"{kind.__name__}\.{next(iter(bad))}"):
        kind(**bad)
