"""The command that says why a memory is as retrievable as it is, and when it will fade."""

import asyncio
from pathlib import Path
from typing import Any

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.units import YEAR


def only_id(neuro) -> str:
    [engram] = neuro("list", "--json").json["engrams"]
    return engram["engram_id"]


def remember(store: Path, content: str, *, years: float = 0.0, pinned: bool = False, **options: Any) -> str:
    """The id of what was perceived long before the command runs."""

    async def live() -> str:
        clock = SimulatedClock(start=1e9)
        async with Brain.create(store, clock=clock) as brain:
            engram = (await brain.perceive(content, **options)).engram
            assert engram is not None
            if pinned:
                await brain.pin(engram.engram_id)
            await clock.advance(years * YEAR)
            await brain.sleep()
            return engram.engram_id

    return asyncio.run(live())


def test_it_is_told_in_sentences_with_the_day_on_which_it_fades(neuro) -> None:
    neuro("add", "We met Dana at the harbour", "--salience", "0.5")
    ended = neuro("why", only_id(neuro))
    assert (ended.code, ended.err) == (0, "")
    content, fades, *because = ended.out.splitlines()
    assert content == "We met Dana at the harbour"
    assert fades.startswith("  dormant at 20") and fades.endswith(" if nothing happens until then")
    assert because[0] == "  Its retention is 0.99; left alone it becomes dormant in 5.2 years of waking time."
    assert because[1].startswith("  It fades with a half-life of 100 days since its last access ")
    assert because[2:] == [
        "  It was studied once and recalled never.",
        "  It is labile: it has not been slept on since it was last accessed; the neocortex holds 0% of the trace.",
    ]


def test_as_json_it_has_the_numbers_too(neuro) -> None:
    neuro("add", "We met Dana", "--salience", "0.5")
    neuro("recall", "Dana")
    engram_id = only_id(neuro)
    told = neuro("why", engram_id, "--json").json
    assert told["engram"]["engram_id"] == engram_id
    assert told["engram"]["consolidation"] == "labile"
    assert (told["region"], told["law"]) == ("hippocampus", "odds")
    assert 0.98 < told["retention"] < 1.0
    assert 45_570 < told["hours_left"] < 45_600
    assert told["fades_at"] > 1.8e9
    assert "It was studied once and recalled once." in told["because"]
    assert all(sentence in neuro("why", engram_id).out for sentence in told["because"][2:])


def test_asking_counts_nothing(neuro) -> None:
    neuro("add", "We met Dana")
    engram_id = only_id(neuro)
    for _ in range(2):
        neuro("why", engram_id)
    assert neuro("show", engram_id, "--json").json["revision"] == 0


def test_the_first_digits_of_an_id_are_enough(neuro) -> None:
    neuro("add", "We met Dana")
    engram_id = only_id(neuro)
    assert neuro("why", engram_id[:6].upper(), "--json").json["engram"]["engram_id"] == engram_id
    ended = neuro("why", engram_id[:5])
    assert (ended.code, ended.out) == (1, "")
    assert "at least the first 6" in ended.err


def test_what_never_fades_has_no_day_and_no_hours(neuro, store) -> None:
    engram_id = remember(store, "Dana is allergic to nuts", pinned=True)
    told = neuro("why", engram_id, "--json").json
    assert (told["hours_left"], told["fades_at"]) == (None, None)
    shown = neuro("why", engram_id).out
    assert "dormant at" not in shown
    assert "it is pinned and does not fade" in shown
    assert "Sleep rehearses it before its retention falls below 0.90." in shown


def test_what_is_dormant_says_so(neuro, store) -> None:
    engram_id = remember(store, "We met Dana at the harbour", years=20.0)
    assert neuro("list").out == "Nothing to list.\n"
    told = neuro("why", engram_id, "--json").json
    assert told["hours_left"] == 0.0
    assert told["retention"] < 0.05
    shown = neuro("why", engram_id[:12]).out
    assert "dormant at" not in shown
    assert "it has been dormant for 1" in shown and "a cue still finds it and wakes it up" in shown


def test_an_unknown_id_is_one_line_and_exit_code_1(neuro) -> None:
    neuro("add", "We met Dana")
    for unknown in ("0123456789ab", "0123456789abcdef0123456789abcdef"):
        ended = neuro("why", unknown)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == f"neuro: no engram has the id '{unknown}'\n"


def test_without_a_memory_there_is_nothing_to_ask(neuro, store) -> None:
    ended = neuro("why", "0123456789ab")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f'neuro: there is no memory at {store} yet; "neuro add" makes one\n'
    assert not store.exists()


def test_it_wants_an_id(neuro) -> None:
    ended = neuro("why")
    assert (ended.code, ended.out) == (2, "")
    assert "--help" in ended.err


def test_it_has_help_with_an_example(neuro) -> None:
    ended = neuro("why", "--help")
    assert ended.code == 0
    assert "neuro why" in ended.out.split("For example:")[1]
    assert "--store" in ended.out
    assert "why" in neuro("--help").out


def test_a_memory_cannot_take_over_the_terminal(neuro) -> None:
    neuro("add", "red \x1b[31malert\x07 [bold]not bold[/bold]")
    shown = neuro("why", only_id(neuro)).out
    assert "\x1b" not in shown and "\x07" not in shown
    assert "[bold]not bold[/bold]" in shown
