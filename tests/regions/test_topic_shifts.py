"""Episodes end where the topic changes, in a stream that names no sessions."""

from typing import Any

import pytest

from neuro import Hippocampus
from neuro.regions.hippocampus import HippocampusParams
from neuro.regions.stream import Topic
from neuro.signals import Appraisal, Percept, Stimulus

BREAD = (
    "Mix the flour, water, salt and yeast to a soft dough, and knead it on the table until it is smooth and elastic.",
    "Let the dough rise in a warm bowl under a cloth for two hours, until it has doubled, then shape round loaves.",
    "Bake the loaves in a hot oven until the crust is brown, and let the bread cool before you slice and butter it.",
    "Stale bread makes good crumbs for soup, and a loaf of rye flour keeps fresh in the kitchen for almost a week.",
)
COURT = (
    "The supreme court ruled against the government, as the judges found that the election law violates the "
    "constitution, and a lawyer for the senate announced an appeal.",
    "Lawyers for the president filed an appeal against the ruling, while parliament debated a reform of the judiciary.",
    "A federal prosecutor accused two senators of corruption, and the trial before the tribunal begins in September.",
)
CHAT = (
    "Hello there!",
    "How are you?",
    "Fine, thanks.",
    "Did you see the judge?",
    "Yes, in court.",
    "Bread again?",
)


def episodes(contents: tuple[str, ...], context: dict[str, Any] | None = None, **params: float) -> list[int]:
    """Number of the episode of each content, all told within a minute each."""
    hippocampus = Hippocampus(HippocampusParams(**params))
    found: list[str] = []
    for minute, content in enumerate(contents):
        percept = Percept(Stimulus.of(content, context=context), Appraisal(0.5, 0.0, 0.0, ""))
        engram = hippocampus.encode(percept, 60.0 * minute)
        assert engram is not None and engram.episode_id is not None
        hippocampus.bind(engram)
        found.append(engram.episode_id)
    return [[*dict.fromkeys(found)].index(one) for one in found]


def test_another_topic_begins_another_episode():
    assert episodes(BREAD + COURT) == [0, 0, 0, 0, 1, 1, 1]


def test_one_topic_is_one_episode():
    assert set(episodes(BREAD)) == set(episodes(COURT)) == {0}


def test_a_topic_must_have_established_itself_before_it_can_change():
    assert episodes((BREAD[0], COURT[0])) == [0, 0]


def test_whoever_names_sessions_has_said_where_episodes_end():
    assert set(episodes(BREAD + COURT, {"session": "one"})) == {0}


def test_short_replies_change_no_topic():
    assert set(episodes(BREAD + CHAT)) == {0}


def test_the_rule_can_be_switched_off():
    assert set(episodes(BREAD + COURT, topic_floor=0.0)) == {0}


@pytest.mark.parametrize("content", ["", "12345 67890", "数据" * 50, "zxqv " * 100])
def test_what_has_no_known_words_changes_no_topic(content: str):
    topic = Topic(0.9)
    for paragraph in BREAD:
        topic.follow(paragraph, afresh=False)
    assert not topic.changes(content)


def test_after_waking_the_topic_establishes_itself_again():
    hippocampus, awake = Hippocampus(), Hippocampus()
    for minute, content in enumerate(BREAD):
        engram = hippocampus.encode(content, 60.0 * minute)
        assert engram is not None
        hippocampus.bind(engram)
    awake.resume(hippocampus.stream())
    engram = awake.encode(COURT[0], 300.0)
    assert engram is not None and engram.episode_id == hippocampus.inspect().episode_id
