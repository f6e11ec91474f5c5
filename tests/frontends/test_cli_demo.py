"""The demo: it ends by itself without a terminal, and what it says is so."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from neuro.frontends.demo_life import conversation, questions
from neuro.frontends.main import main


def output_of(*arguments: str) -> str:
    with redirect_stdout(io.StringIO()) as out:
        assert main(arguments) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def told() -> str:
    """What it says to people."""
    return output_of("demo")


@pytest.fixture(scope="module")
def summary() -> Any:
    """What it says to programs."""
    return json.loads(output_of("demo", "--json"))


def test_it_ends_by_itself_without_a_terminal_and_leaves_nothing_behind(
    neuro, store, monkeypatch, tmp_path
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    ended = neuro("demo", stdin=b"Who is Wanda?\n")
    assert (ended.code, ended.err) == (0, "")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not store.exists()


def test_it_shows_every_act_in_lines_that_fit(told: str) -> None:
    for act in (
        "1. How a stimulus",
        "2. What is on the mind",
        "3. What the nights",
        "4. Ten questions",
        "5. A year",
    ):
        assert act in told
    assert max(map(len, told.splitlines())) <= 120


def test_it_finds_what_it_claims_to_find(told: str, summary: Any) -> None:
    asked = summary["questions"]
    assert [(q["ask"], q["expect"]) for q in asked] == [(q.ask, q.expect) for q in questions()]
    first = sum(q["recalled"][0]["content"] == q["expect"] for q in asked)
    near = sum(q["expect"] in [r["content"] for r in q["recalled"]] for q in asked)
    assert (summary["found_first"], summary["found_among_three"]) == (first, near)
    assert f"Found first: {first} of 10. Among the first three: {near} of 10." in told
    assert told.count("\n✓ ") == first
    assert first > 5


def test_what_it_shows_of_the_nights_adds_up(summary: Any) -> None:
    turns = conversation()
    different = {(turn.stimulus.content, turn.stimulus.context["speaker"]) for turn in turns}
    moved = [ids for night in summary["nights"] for ids in night["moved"].values()]
    assert summary["turns"] == len(turns)
    assert sum(map(len, moved)) == len(different) < len(turns)
    assert [night["date"] for night in summary["nights"]] == [f"2026-03-{day:02}" for day in range(2, 16)]


def test_memories_fade_and_one_that_is_dormant_is_woken_by_a_cue(told: str, summary: Any) -> None:
    for memory in summary["year"]:
        kept = list(memory["retention"].values())
        assert kept == sorted(kept, reverse=True)
        assert memory["dormant"] == (kept[-1] < 0.05)
    dormant = sum(memory["dormant"] for memory in summary["year"])
    assert f"{dormant} of 10 are dormant now" in told
    assert "was dormant: its retention had fallen to" in " ".join(told.split())


def test_in_a_store_of_ones_own_it_stays(neuro, tmp_path: Path) -> None:
    file = tmp_path / "demo.db"
    assert f"neuro recall --store {file}" in neuro("demo", "--store", str(file)).out
    assert neuro("stats", "--store", str(file), "--json").json["engrams"] == 161
    found = neuro("recall", "candle wax on a tablecloth", "--store", str(file), "--limit", "1").out
    assert "scrape it with a spoon" in found


def test_it_does_not_mix_with_memories_of_the_users_own(neuro, store) -> None:
    neuro("add", "We met Dana")
    refused = neuro("demo", "--store", str(store))
    assert (refused.code, refused.out) == (1, "")
    assert "a store of its own" in refused.err
    assert neuro("stats", "--json").json["engrams"] == 1
    assert neuro("demo", "--store", str(store), "--namespace", "demo", "--json").code == 0
