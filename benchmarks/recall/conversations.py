"""Conversations with questions and the turns that answer them, read from LoCoMo's public file or a cleaned one.

LoCoMo (Maharana et al. 2024, "Evaluating Very Long-Term Conversational Memory of LLM Agents") is CC BY-NC 4.0 and not
part of this project: https://github.com/snap-research/locomo has its file ``locomo10.json``.

Cleaning the public file: it dates sessions only, so turn i of a session (from 0) is i seconds after its beginning;
white space in turns is collapsed; the caption of a shared image is a part of its turn; evidence is every turn id found
in the evidence strings, some of which hold two ids, some typos and some ids of turns that do not exist.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
ANSWERABLE = (1, 2, 3, 4)
"""Questions of category 5 ask the wrong person on purpose."""

_SESSION = re.compile(r"session_(\d+)")
_SESSION_DATE = "%I:%M %p on %d %B, %Y"
_EVIDENCE = re.compile(r"D:?(\d+):0*(\d+)")


class Turn(NamedTuple):
    """One thing that somebody said."""

    id: str
    session: int
    speaker: str
    text: str
    """With the caption of a shared image, if there is one."""
    when: datetime
    """The data tell no zone; UTC is as good as any."""


class Question(NamedTuple):
    """What is asked afterwards."""

    id: str
    text: str
    category: int
    evidence: tuple[str, ...]
    """Ids of the turns that answer it, distinct; a question without any cannot be scored."""


class Conversation(NamedTuple):
    """All that was said, in order, and what is asked about it."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]

    @property
    def scored(self) -> list[Question]:
        """The questions that have evidence."""
        return [question for question in self.questions if question.evidence]


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations of a file: LoCoMo's JSON as released, or cleaned, one JSON object a line; either gzipped."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")
    if text.lstrip().startswith("["):
        return [_released(record) for record in json.loads(text)]
    return [_cleaned(json.loads(line)) for line in text.splitlines() if line.strip()]


def _cleaned(record: dict[str, Any]) -> Conversation:
    turns = tuple(
        Turn(
            turn["id"],
            turn.get("session", 1),
            turn["speaker"],
            _with_caption(turn["text"], turn.get("caption")),
            datetime.fromisoformat(turn["dt"]).replace(tzinfo=UTC),
        )
        for turn in record["turns"]
    )
    questions = tuple(Question(q["qid"], q["q"], q["cat"], tuple(q["gold"])) for q in record["questions"])
    return Conversation(record["conv"], turns, questions)


def _released(record: dict[str, Any]) -> Conversation:
    name, conversation = record["sample_id"], record["conversation"]
    numbers = sorted(int(match[1]) for match in map(_SESSION.fullmatch, conversation) if match)
    turns: list[Turn] = []
    for number in numbers:
        dated = conversation[f"session_{number}_date_time"]
        start = datetime.strptime(dated, _SESSION_DATE).replace(tzinfo=UTC)
        turns += (
            Turn(
                turn["dia_id"],
                number,
                turn["speaker"],
                _with_caption(_collapsed(turn["text"]), _collapsed(turn.get("blip_caption") or "")),
                start + timedelta(seconds=i),
            )
            for i, turn in enumerate(conversation[f"session_{number}"])
        )
    known = {turn.id for turn in turns}
    questions = tuple(
        Question(f"{name}/{i}", q["question"], q["category"], _evidence(q["evidence"], known))
        for i, q in enumerate(record["qa"])
    )
    return Conversation(name, tuple(turns), questions)


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _with_caption(text: str, caption: str | None) -> str:
    return f"{text} [image: {caption}]" if caption else text


def _evidence(strings: list[str], known: set[str]) -> tuple[str, ...]:
    found = (f"D{session}:{turn}" for one in strings for session, turn in _EVIDENCE.findall(one))
    return tuple(dict.fromkeys(id for id in found if id in known))
