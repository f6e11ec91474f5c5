"""Reading LoCoMo's public file, and the cleaned form of it."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conversations import Conversation, Question, Turn, read_conversations

RELEASED: dict[str, Any] = {
    "sample_id": "conv-1",
    "qa": [
        {"question": "Who has  a boat?", "answer": 7, "evidence": ["D1:2"], "category": 4},
        {"question": "Both?", "evidence": ["D1:1; D2:1", "D1:01"], "category": 1},
        {"question": "A typo?", "evidence": ["D:2:02", "D:11:26", "D", "D9:9"], "category": 2},
        {"question": "Nowhere?", "evidence": [], "category": 5, "adversarial_answer": "no"},
    ],
    "conversation": {
        "speaker_a": "Ada",
        "speaker_b": "Ben",
        "session_2_date_time": "12:05 am on 1 March, 2024",
        "session_2": [
            {
                "speaker": "Ben",
                "dia_id": "D2:1",
                "text": "Back  from\nthe sea.",
                "blip_caption": "a photo of  a boat",
            },
            {"speaker": "Ada", "dia_id": "D2:2", "text": "Lovely!"},
        ],
        "session_1_date_time": "1:56 pm on 29 February, 2024",
        "session_1": [
            {"speaker": "Ada", "dia_id": "D1:1", "text": " Hi Ben! "},
            {"speaker": "Ben", "dia_id": "D1:2", "text": "I bought a boat.", "img_url": ["nowhere"]},
        ],
        "session_3_date_time": "6:00 pm on 2 March, 2024",
    },
}

CLEANED: dict[str, Any] = {
    "conv": "conv-1",
    "speakers": ["Ada", "Ben"],
    "turns": [
        {"id": "D1:1", "session": 1, "dt": "2024-02-29T13:56:00", "speaker": "Ada", "text": "Hi Ben!"},
        {
            "id": "D1:2",
            "session": 1,
            "dt": "2024-02-29T13:56:01",
            "speaker": "Ben",
            "text": "I bought a boat.",
        },
        {
            "id": "D2:1",
            "session": 2,
            "dt": "2024-03-01T00:05:00",
            "speaker": "Ben",
            "text": "Back from the sea.",
            "caption": "a photo of a boat",
        },
        {"id": "D2:2", "session": 2, "dt": "2024-03-01T00:05:01", "speaker": "Ada", "text": "Lovely!"},
    ],
    "questions": [
        {"qid": "conv-1/0", "q": "Who has  a boat?", "cat": 4, "gold": ["D1:2"], "answer": 7},
        {"qid": "conv-1/1", "q": "Both?", "cat": 1, "gold": ["D1:1", "D2:1"]},
        {"qid": "conv-1/2", "q": "A typo?", "cat": 2, "gold": ["D2:2"]},
        {"qid": "conv-1/3", "q": "Nowhere?", "cat": 5, "gold": []},
    ],
}

EXPECTED = Conversation(
    "conv-1",
    (
        Turn("D1:1", 1, "Ada", "Hi Ben!", datetime(2024, 2, 29, 13, 56, 0, tzinfo=UTC)),
        Turn("D1:2", 1, "Ben", "I bought a boat.", datetime(2024, 2, 29, 13, 56, 1, tzinfo=UTC)),
        Turn(
            "D2:1",
            2,
            "Ben",
            "Back from the sea. [image: a photo of a boat]",
            datetime(2024, 3, 1, 0, 5, 0, tzinfo=UTC),
        ),
        Turn("D2:2", 2, "Ada", "Lovely!", datetime(2024, 3, 1, 0, 5, 1, tzinfo=UTC)),
    ),
    (
        Question("conv-1/0", "Who has  a boat?", 4, ("D1:2",)),
        Question("conv-1/1", "Both?", 1, ("D1:1", "D2:1")),
        Question("conv-1/2", "A typo?", 2, ("D2:2",)),
        Question("conv-1/3", "Nowhere?", 5, ()),
    ),
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("released.json", json.dumps([RELEASED], indent=1).encode()),
        ("cleaned.jsonl", json.dumps(CLEANED).encode() + b"\n\n"),
        ("cleaned.jsonl.gz", gzip.compress(json.dumps(CLEANED).encode())),
    ],
)
def test_the_released_file_and_the_cleaned_one_say_the_same(name: str, content: bytes, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(content)
    assert read_conversations(path) == [EXPECTED]


def test_questions_without_evidence_are_not_scored():
    assert [question.id for question in EXPECTED.scored] == ["conv-1/0", "conv-1/1", "conv-1/2"]
