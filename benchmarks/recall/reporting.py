"""Figures of a measurement, as Markdown and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from conversations import ANSWERABLE, CATEGORIES
from evidence import SHOWN, mean
from living import Answered, Measured


def markdown(measurement: Sequence[Measured]) -> str:
    """Two tables: what was found, by category; what it cost, by conversation."""
    lines = [_row("questions", "n", *SHOWN), _rule(len(SHOWN) + 2)]
    for label, answers in _groups(measurement):
        figures = [answer.figures for answer in answers]
        lines.append(_row(label, len(answers), *(f"{mean(figures, name):.1f}" for name in SHOWN)))
    lines += ["", _row("conversation", "turns", "ms a turn", "recall p50 ms", "recall p95 ms"), _rule(5)]
    for one in measurement:
        turns = len(one.conversation.turns)
        cost = [
            1000 * one.perceiving / turns,
            *(1000 * _quantile(one.answers, share) for share in (0.5, 0.95)),
        ]
        lines.append(_row(one.conversation.name, turns, *(f"{ms:.1f}" for ms in cost)))
    return "\n".join(lines) + "\n"


def document(measurement: Sequence[Measured], **about: Any) -> dict[str, Any]:
    """Everything as JSON: what was measured, averages in percent, costs, and every question."""
    return {
        **about,
        "averages": {
            label: {
                "questions": len(answers),
                **{name: mean([answer.figures for answer in answers], name) for name in SHOWN},
            }
            for label, answers in _groups(measurement)
        },
        "conversations": {
            one.conversation.name: {
                "turns": len(one.conversation.turns),
                "perceiving_seconds": one.perceiving,
                "recall_seconds_p50": _quantile(one.answers, 0.5),
                "recall_seconds_p95": _quantile(one.answers, 0.95),
            }
            for one in measurement
        },
        "questions": [
            {
                "qid": answer.question.id,
                "conv": one.conversation.name,
                "cat": answer.question.category,
                "top": answer.ranked[:20],
                **answer.figures,
            }
            for one in measurement
            for answer in one.answers
        ],
    }


def _groups(measurement: Sequence[Measured]) -> list[tuple[str, list[Answered]]]:
    """Answers by category, and those of categories 1-4 together, which are the headline."""
    answers = [answer for one in measurement for answer in one.answers]
    grouped = [
        (f"{number} {name}", [answer for answer in answers if answer.question.category == number])
        for number, name in CATEGORIES.items()
    ]
    answerable = [answer for answer in answers if answer.question.category in ANSWERABLE]
    return [("1-4", answerable), *((label, group) for label, group in grouped if group)]


def _quantile(answers: Sequence[Answered], share: float) -> float:
    """The nearest-rank quantile of the durations of recall, seconds; NaN of none."""
    if not answers:
        return math.nan
    durations = sorted(answer.seconds for answer in answers)
    return durations[math.ceil(share * len(durations)) - 1]


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _rule(columns: int) -> str:
    return "|---" * columns + "|"
