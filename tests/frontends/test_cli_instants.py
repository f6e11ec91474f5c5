"""Instants as people write them."""

import time

import pytest

from neuro import InvalidArgumentError
from neuro.frontends.instants import parse_instant, show_instant
from neuro.units import show_span


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (0, 0.0),
        (-1.5, -1.5),
        ("1772481960", 1772481960.0),
        (" 1772481960.5 ", 1772481960.5),
        ("2026-03-02T20:06:00Z", 1772481960.0),
        ("2026-03-02T21:06:00+01:00", 1772481960.0),
    ],
)
def test_an_instant_is_iso_8601_or_seconds(written, seconds) -> None:
    assert parse_instant(written) == seconds


@pytest.fixture
def in_trieste(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "Europe/Rome")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_an_instant_without_a_zone_is_local_time_and_is_shown_as_it_was_written(in_trieste) -> None:
    assert parse_instant("2026-03-02T21:06") == 1772481960.0
    assert show_instant(parse_instant("2026-07-02T21:06")) == "2026-07-02 21:06"


@pytest.mark.parametrize(
    "written", ["", "soon", "2026-13-01", None, True, [], float("nan"), float("inf"), 10**400]
)
def test_what_is_no_instant_is_refused(written) -> None:
    with pytest.raises(InvalidArgumentError, match="at: "):
        parse_instant(written)


def test_milliseconds_are_recognised() -> None:
    with pytest.raises(InvalidArgumentError, match="milliseconds"):
        parse_instant(1772481960000)


def test_an_instant_beyond_the_calendar_can_be_shown() -> None:
    assert show_instant(1e15) == "1e+15 s"


@pytest.mark.parametrize(
    ("hours", "shown"),
    [(0.5, "30 min"), (30.0, "30 h"), (480.0, "20 days"), (8766.0 * 3, "3.0 years"), (float("inf"), "never")],
)
def test_a_span_is_shown_in_the_unit_that_fits(hours, shown) -> None:
    assert show_span(hours) == shown
