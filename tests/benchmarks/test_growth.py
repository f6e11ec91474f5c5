"""The measurement of growth, at small sizes."""

import growth
import pytest
from growth import Sized, Talk, tables

from neuro.entities import ProperNames


def test_talk_is_the_same_for_the_same_seed():
    assert Talk(1).stimuli(30) == Talk(1).stimuli(30) != Talk(2).stimuli(30)
    talk = Talk(1)
    assert len({stimulus.content for stimulus in talk.stimuli(50) + talk.stimuli(50)}) == 100


def test_a_few_per_cent_of_what_is_said_names_one_of_ever_more_things():
    talk, names = Talk(1), ProperNames()
    named = [
        [mention for mention in names.entities(one.content) if mention.sure] for one in talk.stimuli(4_000)
    ]
    assert 0.03 < sum(map(bool, named)) / len(named) < 0.07 and max(map(len, named)) == 1
    early, late = ({mention.name for one in part for mention in one} for part in (named[:500], named[-500:]))
    assert len(early) <= 10 < len(late)


async def test_recall_and_search_are_timed_at_every_size(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(growth, "ROUNDS", 3)
    found = [one async for one in growth.measured("memory://", [20, 60])]
    assert [one.size for one in found] == [20, 60]
    assert all(len(times) == 3 and min(times) > 0.0 for one in found for times in one[1:])


def test_growth_is_the_ratio_of_medians():
    lines = tables(
        [Sized(1000, [1.0, 2.0, 3.0], [1.0] * 3), Sized(10_000, [4.0] * 3, [3.0] * 3)]
    ).splitlines()
    assert lines[2].startswith("| 1,000 | 2.0 / ")
    assert lines[-1] == "| 1,000 | 10,000 | x 2.0 | x 3.0 |"
