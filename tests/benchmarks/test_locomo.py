"""The recall benchmark from its command line, on a conversation of our own."""

import json
from pathlib import Path
from typing import Any

import locomo
import pytest

SAID = [
    ("Ada", "I adopted a puppy called Rex from the shelter."),
    ("Ben", "How lovely! I spent the weekend fixing my old sailing boat."),
    ("Ada", "My sister starts as a nurse at the hospital next month."),
    ("Ben", "The mechanic said that the engine of my car is beyond repair."),
]
ASKED = [
    ("Which pet does Ada have?", "D1:1", 4),
    ("What does Ben repair on the weekend?", "D1:2", 4),
    ("Where does Ada's sister work?", "D2:1", 1),
    ("What is wrong with Ada's car?", "D2:2", 5),
    ("What is nowhere?", "D9:9", 2),
]


def conversation(name: str) -> dict[str, Any]:
    turns = [
        {"speaker": speaker, "dia_id": f"D{1 + i // 2}:{1 + i % 2}", "text": text}
        for i, (speaker, text) in enumerate(SAID)
    ]
    return {
        "sample_id": name,
        "qa": [{"question": text, "evidence": [turn], "category": cat} for text, turn, cat in ASKED],
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": turns[:2],
            "session_2_date_time": "9:00 am on 10 May, 2023",
            "session_2": turns[2:],
        },
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation("one"), conversation("two")]), "utf-8")
    return path


def measured(file: Path, *options: str) -> dict[str, Any]:
    target = file.with_name("figures.json")
    locomo.main([str(file), "--json", str(target), *options])
    return json.loads(target.read_text("utf-8"))


def test_every_question_with_evidence_is_asked_of_the_brain_of_its_conversation(
    file: Path, capsys: pytest.CaptureFixture[str]
):
    found = measured(file)
    assert [one["qid"] for one in found["questions"]] == [
        f"{n}/{i}" for n in ("one", "two") for i in range(4)
    ]
    assert found["conversations"].keys() == {"one", "two"}
    assert found["averages"]["1-4"]["questions"] == 6
    assert found["averages"]["1-4"]["R@5"] == 100.0
    assert all(set(one["top"]) <= {"D1:1", "D1:2", "D2:1", "D2:2"} for one in found["questions"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("| questions | n | R@5 | R@10 |")
    assert printed[2].startswith("| 1-4 | 6 | 100.0 | 100.0 |")
    assert [line.split("|")[1].strip() for line in printed[3:6]] == [
        "1 multi-hop",
        "4 single-hop",
        "5 adversarial",
    ]


def test_the_tables_can_be_written_down(file: Path, capsys: pytest.CaptureFixture[str]):
    target = file.with_name("figures.md")
    locomo.main([str(file), "--limit", "1", "--markdown", str(target)])
    assert target.read_text("utf-8") == capsys.readouterr().out


def test_embedder_config_and_store_can_be_chosen(file: Path):
    config = file.with_name("config.json")
    config.write_text('{"recall": {"strength": 0.0}}', "utf-8")
    store = str(file.with_name("brain-{n}.db"))
    found = measured(file, "--embedder", "lexical-64", "--config", str(config), "--store", store)
    assert (found["embedder"], found["config"]) == ("lexical-64", {"recall": {"strength": 0.0}})
    assert {path.name for path in file.parent.glob("*.db")} == {"brain-0.db", "brain-1.db"}


def test_a_store_that_holds_something_already_is_refused(file: Path):
    options = ["--limit", "1", "--store", str(file.with_name("brain-{n}.db"))]
    locomo.main([str(file), *options])
    with pytest.raises(SystemExit, match="must be empty"):
        locomo.main([str(file), *options])


@pytest.mark.parametrize(
    "options",
    [["--store", "shared.db"], ["--limit", "0"], ["--limit", "-1"]],
)
def test_options_that_make_no_sense_are_refused(options: list[str], file: Path):
    with pytest.raises(SystemExit) as ended:
        locomo.main([str(file), *options])
    assert ended.value.code == 2


def test_a_bad_config_or_file_is_named(file: Path):
    config = file.with_name("config.json")
    config.write_text('{"no_such_part": 1}', "utf-8")
    with pytest.raises(SystemExit, match=r"ConfigurationError: .*no_such_part"):
        locomo.main([str(file), "--config", str(config)])
    with pytest.raises(SystemExit, match="FileNotFoundError"):
        locomo.main([str(file.with_name("gone.json"))])
