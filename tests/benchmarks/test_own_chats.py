"""Chats of our own: the same for the same seed, and what they are meant to be."""

from itertools import pairwise
from statistics import mean

from own_chats import own_chats


def test_chats_are_the_same_for_the_same_seed_and_every_question_has_evidence():
    made = own_chats(seed=3, questions=20)
    assert made == own_chats(seed=3, questions=20) != own_chats(seed=4, questions=20)
    assert [one.name for one in made] == ["hasty", "assistant"]
    for one in made:
        ids = {turn.id for turn in one.turns}
        assert len(one.questions) == 20
        assert all(question.evidence and ids.issuperset(question.evidence) for question in one.questions)
        assert len({question.text for question in one.questions}) == 20
        assert all(earlier.when < later.when for earlier, later in pairwise(one.turns))


def test_hasty_people_write_little_and_badly_and_an_assistant_at_length():
    hasty, assistant = own_chats()
    said = " ".join(turn.text for turn in hasty.turns)
    assert said == said.lower() and any(ord(character) > 0x1F000 for character in said)
    assert mean(len(turn.text.split()) for turn in hasty.turns) < 9
    answers = [turn.text for turn in assistant.turns if turn.speaker == "assistant"]
    assert mean(len(answer.split()) for answer in answers) > 200
    assert any("```" in answer for answer in answers) and all("**" in answer for answer in answers)
