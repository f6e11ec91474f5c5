"""Where a user's memory is."""

from pathlib import Path

import pytest

from neuro.frontends.places import Place, user_data_folder

HOME = Path("/home/ann")


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, HOME / ".local/share/neuro"),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/neuro")),
        ("linux", {"XDG_DATA_HOME": "relative"}, HOME / ".local/share/neuro"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, HOME / "Library/Application Support/neuro"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/neuro")),
        ("win32", {}, HOME / "AppData/Local/neuro"),
    ],
)
def test_the_data_folder_is_where_the_platform_keeps_such_things(platform, environment, folder) -> None:
    assert user_data_folder(platform, environment, HOME) == folder


def test_a_named_store_wins_over_the_variable_and_the_variable_over_the_data_folder(monkeypatch) -> None:
    monkeypatch.setenv("NEURO_STORE", "/srv/variable.db")
    assert Place.of("/srv/named.db").url == "/srv/named.db"
    assert Place.of(None).url == "/srv/variable.db"
    monkeypatch.setenv("NEURO_STORE", "")
    assert Path(Place.of(None).url).name == "neuro.db"


def test_the_data_folder_is_made_by_the_first_write_and_not_before(neuro, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("NEURO_STORE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    file = tmp_path / "share" / "neuro" / "neuro.db"
    assert str(file) in neuro("stats").err
    assert neuro("add", " ").code == 1
    assert not (tmp_path / "share").exists()
    assert neuro("add", "We met Dana").code == 0
    assert neuro("stats", "--json").json["store"] == f"sqlite:///{file}"


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(neuro, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("NEURO_STORE")
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "share").write_text("a file")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    ended = neuro("add", "We met Dana")
    assert ended.code == 1
    assert str(tmp_path / "share" / "neuro") in ended.err


def test_a_tilde_is_the_home_folder(monkeypatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert Place.of("~/memory.db").file == Path("/home/ann/memory.db")


def test_a_server_has_no_file() -> None:
    assert Place.of("redis://localhost:6379").file is None
    assert Place("redis://localhost:6379?namespace=ann").brain_name == "ann"
