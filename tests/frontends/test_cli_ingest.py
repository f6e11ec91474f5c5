"""Living through conversations: their own times, their nights, and never twice."""

import asyncio
import itertools
import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakeredis import FakeServer

from neuro import Brain, Perception, Stimulus, StoreUnavailableError
from neuro.clock import SimulatedClock
from neuro.frontends.ingest import Life, ingest
from neuro.frontends.ledger import Ledger
from neuro.frontends.places import Place
from neuro.frontends.turns import read_transcript, timeline
from neuro.stores import MemoryStore, Store, redis_connection
from neuro.testing import CountingStore
from neuro.testing.redis import fake_redis
from neuro.units import DAY, HOUR

MONDAY = 1772481960.0
"""2 March 2026, 20:06 UTC."""


def lines(*turns: dict) -> bytes:
    return b"".join(json.dumps(turn).encode() + b"\n" for turn in turns)


def week() -> list[dict]:
    """Three evenings of four turns."""
    return [
        {"text": f"Evening {day}, remark {turn}", "speaker": "Ann", "at": MONDAY + day * DAY + turn * 60.0}
        for day in range(3)
        for turn in range(4)
    ]


@pytest.fixture
def place(store: Path) -> Place:
    return Place(str(store))


async def live(place: Place, data: bytes, now: float = MONDAY + 100 * DAY):
    return await ingest(place, read_transcript(data), clock=SimulatedClock(now))


async def remembered(place: Place) -> dict:
    """All that a store holds, at a fixed instant."""
    async with Brain.create(place.url, clock=SimulatedClock(MONDAY + 100 * DAY)) as brain:
        engrams = await brain.list(limit=1000, dormant=True)
        return {"engrams": engrams, "stats": await brain.stats()}


# Reading lines


def test_a_line_is_an_object_or_a_speaker_and_a_text() -> None:
    read = read_transcript(
        lines(
            {"text": "Hello", "speaker": "Ann", "session": "s1", "mood": "sunny", "at": MONDAY, "reward": 0.5}
        )
        + "Bob: Grüß dich: wie geht's?\r\n\n".encode()
    )
    first, second = read.turns
    assert first.at == MONDAY
    assert first.stimulus.context == {"speaker": "Ann", "session": "s1", "mood": "sunny"}
    assert first.stimulus.reward == 0.5
    assert (second.line, second.stimulus.content, second.stimulus.context) == (
        2,
        "Grüß dich: wie geht's?",
        {"speaker": "Bob"},
    )
    assert read.bad_lines == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"no speaker at all", "Speaker: text"),
        (b"{", "not JSON"),
        (b"[1]", "JSON object"),
        (b"{}", "text"),
        (b'{"text": null}', "text"),
        (b'{"text": 5}', "content"),
        (b'{"text": "  "}', "blank"),
        (b'{"text": "\\ud800"}', "surrogate"),
        (b'{"text": "x", "at": "soon"}', "at"),
        (b'{"text": "x", "at": true}', "at"),
        (b'{"text": "x", "salience": 2}', "salience"),
        (b'{"text": "x", "salience": NaN}', "NaN"),
        (b'{"text": "x", "memory_type": "mythical"}', "memory_type"),
        (b'{"text": "x", "tags": "sea"}', "tags"),
        (b'{"text": "x", "speaker": 5}', "speaker"),
        (b'{"text": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "JSON"),
    ],
    ids=repr,
)
def test_a_bad_line_is_reported_with_its_number(line: bytes, said: str) -> None:
    read = read_transcript(b"Ann: one\n" + line + b"\nAnn: two\n")
    assert [turn.line for turn in read.turns] == [1, 3]
    [(number, error)] = read.bad_lines
    assert number == 2
    assert said in error


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_transcript(b'\xef\xbb\xbf{"text": "Hello"}').turns[0].stimulus.content == "Hello"


def test_the_same_fields_in_another_order_have_the_same_key_and_the_same_line_again_another() -> None:
    one, two, again = read_transcript(
        b'{"text": "Hi", "at": 0, "x": 1, "y": 2}\n{"y": 2, "x": 1, "at": "0", "text": "Hi"}\n'
        b'{"text": "Hi", "at": 0, "x": 1, "y": 2}\n'
    ).turns
    assert len({one.key, two.key, again.key}) == 3
    assert read_transcript(b'{"y": 2, "x": 1, "at": "0", "text": "Hi"}').turns[0].key == one.key


@pytest.mark.parametrize(
    ("ats", "instants"),
    [
        ([None, None, None], [80.0, 90.0, 100.0]),
        ([5.0, None, 50.0], [5.0, 15.0, 50.0]),
        ([None, None, 50.0, None], [30.0, 40.0, 50.0, 60.0]),
        ([], []),
    ],
)
def test_turns_that_do_not_say_when_follow_each_other_by_seconds(ats, instants) -> None:
    turns = read_transcript(lines(*({"text": "x", "at": at} for at in ats))).turns
    assert timeline(turns, 100.0) == instants


# Living


async def test_every_turn_is_encoded_at_its_own_time_in_order(place: Place) -> None:
    await live(place, lines(*week()))
    engrams = (await remembered(place))["engrams"]
    assert [e.encoded_at for e in engrams] == [turn["at"] for turn in week()]
    assert [e.content for e in engrams] == [turn["text"] for turn in week()]
    assert all(e.occurred_at is None and e.speaker == "Ann" for e in engrams)


async def test_there_is_a_night_in_each_long_pause_and_one_at_the_end(place: Place) -> None:
    done = await live(place, lines(*week()))
    assert (done.turns, done.perceived, done.nights) == (12, 12, 3)
    held = await remembered(place)
    assert held["stats"]["regions"]["hippocampus"]["engrams"] == 0
    assert held["stats"]["regions"]["neocortex"]["engrams"] == 12
    assert 2.0 < held["stats"]["sleeps"] <= 3.0


@pytest.mark.parametrize(("pause", "nights"), [(4 * HOUR, 1), (4 * HOUR + 1, 2)])
async def test_a_pause_is_long_beyond_four_hours(place: Place, pause: float, nights: int) -> None:
    done = await live(place, lines({"text": "one", "at": MONDAY}, {"text": "two", "at": MONDAY + pause}))
    assert done.nights == nights


async def test_turns_of_different_evenings_belong_to_different_episodes(place: Place) -> None:
    await live(place, lines(*week()))
    episodes = [engram.episode_id for engram in (await remembered(place))["engrams"]]
    assert len(set(episodes)) == 3


async def test_brain_time_goes_on_from_the_last_turn_in_real_time(place: Place) -> None:
    end = week()[-1]["at"]
    await live(place, lines(*week()), now=MONDAY + 100 * DAY)
    async with Brain.create(place.url, clock=SimulatedClock(MONDAY + 100 * DAY + HOUR)) as brain:
        assert brain.time.now() == pytest.approx(end + 0.05 * HOUR)
        [first, *_] = await brain.list(limit=1)
        assert brain.retention(first) > 0.95


async def test_brain_time_never_goes_back_to_an_older_conversation(place: Place) -> None:
    await live(place, lines(*week()))
    before = (await remembered(place))["stats"]["brain_time"]
    old = [{**turn, "at": turn["at"] - 1000 * DAY, "text": f"Long ago, {turn['text']}"} for turn in week()]
    await live(place, lines(*old))
    held = await remembered(place)
    assert held["stats"]["brain_time"] == pytest.approx(before + 2 * DAY + 180.0)
    assert [e.encoded_at for e in held["engrams"]] == [turn["at"] for turn in (*old, *week())]
    assert len({e.episode_id for e in held["engrams"]}) == 6


async def test_a_turn_that_is_dated_before_the_one_ahead_keeps_its_date(place: Place) -> None:
    done = await live(place, lines({"text": "now", "at": MONDAY}, {"text": "before", "at": MONDAY - DAY}))
    assert (done.late, done.nights) == (1, 1)
    now, before = (await remembered(place))["engrams"]
    assert (now.encoded_at, now.occurred_at) == (MONDAY, None)
    assert (before.encoded_at, before.occurred_at) == (MONDAY, MONDAY - DAY)


async def test_a_conversation_without_times_ends_now(place: Place) -> None:
    await live(place, b"Ann: one\nBob: two\n", now=MONDAY)
    assert [e.encoded_at for e in (await remembered(place))["engrams"]] == [MONDAY - 10.0, MONDAY]


# Never twice


async def test_the_same_conversation_again_changes_nothing(place: Place) -> None:
    data = lines(*week(), week()[0])
    await live(place, data)
    before = await remembered(place)
    done = await live(place, data)
    assert (done.known, done.perceived, done.nights) == (13, 0, 0)
    assert await remembered(place) == before
    assert [e.trace.exposures for e in before["engrams"]] == [2.0] + [
        1.0
    ] * 11  # its first line was there twice


async def test_only_what_was_appended_is_lived_through(place: Place) -> None:
    await live(place, lines(*week()[:8]))
    before = (await remembered(place))["engrams"]
    done = await live(place, lines(*week()))
    assert (done.known, done.perceived, done.nights) == (8, 4, 1)
    after = (await remembered(place))["engrams"]
    assert [e.content for e in after] == [turn["text"] for turn in week()]
    assert [e.trace.exposures for e in after] == [1.0] * 12
    assert after[:8] == before


async def test_an_interrupted_ingestion_closes_orderly_and_goes_on_where_it_was(place: Place) -> None:
    transcript = read_transcript(lines(*week()))
    lived: list[int] = []

    async def interrupted() -> None:
        task = asyncio.current_task()
        assert task is not None

        def on_turn() -> None:
            lived.append(1)
            if len(lived) == 6:
                task.cancel()

        await ingest(place, transcript, clock=SimulatedClock(MONDAY + 100 * DAY), on_turn=on_turn)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(interrupted())
    kept = len((await remembered(place))["engrams"])
    assert 6 <= kept < 12
    done = await live(place, lines(*week()))
    assert (done.known, done.perceived) == (kept, 12 - kept)
    engrams = (await remembered(place))["engrams"]
    assert [e.content for e in engrams] == [turn["text"] for turn in week()]
    assert {e.trace.exposures for e in engrams} == {1.0}


@pytest.mark.parametrize(
    ("crashed_after", "known", "nights"), [(1, 0, 3), (4, 4, 3), (11, 8, 1), (12, 12, 1)]
)
async def test_after_a_crash_it_goes_on_and_at_most_the_last_turns_count_twice(
    crashed_after: int, known: int, nights: int, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = f"{place.url}.left"

    def leave() -> None:
        """What another process can read now is what a crash would leave."""
        with closing(sqlite3.connect(place.url)) as connection:
            connection.execute("VACUUM INTO ?", (left,))

    lived = 0
    perceive = Life.perceive
    for act in (perceive, Life.night):

        async def next_act(self: Life, *arguments: Any, act: Any = act) -> object:
            nonlocal lived
            if lived == crashed_after and not await asyncio.to_thread(os.path.exists, left):
                await asyncio.to_thread(leave)
            lived += act is perceive
            return await act(self, *arguments)

        monkeypatch.setattr(Life, act.__name__, next_act)
    await live(place, lines(*week()))
    monkeypatch.undo()
    done = await live(Place(left), lines(*week()))
    assert (done.known, done.repeated, done.nights) == (known, crashed_after - known, nights)
    held, whole = await remembered(Place(left)), await remembered(place)
    assert [(e.content, e.encoded_at, e.trace.exposures) for e in held["engrams"]] == [
        (turn["text"], turn["at"], 2.0 if known <= number < crashed_after else 1.0)
        for number, turn in enumerate(week())
    ]
    assert held["stats"]["regions"]["neocortex"]["engrams"] == 12
    assert held["stats"]["sleeps"] == pytest.approx(whole["stats"]["sleeps"], abs=0.01)
    assert (await live(Place(left), lines(*week()))).nights == 0


async def test_after_an_error_no_turn_counts_twice(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Life.perceive

    async def perceive(self: Life, stimulus: Stimulus, at: float) -> Perception:
        if stimulus.content == "Evening 1, remark 2":
            raise StoreUnavailableError("no room on the disk")
        return await honest(self, stimulus, at)

    with monkeypatch.context() as patched:
        patched.setattr(Life, "perceive", perceive)
        with pytest.raises(StoreUnavailableError, match="no room"):
            await live(place, lines(*week()))
    done = await live(place, lines(*week()))
    assert (done.known, done.perceived, done.repeated, done.nights) == (6, 6, 0, 2)
    assert {e.trace.exposures for e in (await remembered(place))["engrams"]} == {1.0}


async def test_what_waits_for_a_store_that_is_away_is_written_down_after_its_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, lived = FakeServer(), itertools.count(1)
    monkeypatch.setattr(redis_connection, "open_client", lambda _: fake_redis(server))
    written, honest = list[int](), Ledger.add

    async def add(self: Ledger, store: Store, keys: Sequence[str], *, awake: bool) -> None:
        await honest(self, store, keys, awake=awake)
        written.append(len(keys))

    def on_turn() -> None:
        number = next(lived)
        server.connected = number not in (6, 7)

    monkeypatch.setattr(Ledger, "add", add)
    evening = [{"text": f"Remark {turn}", "at": MONDAY + turn} for turn in range(12)]
    place = Place("redis://memory.example")
    done = await ingest(
        place, read_transcript(lines(*evening)), clock=SimulatedClock(MONDAY + DAY), on_turn=on_turn
    )
    assert (done.perceived, written) == (12, [5, 7])
    assert (await live(place, lines(*evening))).known == 12


async def test_a_conversation_without_turns_creates_nothing(place: Place) -> None:
    assert (await live(place, b"\n\nbad line\n")).turns == 0
    assert await asyncio.to_thread(place.missing)


async def test_a_long_ledger_is_not_rewritten_as_a_whole() -> None:
    store = CountingStore(MemoryStore())
    keys = [f"{number:016x}" for number in range(2500)]
    ledger = Ledger()
    for start in range(0, 2500, 50):
        await ledger.add(store, keys[start : start + 50], awake=True)
    read = await Ledger.read(store)
    assert all(key in read for key in keys)
    assert "f" * 16 not in read
    await read.add(store, ["f" * 16], awake=False)
    pages = await store.read_documents([f"ingest:{number}" for number in range(4)])
    assert [None if page is None else len(page) for page in pages] == [1000, 1000, 501, None]


# The command


def test_the_command_says_what_became_of_a_conversation(neuro, tmp_path: Path) -> None:
    file = tmp_path / "chat.jsonl"
    file.write_bytes(lines(*week(), week()[0]) + b"?\n")
    ended = neuro("ingest", str(file))
    assert ended.code == 1
    assert "Lived through 13 turns and 3 nights." in ended.out
    assert "1 turn repeated" in ended.out
    assert "1 turn dated before" in ended.out
    assert "1 line could not be read" in ended.out
    assert f"{file}, line 14: must be a JSON object" in ended.err
    before = neuro("list", "--json", "--limit", "50").json["engrams"]
    again = neuro("ingest", str(file), "--json")
    assert again.code == 1
    assert (again.json["known"], again.json["perceived"], again.json["nights"]) == (13, 0, 0)
    assert again.json["bad_lines"][0]["line"] == 14
    after = neuro("list", "--json", "--limit", "50").json["engrams"]
    moving = ("retention", "hours_left")  # real time goes on between two commands
    assert [{k: v for k, v in e.items() if k not in moving} for e in after] == [
        {k: v for k, v in e.items() if k not in moving} for e in before
    ]


def test_the_command_reads_standard_input(neuro) -> None:
    ended = neuro("ingest", "-", "--json", stdin=b"Ann: We met Dana\nBob: Where?\n")
    assert (ended.code, ended.json["perceived"]) == (0, 2)
    assert neuro("recall", "Dana", "--json").json["recollections"][0]["engram"]["context"] == {
        "speaker": "Ann"
    }
    assert neuro("ingest", "--json", "-", stdin=b"").json["turns"] == 0
