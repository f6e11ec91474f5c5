"""Each preset remembers for as long as it says."""

import re
from collections.abc import Callable

import pytest

from neuro import Brain, BrainConfig, presets
from neuro.clock import SimulatedClock
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
