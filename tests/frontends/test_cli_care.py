"""Looking after a store from the command line: health, check, backup, restore, and forgetting for good."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fakeredis import FakeServer

from neuro.frontends.rendering import tell_night
from neuro.signals import SleepReport
from neuro.stores import redis_connection
from neuro.testing.redis import fake_redis

REDIS = "redis://:s3cret@memory.example:6380"


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a server in this process."""
    server = FakeServer()
    monkeypatch.setattr(redis_connection, "open_client", lambda _: fake_redis(server))
    return REDIS


def change(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(statement)
        connection.commit()


def contents(neuro, *options: str) -> list[str]:
    return [engram["content"] for engram in neuro("list", "--json", *options).json["engrams"]]


# What is not there


@pytest.mark.parametrize("command", ["health", "check"])
@pytest.mark.parametrize("how", ["place", "option", "environment"])
def test_care_of_what_is_not_there_is_an_error_and_creates_nothing(command, how, neuro, store) -> None:
    where = {"place": [str(store)], "option": ["--store", str(store)], "environment": []}[how]
    ended = neuro(command, *where)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f'neuro: there is no memory at {store} yet; "neuro add" makes one\n'
    assert list(store.parent.iterdir()) == []


def test_no_file_is_made_of_a_store_that_is_not_there_nor_of_a_backup(neuro, store) -> None:
    for command in (["backup", "saved.db"], ["backup", str(store), "saved.db"], ["restore", "saved.db"]):
        ended = neuro(*command)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.count("\n") == 1
    assert list(store.parent.iterdir()) == []


@pytest.mark.parametrize("command", ["health", "check"])
def test_a_namespace_without_a_memory_is_an_error(command, neuro, store, redis) -> None:
    neuro("add", "We met Dana")
    neuro("add", "We met Dana", "--store", redis)
    for where in (str(store), redis):
        assert "'other'" in neuro(command, where, "--namespace", "other").err
    assert neuro("recall", "Dana", "--store", redis, "--namespace", "other").code == 1


# Health


def test_health_of_a_good_store_says_what_a_write_survives(neuro, store) -> None:
    neuro("add", "We met Dana")
    ended = neuro("health")
    assert ended.code == 0
    for said in (
        str(store),
        "outlives the process",
        "engrams: 1",
        "documents: ",
        "writers: ",
        "All is well.",
    ):
        assert said in ended.out
    told = neuro("health", str(store), "--durability", "full", "--json").json
    assert (told["healthy"], told["concerns"], told["quarantined"]) == (True, [], [])
    assert "on the disk" in told["durability"]
    assert told["details"]["engrams"] == 1


def test_a_concern_is_named_and_is_exit_code_1(neuro, store, monkeypatch) -> None:
    neuro("add", "We met Dana")
    monkeypatch.setattr("neuro.stores.sqlite_care._SCARCE", 2**62)
    ended = neuro("health")
    assert ended.code == 1
    assert "make room" in ended.out
    assert "All is well" not in ended.out
    assert neuro("health", "--json").json["healthy"] is False


def test_health_of_a_redis_that_tells_nothing_is_a_concern_and_keeps_the_password(neuro, redis) -> None:
    neuro("add", "We met Dana", "--store", redis)
    ended = neuro("health", redis)
    assert ended.code == 1
    assert "concern" in ended.out
    assert "server      version: " in ended.out
    assert neuro("health", redis, "--json").json["capabilities"]["version"]
    assert "s3cret" not in ended.out + ended.err


# Check


def test_a_good_store_fits_together(neuro, store, redis) -> None:
    for where in (str(store), redis):
        neuro("add", "We met Dana", "--store", where)
        neuro("add", "She lost her keys", "--store", where)
        ended = neuro("check", where)
        assert (ended.code, ended.out) == (0, "Everything fits together.\n")
        told = neuro("check", where, "--json").json
        assert (told["flaws"], told["left"], told["namespace"]) == ([], 0, "default")


def test_a_flaw_is_named_mended_and_gone(neuro, store) -> None:
    neuro("add", "We met Dana")
    neuro("add", "She lost her keys")
    change(store, "UPDATE place SET engrams = 7")
    ended = neuro("check")
    assert ended.code == 1
    assert "hippocampus: counts 7 engrams and has 2\n1 flaw found, 1 left: --repair mends" in ended.out
    assert neuro("check").code == 1, "it was mended unasked"
    ended = neuro("check", "--repair", "--json")
    assert ended.code == 0
    assert ended.json["flaws"] == [
        {"key": "hippocampus", "problem": "counts 7 engrams and has 2", "repaired": True}
    ]
    assert neuro("check").out == "Everything fits together.\n"


def test_a_record_that_cannot_be_read_is_put_aside_and_named_by_health(neuro, store) -> None:
    neuro("add", "We met Dana")
    neuro("add", "She lost her keys")
    change(store, "UPDATE document SET document = '{' WHERE engram = 1")
    assert neuro("check").code == 1
    ended = neuro("check", "--repair")
    assert ended.code == 0
    assert "(mended)" in ended.out
    assert "all mended" in ended.out
    assert contents(neuro) == ["She lost her keys"]
    ended = neuro("health")
    assert ended.code == 1
    assert "1 record in quarantine" in ended.out and "--repair" not in ended.out
    assert len(neuro("health", "--json").json["quarantined"]) == 1
    advice = "neuro check --empty-quarantine --yes"
    assert advice in ended.out
    assert neuro(*advice.split()[1:]).code == 0
    assert neuro("health").code == 0


def test_health_says_that_it_does_not_look_at_every_record_and_which_command_does(neuro, store) -> None:
    neuro("add", "We met Dana")
    change(store, "UPDATE document SET document = '{' WHERE engram = 1")
    ended = neuro("health")
    assert ended.code == 0
    assert ended.out.endswith('Whether every record can be read says "neuro check".\n')
    assert neuro("check").code == 1


def test_what_is_in_quarantine_is_listed_and_deleted_when_the_user_is_sure(neuro, store) -> None:
    neuro("add", "We met Dana")
    neuro("add", "She lost her keys")
    change(store, "UPDATE document SET document = '{' WHERE engram = 1")
    assert "quarantine" not in neuro("check").out
    assert "1 record in quarantine" in neuro("check", "--repair").out
    ended = neuro("check")
    assert ended.code == 0
    [line] = [line for line in ended.out.splitlines() if line.startswith("hippocampus/")]
    assert " bytes): " in line
    [record] = neuro("check", "--json").json["quarantine"]
    assert record["key"] in line and record["reason"] and record["size"] > 100
    ended = neuro("check", "--empty-quarantine")
    assert (ended.code, ended.out) == (1, "")
    assert "1 record of" in ended.err and "--yes" in ended.err
    assert len(neuro("check", "--json").json["quarantine"]) == 1
    change(store, "UPDATE document SET document = '{' WHERE engram = 2")
    told = neuro("check", "--repair", "--empty-quarantine", "--yes", "--json").json
    assert told["deleted"] == [record["key"]]
    assert len(told["quarantine"]) == 1, "what nobody has seen was deleted"
    ended = neuro("check", "--empty-quarantine", "--yes")
    assert (ended.code, ended.out) == (
        0,
        "Deleted for good: 1 record in quarantine.\nEverything fits together.\n",
    )
    assert "Deleted for good: 0 records" in neuro("check", "--empty-quarantine").out
    assert neuro("health").code == 0


def test_what_a_redis_put_aside_is_deleted_from_the_command_line(neuro, redis) -> None:
    async def damage() -> list[bytes]:
        client = redis_connection.open_client({})
        [key] = await client.keys("*:d:*")
        await client.hset(key, "t", "{")
        await client.aclose()
        return [key]

    neuro("add", "We met Dana", "--store", redis)
    neuro("add", "We met Dana", "--store", redis)
    [key] = asyncio.run(damage())
    assert [r["key"] for r in neuro("check", redis, "--repair", "--json").json["quarantine"]] == [
        key.decode()
    ]
    assert neuro("check", redis, "--empty-quarantine").code == 1
    assert neuro("check", redis, "--empty-quarantine", "--yes", "--json").json["quarantine"] == []


def test_a_flaw_that_cannot_be_mended_is_exit_code_1(neuro, store) -> None:
    neuro("add", "We met Dana", "--embedder", "lexical-64")
    change(store, "UPDATE place SET dimension = 63")
    ended = neuro("check", "--repair")
    assert ended.code == 1
    assert "1 flaw found, 1 left: restore a backup" in ended.out


def test_a_file_that_is_no_database_is_one_line(neuro, store) -> None:
    store.write_bytes(b"dear diary, " * 1000)
    for command in ("check", "health"):
        ended = neuro(command)
        assert (ended.code, ended.err.count("\n")) == (1, 1)
        assert "not a database" in ended.err


# Backup and restore


def test_a_store_is_saved_looked_into_and_restored(neuro, store) -> None:
    saved, target = str(store.parent / "saved.db"), str(store.parent / "restored.db")
    neuro("add", "We met Dana")
    neuro("add", "She lost her keys", "--namespace", "other")
    ended = neuro("backup", saved)
    assert ended.code == 0
    assert "Saved the namespace 'default': 1 engram.\nSaved the namespace 'other': 1 engram." in ended.out
    assert contents(neuro, "--store", saved) == ["We met Dana"]
    neuro("add", "We parted")
    ended = neuro("restore", saved, target, "--json")
    assert (ended.code, ended.json["engrams"]) == (0, {"default": 1, "other": 1})
    assert contents(neuro, "--store", target) == ["We met Dana"]
    assert contents(neuro, "--store", target, "--namespace", "other") == ["She lost her keys"]


def test_the_store_of_a_backup_is_named_before_the_file_or_by_the_option(neuro, store) -> None:
    neuro("add", "We met Dana")
    one, two, three = (str(store.parent / name) for name in ("one.db", "two.db", "three.db"))
    assert neuro("backup", str(store), one).code == 0
    assert neuro("backup", two, "--store", one, "--json").json["file"] == two
    ended = neuro("backup", one, three, "--store", two)
    assert ended.code == 1
    assert "name the store once" in ended.err
    assert not Path(three).exists()


def test_a_url_is_no_file_to_save_to(neuro, store) -> None:
    neuro("add", "We met Dana")
    for arguments in (["memory://"], ["redis://:s3cret@memory.example"], [str(store), "memory://"]):
        ended = neuro("backup", *arguments)
        assert (ended.code, ended.out) == (1, "")
        assert "name that after the store" in ended.err and "s3cret" not in ended.err
    assert not Path("memory:").exists()


def test_nothing_is_overwritten(neuro, store) -> None:
    saved = str(store.parent / "saved.db")
    neuro("add", "We met Dana")
    neuro("backup", saved)
    neuro("add", "She lost her keys")
    for command in (["backup", saved], ["restore", saved], ["restore", saved, str(store)]):
        ended = neuro(*command)
        assert (ended.code, ended.out) == (1, "")
        assert "already" in ended.err
    assert contents(neuro) == ["We met Dana", "She lost her keys"]
    assert contents(neuro, "--store", saved) == ["We met Dana"]


def test_a_memory_moves_from_a_redis_to_a_file_and_back(neuro, store, redis) -> None:
    saved = str(store.parent / "saved.db")
    ann = ("--store", redis, "--namespace", "ann")
    neuro("add", "We met Dana", *ann)
    neuro("sleep", *ann)
    neuro("add", "She lost her keys", *ann)
    ended = neuro("backup", redis, saved, "--namespace", "ann")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "Saved the namespace 'ann': 2 engrams.")
    assert contents(neuro, "--store", saved, "--namespace", "ann") == ["We met Dana", "She lost her keys"]
    assert neuro("restore", saved, redis, "--namespace", "ann").code == 1
    assert neuro("restore", saved, redis, "--namespace", "copy", "--source", "eve").code == 1
    assert neuro("restore", saved, redis, "--namespace", "copy", "--source", "ann").code == 0
    assert contents(neuro, "--store", redis, "--namespace", "copy") == ["We met Dana", "She lost her keys"]
    assert neuro("check", redis, "--namespace", "copy").code == 0


def test_what_could_not_be_read_is_named_as_missing_from_a_backup(neuro, store, redis) -> None:
    async def damage() -> None:
        client = redis_connection.open_client({})
        [key] = await client.keys("*:d:*")
        await client.hset(key, "t", "{")
        await client.aclose()

    neuro("add", "We met Dana", "--store", redis)
    asyncio.run(damage())
    ended = neuro("backup", redis, str(store.parent / "saved.db"))
    assert ended.code == 0
    assert "could not be read, and is missing" in ended.out


def test_flaws_that_a_backup_has_are_shown_when_it_is_restored(neuro, store) -> None:
    saved, target = str(store.parent / "saved.db"), str(store.parent / "restored.db")
    neuro("add", "We met Dana")
    change(store, "UPDATE place SET engrams = 7")
    assert neuro("backup", saved).code == 0
    ended = neuro("restore", saved, target)
    assert ended.code == 1
    assert "counts 7 engrams and has 1" in ended.out
    assert neuro("check", target, "--repair").code == 0


def test_a_restore_into_the_data_folder_makes_it(neuro, store, monkeypatch) -> None:
    saved = str(store.parent / "saved.db")
    neuro("add", "We met Dana")
    neuro("backup", saved)
    monkeypatch.delenv("NEURO_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(store.parent / "data"))
    monkeypatch.setattr("sys.platform", "linux")
    assert neuro("restore", saved).code == 0
    assert contents(neuro) == ["We met Dana"]


# Forgetting


def test_a_hard_forget_leaves_no_byte_and_says_so(neuro, store) -> None:
    neuro("add", "Dana is called Xylophonia")
    neuro("add", "She lost her keys")
    engram_id = neuro("list", "--json").json["engrams"][0]["engram_id"]
    ended = neuro("forget", engram_id, "--hard")
    assert ended.code == 0
    assert "Nothing that the store keeps holds it any more." in ended.out
    assert all(b"Xylophonia" not in file.read_bytes() for file in store.parent.iterdir())


def test_what_may_remain_after_a_hard_forget_is_named(neuro, store, monkeypatch) -> None:
    neuro("add", "We met Dana")
    neuro("add", "She lost her keys")
    change(store, "INSERT INTO quarantine (namespace, key, reason) VALUES ('default', 'a', 'b')")
    engram_id = neuro("list", "--json").json["engrams"][0]["engram_id"]
    [remains] = neuro("forget", engram_id, "--hard", "--json").json["remains"]
    assert "quarantine" in remains


def test_all_that_options_mean_is_forgotten_when_the_user_is_sure(neuro) -> None:
    neuro("add", "We met Dana", "--speaker", "Ann", "--tag", "sea")
    neuro("add", "She lost her keys", "--speaker", "Ann")
    neuro("add", "They were at the pub", "--speaker", "Bob")
    ended = neuro("forget", "--speaker", "Ann")
    assert (ended.code, ended.out) == (1, "")
    assert "2 memories" in ended.err and "--yes" in ended.err
    assert len(contents(neuro)) == 3
    assert "Forgotten for good: 1 memory." in neuro("forget", "--tag", "sea", "--yes").out
    ended = neuro("forget", "--speaker", "Ann", "--hard", "--yes", "--json")
    assert len(ended.json["forgotten"]) == 1
    assert ended.json["remains"] == []
    assert contents(neuro) == ["They were at the pub"]
    assert neuro("forget", "--speaker", "Ann", "--yes", "--json").json == {"forgotten": [], "remains": None}


@pytest.mark.parametrize("arguments", [[], ["--hard", "--yes"], ["0123456789ab", "--speaker", "Ann"]])
def test_it_must_be_clear_what_is_to_be_forgotten(arguments, neuro) -> None:
    neuro("add", "We met Dana", "--speaker", "Ann")
    ended = neuro("forget", *arguments)
    assert ended.code == 1
    assert ended.err.startswith("neuro: forget: give an id")
    assert contents(neuro) == ["We met Dana"]


# Sleeping


def test_a_night_that_was_skipped_says_who_sleeps(neuro, monkeypatch) -> None:
    neuro("add", "We met Dana")

    async def skip(_: object) -> SleepReport:
        return SleepReport.none(0.0, "brain 7 is asleep")

    monkeypatch.setattr("neuro.brain.Brain.sleep", skip)
    ended = neuro("sleep")
    assert (ended.code, ended.out) == (0, "Did not sleep: brain 7 is asleep.\n")
    assert neuro("sleep", "--json").json["skipped"] == "brain 7 is asleep"
    assert "Slept" in tell_night(SleepReport({"consolidated": 0, "pruned_wm": 0, "pruned_ltm": 0}, 0.0, 1.0))
