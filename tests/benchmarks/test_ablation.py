"""The ablation from its command line, on conversations of our own."""

import json
from pathlib import Path
from typing import Any

import ablation
import pytest
from ablation import Without, difference, markdown
from own_chats import own_chats

SAID = (
    ("Ada", "I adopted a puppy called Rex from the shelter yesterday."),
    ("Ben", "How lovely! I spent the weekend fixing my old sailing boat."),
    ("Ada", "My sister starts as a nurse at the hospital next month."),
    ("Ben", "The mechanic said that the engine of my car is beyond repair."),
)
ASKED = (
    ("Which pet does Ada have?", "1:1"),
    ("What does Ben repair?", "1:2"),
    ("Where will her sister work?", "1:3"),
)


def conversation(name: str) -> dict[str, Any]:
    turns = [
        {"speaker": who, "dia_id": f"D1:{i}", "text": text} for i, (who, text) in enumerate(SAID, start=1)
    ]
    return {
        "sample_id": name,
        "qa": [{"question": text, "evidence": [f"D{turn}"], "category": 4} for text, turn in ASKED],
        "conversation": {"session_1_date_time": "1:56 pm on 8 May, 2023", "session_1": turns},
    }


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ablation, "own_conversations", lambda: own_chats(questions=8))
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation("one"), conversation("two")]), "utf-8")
    return path


def test_every_part_and_all_dynamics_are_switched_off_in_turn(file: Path, capsys: pytest.CaptureFixture[str]):
    figures, tables = file.with_name("figures.json"), file.with_name("figures.md")
    ablation.main([str(file), "--json", str(figures), "--markdown", str(tables)])
    found = json.loads(figures.read_text("utf-8"))
    parts = [part.name for part in ablation.PARTS if not part.encoder]
    assert [row["without"] for row in found["index"]] == ["", *parts]
    assert [row["without"] for row in found["brain"]] == ["", *ablation.DYNAMICS]
    assert all(row["questions"] == 6 for row in (*found["index"], *found["brain"]))
    assert found["embedder"] == "words" and found["brain"][0]["R@10"] == 100.0
    assert tables.read_text("utf-8") == capsys.readouterr().out


def test_one_conversation_cannot_be_left_out(file: Path):
    file.write_text(json.dumps([conversation("one")]), "utf-8")
    with pytest.raises(SystemExit) as ended:
        ablation.main([str(file)])
    assert ended.value.code == 2


def test_a_difference_comes_with_its_standard_error():
    everything = [{"R@10": 1.0, "nDCG@10": 1.0}] * 4
    less = [{"R@10": value, "nDCG@10": 1.0} for value in (1.0, 0.0, 1.0, 0.0)]
    average, error = difference(less, everything, "R@10")
    assert average == -50.0 and error == pytest.approx(50.0 / 3**0.5)
    lines = markdown("index", [Without("", everything), Without("dates", less)]).splitlines()
    assert lines[2] == "| everything (4 questions) | 100.0 |  | 100.0 |  |"
    assert lines[3] == "| without dates | 50.0 | -50.0 ± 28.9 | 100.0 | +0.0 ± 0.0 |"
