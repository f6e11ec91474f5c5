"""Fitting the weights of the score: the regression, and what it is fed with."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from conversations import Conversation, Question, Turn
from fit_weights import Fit, Sheet, sheet
from listwise import Choice, fitted_weights
from own_texts import own_conversations

from neuro.embedders import resolve
from neuro.indexing.probe import Weights


def chosen_by(weights: list[float], count: int, seed: int = 3) -> list[Choice]:
    """Questions whose right candidate was drawn by the softmax under these weights."""
    rng = np.random.default_rng(seed)
    made: list[Choice] = []
    for _ in range(count):
        features = rng.random((12, len(weights)))
        chances = np.exp(features @ weights)
        right = int(rng.choice(12, p=chances / chances.sum()))
        made.append(Choice(features, (np.array([right]),), 1.0))
    return made


def mean_loss(choices: list[Choice], weights: np.ndarray, penalty: float) -> float:
    total = 0.0
    for choice in choices:
        chances = np.exp(choice.features @ weights)
        chances /= chances.sum()
        losses = [-np.log(chances[rows].sum()) for rows in choice.right]
        total += choice.importance * float(np.mean(losses))
    return total / sum(choice.importance for choice in choices) + penalty * float(weights @ weights)


def test_it_finds_the_weights_by_which_choices_were_made():
    found = fitted_weights(chosen_by([4.0, -2.0, 0.0], 3000), penalty=1e-6)
    np.testing.assert_allclose(found, [4.0, -2.0, 0.0], atol=0.25)


def test_no_other_weights_have_a_smaller_loss_also_with_fragments_and_several_right_engrams():
    choices = [
        choice._replace(right=(choice.right[0], np.array([1, 2])), importance=1.0 + i % 3)
        for i, choice in enumerate(chosen_by([3.0, 1.0], 60))
    ]
    best = fitted_weights(choices, penalty=0.01)
    least = mean_loss(choices, best, 0.01)
    for step in ([0.02, 0.0], [-0.02, 0.0], [0.0, 0.02], [0.0, -0.02]):
        assert mean_loss(choices, best + step, 0.01) > least


def test_a_larger_penalty_gives_smaller_weights():
    choices = chosen_by([4.0, -2.0, 1.0], 50)
    lengths = [float(np.linalg.norm(fitted_weights(choices, penalty))) for penalty in (0.0001, 0.01, 1.0)]
    assert all(smaller < larger for larger, smaller in pairwise(lengths))


def test_a_question_counts_by_its_importance():
    one, other = chosen_by([4.0], 40, seed=1), chosen_by([-4.0], 40, seed=2)
    towards_one = fitted_weights(one + [choice._replace(importance=0.01) for choice in other], 1e-3)
    towards_other = fitted_weights([choice._replace(importance=0.01) for choice in one] + other, 1e-3)
    assert towards_one[0] > 1.0 > -1.0 > towards_other[0]


@pytest.fixture
async def sheets() -> list[Sheet]:
    said = [
        ("Ada", "I adopted a puppy called Rex from the shelter."),
        ("Ben", "I spent the weekend fixing my old sailing boat."),
        ("Ada", "My sister starts as a nurse at the hospital next month."),
        ("Ben", "The mechanic said that the engine of my car is beyond repair."),
    ]
    start = datetime(2024, 2, 1, 9, 0, tzinfo=UTC)
    turns = tuple(Turn(str(i), 1, *said[i], start + timedelta(minutes=i)) for i in range(4))
    questions = (
        Question("q/0", "Which pet does Ada have?", 4, ("0",)),
        Question("q/1", "What does Ben repair?", 1, ("1", "3")),
        Question("q/2", "What is wrong with Ada's car?", 5, ("3",)),
    )
    made = [Conversation(name, turns, questions) for name in ("one", "two")]
    embedder = await resolve("words")
    return [await sheet(one, embedder) for one in made]


async def test_a_conversation_is_seen_through_the_features_of_the_index(sheets: list[Sheet]):
    one = sheets[0]
    assert set(one.columns) <= set(Weights.model_fields)
    assert "related" in one.columns and "meaning" not in one.columns
    assert one.turns == ["0", "1", "2", "3"]
    assert [asked.question.id for asked in one.asked] == ["q/0", "q/1"]
    assert all(asked.features.shape == (4, len(one.columns)) for asked in one.asked)


async def test_weights_put_first_what_answers_also_in_a_conversation_left_out(sheets: list[Sheet]):
    fit = Fit(sheets, [], sheets[0].columns)
    for found in (fit.left_out(), fit.seen(fit.weights())):
        assert [figures["R@5"] for figures in found] == [1.0] * 4
        assert found[0]["MRR"] == 1.0
    assert fit.elsewhere(fit.weights()) == {}


async def test_a_feature_can_be_left_out(sheets: list[Sheet]):
    assert Fit(sheets, [], ["related", "speaker"]).weights().shape == (2,)


def test_texts_of_other_kinds_are_the_same_for_the_same_seed():
    made = own_conversations(seed=5, questions=10)
    assert made == own_conversations(seed=5, questions=10)
    assert [one.name for one in made] == ["documents", "monologue", "messages", "room"]
    for one in made:
        ids = {turn.id for turn in one.turns}
        assert len(one.questions) == 10
        assert all(question.evidence and ids.issuperset(question.evidence) for question in one.questions)
        assert all(earlier.when <= later.when for earlier, later in pairwise(one.turns))
    assert made[0].questions != own_conversations(seed=6, questions=10)[0].questions
