"""How much of the evidence for a question a ranking of turns holds.

For each question, then averaged over questions:

    R@k      share of the evidence among the first k turns (evidence recall)
    hit@k    1 if any evidence is among the first k
    all@k    1 if all of it is
    MRR      1 / rank of the first evidence within the first 50, else 0
    nDCG@10  binary gain, logarithmic discount; ideal is min(evidence, 10) hits on top
    T@n      evidence recall within a context of n tokens: turns in order of rank, as "[8 May 2023] Speaker: text", of
             ceil(characters / 4) tokens each, until one does not fit
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from conversations import Turn

DEPTHS = (5, 10, 20, 50)
BUDGETS = (1000, 2000, 4000)
SHOWN = ("R@5", "R@10", "R@20", "R@50", "hit@10", "all@10", "MRR", "nDCG@10", "T@1000", "T@2000", "T@4000")

Figures = dict[str, float]


def ranked_figures(ranked: Sequence[str], evidence: Sequence[str]) -> Figures:
    """Recall, hits, MRR and nDCG of a ranking of distinct turn ids, best first."""
    gold = set(evidence)
    places = [place for place, turn_id in enumerate(ranked) if turn_id in gold]
    figures: Figures = {}
    for depth in DEPTHS:
        found = sum(place < depth for place in places)
        figures[f"R@{depth}"] = found / len(gold)
        figures[f"hit@{depth}"] = float(found > 0)
        figures[f"all@{depth}"] = float(found == len(gold))
    figures["MRR"] = 1 / (places[0] + 1) if places and places[0] < max(DEPTHS) else 0.0
    ideal = sum(1 / math.log2(place + 2) for place in range(min(len(gold), 10)))
    figures["nDCG@10"] = sum(1 / math.log2(place + 2) for place in places if place < 10) / ideal
    return figures


def context_figures(ranked: Sequence[str], evidence: Sequence[str], costs: Mapping[str, int]) -> Figures:
    """Evidence recall within budgets of tokens; ``costs`` are those of all turns."""
    gold = set(evidence)
    return {
        f"T@{budget}": len(gold.intersection(_fitting(ranked, costs, budget))) / len(gold)
        for budget in BUDGETS
    }


def _fitting(ranked: Sequence[str], costs: Mapping[str, int], budget: int) -> Iterable[str]:
    for turn_id in ranked:
        budget -= costs[turn_id]
        if budget < 0:
            return
        yield turn_id


def tokens(turn: Turn) -> int:
    """What a turn costs in a context."""
    said = f"[{turn.when.day} {turn.when:%B %Y}] {turn.speaker}: {turn.text}"
    return math.ceil(len(said) / 4)


def mean(rows: Sequence[Figures], name: str) -> float:
    """A figure in percent, averaged over questions; NaN over none."""
    return 100 * sum(row[name] for row in rows) / len(rows) if rows else math.nan
