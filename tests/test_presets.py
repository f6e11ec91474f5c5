"""Each preset remembers for as long as it says."""

import re
from collections.abc import Callable

import pytest

from neuro import Brain, BrainConfig, MemoryType, presets
from neuro.clock import SimulatedClock
from neuro.profiles import TypeProfiles
from neuro.units import DAY

PRESETS = [
    presets.human,
    presets.chatbot,
    presets.task_agent,
    presets.personal_assistant,
    presets.researcher,
]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.__name__)
async def test_a_preset_remembers_for_as_long_as_it_says(preset: Callable[[], BrainConfig]) -> None:
    said = [float(number) for number in re.findall(r"(\.\d\d) after", preset.__doc__ or "")]
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=preset()) as brain:
        engram = (await brain.perceive("The meeting is in room four")).engram
        assert engram is not None
        found: list[float] = []
        for day in (1, 30, 365):
            await clock.advance(day * DAY - clock.now())
            found.append(round(brain.retention(engram), 2))
    assert found == said


def test_a_task_agent_has_more_in_mind() -> None:
    assert presets.task_agent().prefrontal_cortex.capacity == 9


def test_a_preset_is_made_anew_each_time_and_equal() -> None:
    assert presets.chatbot() == presets.chatbot()


def differences(config: BrainConfig) -> dict[str, set[str]]:
    """Fields of each part in which a configuration is not the default one."""
    default = BrainConfig()
    return {
        part: {
            field
            for field in type(getattr(default, part)).model_fields
            if getattr(getattr(config, part), field) != getattr(getattr(default, part), field)
        }
        for part in BrainConfig.model_fields
        if getattr(config, part) != getattr(default, part)
    }


@pytest.mark.parametrize(
    ("preset", "named"),
    [
        (presets.chatbot, {"types": {"half_life_scale"}}),
        (
            presets.task_agent,
            {"types": {"half_life_scale"}, "prefrontal_cortex": {"capacity", "decay_seconds"}},
        ),
        (presets.personal_assistant, {"types": {"half_life_scale"}}),
        (presets.researcher, {"types": {"half_life_scale"}}),
        (presets.human, {"types": {"half_life_scale"}, "importance": {"floor", "rehearsal"}}),
        (
            lambda: presets.human(stochastic=True),
            {"types": {"half_life_scale"}, "importance": {"floor", "rehearsal"}, "recall": {"mode"}},
        ),
    ],
    ids=["chatbot", "task_agent", "personal_assistant", "researcher", "human", "human, stochastic"],
)
def test_a_preset_varies_the_default_only_in_what_it_names(
    preset: Callable[[], BrainConfig], named: dict[str, set[str]]
) -> None:
    assert differences(preset()) == named


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.__name__)
def test_no_preset_fails_at_random(preset: Callable[[], BrainConfig]) -> None:
    assert preset().recall.mode == BrainConfig().recall.mode == "agent"
    assert presets.human(stochastic=True).recall.mode == "human"


def test_an_agent_keeps_a_memory_ten_times_as_long_as_a_person() -> None:
    assert BrainConfig().types.half_life_scale == 10.0 * presets.human().types.half_life_scale == 10.0


async def test_people_have_the_half_lives_of_the_table() -> None:
    async with Brain.create(clock=SimulatedClock(), config=presets.human()) as brain:
        for kind in MemoryType:
            engram = (await brain.perceive("The room is on the left", memory_type=kind, salience=0.5)).engram
            assert engram is not None
            assert engram.stability == getattr(TypeProfiles(), kind.value).half_life * 24.0
