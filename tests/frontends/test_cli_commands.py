"""The commands one after the other, as a user types them."""

import sys

import pytest

from neuro import __version__

READING = (
    ["recall", "Dana"],
    ["sleep"],
    ["forget", "0123456789ab"],
    ["list"],
    ["show", "0123456789ab"],
    ["stats"],
)


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_a_reading_command_on_a_store_that_does_not_exist_says_so_and_creates_nothing(
    command, neuro, store
) -> None:
    ended = neuro(*command)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f'neuro: there is no memory at {store} yet; "neuro add" makes one\n'
    assert list(store.parent.iterdir()) == []


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_a_reading_command_on_an_empty_namespace_says_so_and_writes_nothing(command, neuro, store) -> None:
    neuro("add", "We met Dana")
    before = neuro("list", "--json").json
    ended = neuro(*command, "--namespace", "other")
    assert ended.code == 1
    assert "'other'" in ended.err
    assert neuro("list", "--json").json["engrams"][0]["content"] == before["engrams"][0]["content"]
    assert neuro("stats", "--namespace", "other").code == 1


def test_an_empty_file_holds_no_memory(neuro, store) -> None:
    store.touch()
    assert neuro("stats").code == 1
    assert store.stat().st_size == 0


def test_what_is_added_is_recalled_with_reasons_in_words(neuro) -> None:
    added = neuro("add", "We met Dana at the harbour", "--speaker", "Ann", "--tag", "sea", "--tag", "friends")
    assert added.code == 0
    assert "encoded as episodic" in added.out
    neuro("add", "She lost her keys")
    ended = neuro("recall", "Dana")
    assert ended.out.startswith("We met Dana at the harbour\n  Ann, ")
    assert "shares the word dana" in ended.out
    assert "came close in time to “We met Dana at the harbour”" in ended.out
    assert "activation" not in ended.out


def test_words_without_quotation_marks_are_one_memory(neuro) -> None:
    neuro("add", "We", "met", "Dana")
    assert [e["content"] for e in neuro("list", "--json").json["engrams"]] == ["We met Dana"]


def test_all_that_can_be_said_of_a_memory_is_kept(neuro) -> None:
    neuro(
        *("add", "Rebase before you push", "--type", "procedural", "--salience", "0.9", "--reward", "0.5"),
        *("--tag", "work", "--speaker", "Ann", "--session", "monday", "--at", "2026-03-02T20:06:00Z"),
    )
    [engram] = neuro("list", "--json").json["engrams"]
    assert engram["memory_type"] == "procedural"
    assert (engram["salience"], engram["reward"], engram["tags"]) == (0.9, 0.5, ["work"])
    assert engram["context"] == {"speaker": "Ann", "session": "monday"}
    assert engram["occurred_at"] == 1772481960.0


def test_a_repeat_says_how_often_it_was_perceived(neuro) -> None:
    neuro("add", "We met Dana")
    assert "known already: perceived 2 times by now" in neuro("add", "We met Dana").out


def test_each_line_of_standard_input_is_a_memory(neuro) -> None:
    ended = neuro("add", "-", "--tag", "notes", "--json", stdin=b"one fine day\r\n\n  \nanother one\n")
    assert len(ended.json["perceptions"]) == 2
    listed = neuro("list", "--json").json["engrams"]
    assert [(e["content"], e["tags"]) for e in listed] == [
        ("one fine day", ["notes"]),
        ("another one", ["notes"]),
    ]


def test_text_that_begins_with_a_hyphen_goes_after_two(neuro) -> None:
    refused = neuro("add", "-x marks the spot")
    assert refused.code == 2
    assert "Text that begins with - goes after --." in refused.err
    assert neuro("add", "--", "-x marks the spot").code == 0
    assert neuro("add", "--", "-").code == 0
    assert [e["content"] for e in neuro("list", "--json").json["engrams"]] == ["-x marks the spot", "-"]


def test_a_probe_counts_nothing(neuro) -> None:
    neuro("add", "We met Dana")
    assert (
        neuro("recall", "Dana", "--no-update", "--json").json["recollections"][0]["engram"]["revision"] == 0
    )
    assert neuro("recall", "Dana", "--json").json["recollections"][0]["engram"]["trace"]["access_count"] == 1


def test_recall_keeps_to_limit_type_speaker_and_tag(neuro) -> None:
    neuro("add", "Dana sails", "--type", "semantic", "--speaker", "Ann", "--tag", "sea")
    neuro("add", "Dana sings", "--speaker", "Bob")

    def recalled(*options: str) -> list[str]:
        found = neuro("recall", "Dana", "--no-update", "--json", *options).json["recollections"]
        return [r["engram"]["content"] for r in found]

    assert recalled("--type", "semantic") == ["Dana sails"]
    assert recalled("--speaker", "Bob") == ["Dana sings"]
    assert recalled("--tag", "sea") == ["Dana sails"]
    assert len(recalled("--limit", "1")) == 1


def test_verbose_recall_shows_ids_and_numbers(neuro) -> None:
    neuro("add", "We met Dana")
    [engram] = neuro("list", "--json").json["engrams"]
    shown = neuro("recall", "Dana", "--verbose").out
    assert engram["engram_id"] in shown
    assert "activation" in shown


def test_a_cue_that_brings_nothing_back_is_no_error(neuro) -> None:
    neuro("add", "We met Dana")
    ended = neuro("recall", "zzz")
    assert ended.code == 0


def test_a_night_says_what_it_moved(neuro) -> None:
    neuro("add", "Butter forgives everything", "--type", "habitual")
    neuro("add", "We met Dana")
    assert "2 engrams moved (1 to the basal ganglia, 1 to the neocortex)" in neuro("sleep").out
    assert neuro("sleep", "--json").json["counts"]["consolidated"] == 0


def test_show_tells_all_about_one_engram(neuro) -> None:
    neuro("add", "We met Dana at the harbour", "--speaker", "Ann", "--tag", "sea")
    neuro("add", "She lost her keys")
    engram_id = neuro("list", "--json").json["engrams"][0]["engram_id"]
    shown = neuro("show", engram_id).out
    for fact in (
        engram_id,
        "in the hippocampus",
        "Ann",
        "sea",
        "salience 0.50",
        "fades in",
        "She lost her keys",
    ):
        assert fact in shown
    record = neuro("show", engram_id, "--json").json
    assert record["region"] == "hippocampus"
    assert record["associations"][0]["content"] == "She lost her keys"
    assert record["retention"] == pytest.approx(0.99, abs=0.001)


def test_the_first_digits_of_an_id_are_enough(neuro) -> None:
    neuro("add", "We met Dana")
    engram_id = neuro("list", "--json").json["engrams"][0]["engram_id"]
    assert neuro("show", engram_id[:6].upper(), "--json").json["engram_id"] == engram_id
    assert neuro("forget", engram_id[:12], "--json").json == {
        "forgotten": engram_id,
        "content": "We met Dana",
        "remains": None,
    }
    assert "Nothing to list." in neuro("list").out
    assert neuro("forget", engram_id).err == f"neuro: no engram has the id '{engram_id}'\n"


def test_digits_that_several_ids_begin_with_are_an_error_that_names_them(neuro) -> None:
    neuro("add", "-", stdin=b"one fine day\nanother one\n")
    ids = [engram["engram_id"] for engram in neuro("list", "--json").json["engrams"]]
    ended = neuro("forget", ids[0][:6])
    assert ended.code == 1
    assert all(engram_id in ended.err for engram_id in ids)
    assert len(neuro("list", "--json").json["engrams"]) == 2


def test_fewer_than_six_digits_are_too_few(neuro) -> None:
    neuro("add", "We met Dana")
    ended = neuro("show", neuro("list", "--json").json["engrams"][0]["engram_id"][:5])
    assert ended.code == 1
    assert "at least the first 6" in ended.err


def test_the_ids_that_a_list_shows_are_unique_among_all(neuro) -> None:
    neuro("add", "-", stdin=b"".join(b"note number %d\n" % i for i in range(20)))
    rows = neuro("list").out.splitlines()[1:]
    for row in rows:
        assert neuro("show", row.split()[0]).code == 0


def test_a_list_is_read_page_by_page(neuro) -> None:
    neuro("add", "-", stdin=b"one\ntwo\nthree\n")
    first = neuro("list", "--limit", "2", "--json")
    last = first.json["engrams"][-1]["engram_id"]
    assert f"--after {last}" in first.err
    rest = neuro("list", "--after", last, "--json").json["engrams"]
    assert [e["content"] for e in rest] == ["three"]
    assert "habitual" not in neuro("list", "--type", "habitual").out


def test_stats_say_where_the_memory_is_and_what_is_in_it(neuro, store) -> None:
    neuro("add", "We met Dana")
    figures = neuro("stats", "--json").json
    assert figures["store"] == f"sqlite:///{store}"
    assert (figures["namespace"], figures["embedder"], figures["engrams"]) == ("default", "words", 1)
    assert str(store) in neuro("stats").out


def test_namespaces_are_memories_of_their_own(neuro, store) -> None:
    neuro("add", "We met Dana", "--namespace", "ann")
    assert neuro("recall", "Dana", "--store", f"sqlite:///{store}?namespace=ann").code == 0
    assert neuro("stats", "--json", "--namespace", "ann").json["namespace"] == "ann"
    assert neuro("recall", "Dana").code == 1


def test_another_embedder_than_the_one_that_filled_the_store_is_an_error(neuro) -> None:
    neuro("add", "We met Dana", "--embedder", "lexical-64")
    ended = neuro("recall", "Dana", "--embedder", "lexical")
    assert ended.code == 1
    assert "lexical-64" in ended.err
    assert neuro("recall", "Dana").code == 0


def test_a_store_that_keeps_nothing_says_so(neuro) -> None:
    ended = neuro("add", "We met Dana", "--store", "memory://")
    assert ended.code == 0
    assert "nothing outlives" in ended.err
    assert neuro("recall", "Dana", "--store", "memory://").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["add"],
        ["add", "x", "--type", "mythical"],
        ["add", "x", "--salience", "much"],
        ["recall", "x", "--limit", "many"],
        ["list", "surplus"],
        ["show"],
        ["stats", "--nope"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments, neuro, store) -> None:
    ended = neuro(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("neuro: ")
    assert ended.err.count("\n") == 1
    assert "--help" in ended.err
    assert not store.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "  "], "blank"),
        (["add", "x", "--salience", "3"], "salience"),
        (["add", "x", "--at", "someday"], "--at"),
        (["add", "x", "--at", "1772481960000"], "milliseconds"),
        (["add", "x", "--embedder", "no such embedder"], "embedder"),
        (["add", "x", "--store", "/no/such/folder/memory.db"], "/no/such/folder"),
        (["add", "x", "--store", "ftp://somewhere"], "ftp"),
        (["ingest", "/no/such/file"], "/no/such/file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(arguments, said, neuro, store) -> None:
    ended = neuro(*arguments)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("neuro: ")
    assert ended.err.count("\n") == 1
    assert said in ended.err


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_below_1_is_an_error(limit, neuro) -> None:
    neuro("add", "We met Dana")
    for command in (["recall", "Dana"], ["list"]):
        assert neuro(*command, "--limit", limit).code == 1


@pytest.mark.parametrize(
    "command",
    "add recall sleep forget list show stats ingest demo health check backup restore".split(),
)
def test_every_command_has_help_with_examples(command, neuro) -> None:
    ended = neuro(command, "--help")
    assert ended.code == 0
    assert f"neuro {command}" in ended.out.split("For example:")[1]
    assert "--store" in ended.out


def test_help_names_the_commands_and_the_exit_codes(neuro) -> None:
    for arguments in ([], ["--help"]):
        ended = neuro(*arguments)
        assert ended.code == 0
        assert "Exit codes: 0 done, 1" in ended.out
        assert "ingest" in ended.out


def test_version(neuro) -> None:
    assert neuro("--version").out.strip() == __version__


def test_a_memory_cannot_take_over_the_terminal(neuro) -> None:
    neuro("add", "red \x1b[31malert\x07 [bold]not bold[/bold]")
    for command in (["recall", "bold"], ["list"]):
        shown = neuro(*command).out
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "[bold]not bold[/bold]" in shown
    assert neuro("recall", "bold", "--json").json["recollections"][0]["engram"]["content"].count("\x1b") == 1


def test_a_pipe_gets_whole_lines_whatever_the_width(neuro, monkeypatch) -> None:
    content = "We met Dana at the harbour " * 20 + "yesterday"
    neuro("add", content)
    monkeypatch.setenv("COLUMNS", "20")
    assert content in neuro("recall", "Dana").out
    engram_id = neuro("list", "--json").json["engrams"][0]["engram_id"]
    assert engram_id in neuro("show", engram_id).out
    assert neuro("list").out.splitlines()[1].startswith(engram_id[:12])


def test_without_the_extra_the_command_says_what_to_install(neuro, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    monkeypatch.delitem(sys.modules, "neuro.frontends.cli", raising=False)
    ended = neuro("stats")
    assert ended.code == 1
    assert ended.err == "neuro: cyclopts is not installed: pip install 'neuro-brain[cli]'\n"
