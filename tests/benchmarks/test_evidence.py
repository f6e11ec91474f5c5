"""The figures of the recall benchmark, held to their definitions to the last digit."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from conversations import Turn
from evidence import SHOWN, context_figures, mean, ranked_figures, tokens
from hypothesis import given
from hypothesis import strategies as st

IDS = [f"D1:{n}" for n in range(1, 81)]
COSTS = {turn_id: 11 + 7 * n % 97 for n, turn_id in enumerate(IDS)}
RANKINGS = st.permutations(IDS).flatmap(lambda ids: st.integers(0, len(ids)).map(lambda n: ids[:n]))
EVIDENCE = st.lists(st.sampled_from(IDS), min_size=1, max_size=14)


@given(RANKINGS, EVIDENCE)
def test_recall_hits_and_ranks_are_what_their_definitions_say(ranked: list[str], evidence: list[str]):
    gold = set(evidence)
    figures = ranked_figures(ranked, evidence)
    for k in (5, 10, 20, 50):
        top = gold & set(ranked[:k])
        assert figures[f"R@{k}"] == len(top) / len(gold)
        assert figures[f"hit@{k}"] == (1.0 if top else 0.0)
        assert figures[f"all@{k}"] == (1.0 if top == gold else 0.0)
    ranks = [rank for rank, turn_id in enumerate(ranked, start=1) if turn_id in gold]
    assert figures["MRR"] == (1 / ranks[0] if ranks and ranks[0] <= 50 else 0.0)
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank <= 10)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(gold), 10) + 1))
    assert figures["nDCG@10"] == gain / ideal


@given(RANKINGS, EVIDENCE)
def test_a_context_ends_before_the_first_turn_that_does_not_fit(ranked: list[str], evidence: list[str]):
    figures = context_figures(ranked, evidence, COSTS)
    for budget in (1000, 2000, 4000):
        fitting = [n for n in range(len(ranked) + 1) if sum(COSTS[i] for i in ranked[:n]) <= budget]
        kept = set(ranked[: max(fitting)])
        assert figures[f"T@{budget}"] == len(kept & set(evidence)) / len(set(evidence))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([3], (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.3333333333333333, 0.5, 1.0, 1.0, 1.0)),
        ([2, 7], (0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5912352048230277, 1.0, 1.0, 1.0)),
        (
            [4, 9, 30],
            (
                0.3333333333333333, 0.6666666666666666, 0.6666666666666666, 1.0, 1.0, 0.0, 0.25,
                0.34337431936037655, 0.6666666666666666, 1.0, 1.0,
            ),
        ),
        (
            [6, 11, 12, 51, 70, 80, 10],
            (
                0.0, 0.2857142857142857, 0.5714285714285714, 0.5714285714285714, 1.0, 0.0, 0.16666666666666666,
                0.1773700047827352, 0.5714285714285714, 0.5714285714285714, 0.7142857142857143,
            ),
        ),
    ],
)  # fmt: skip
def test_figures_agree_to_the_last_digit_with_an_implementation_of_others(
    places: list[int], expected: tuple[float, ...]
):
    evidence = [IDS[place - 1] for place in places]
    figures = ranked_figures(IDS, evidence) | context_figures(IDS, evidence, COSTS)
    assert tuple(figures[name] for name in SHOWN) == expected


def test_the_best_ranking_gets_the_best_of_everything():
    evidence = IDS[:12]
    assert ranked_figures(IDS, evidence)["nDCG@10"] == 1.0
    assert ranked_figures(IDS, evidence)["MRR"] == 1.0
    assert ranked_figures(IDS, evidence)["all@20"] == 1.0
    assert ranked_figures(IDS, evidence)["all@10"] == 0.0


def test_an_empty_ranking_finds_nothing():
    figures = ranked_figures([], ["D1:1"]) | context_figures([], ["D1:1"], COSTS)
    assert set(figures.values()) == {0.0}


def test_figures_by_hand():
    figures = ranked_figures(["D1:9", "D1:1", "D1:8", "D1:2"], ["D1:1", "D1:2", "D1:3"])
    assert figures["R@5"] == 2 / 3
    assert figures["MRR"] == 0.5
    assert figures["nDCG@10"] == pytest.approx(
        (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 0.5)
    )


def test_a_turn_costs_a_token_for_every_four_characters_of_its_line():
    turn = Turn("D1:1", 1, "Ada", "Hi", datetime(2023, 5, 8, 13, 56, tzinfo=UTC))
    line = "[8 May 2023] Ada: Hi"
    assert len(line) == 20
    assert tokens(turn) == 5
    assert tokens(turn._replace(text="Hi!")) == 6
    assert tokens(turn._replace(when=turn.when + timedelta(days=2))) == 6


def test_means_are_in_percent():
    assert mean([{"R@5": 1.0}, {"R@5": 0.0}, {"R@5": 0.5}], "R@5") == 50.0
    assert math.isnan(mean([], "R@5"))
