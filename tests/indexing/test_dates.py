"""Days that a cue speaks of, and how well others fit them."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.indexing.dates import Days, day_name, day_number, fit, spans

WEDNESDAY = datetime(2023, 11, 22, 15, tzinfo=UTC).timestamp()


def told(cue: str, asked_at: float = WEDNESDAY) -> list[tuple[str, str]]:
    return [(day_name(first), day_name(last)) for first, last in spans(cue, asked_at)]


@pytest.mark.parametrize(
    ("cue", "day"),
    [
        ("What happened on 7 May 2023?", "2023-05-07"),
        ("the 7th of may, 2023", "2023-05-07"),
        ("May 7, 2023", "2023-05-07"),
        ("on Sept. 3rd 2021", "2021-09-03"),
        ("on 2023-05-07", "2023-05-07"),
        ("on June the 5th", "2023-06-05"),
        ("on 23 November", "2022-11-23"),
        ("on 22 November", "2023-11-22"),
        ("on 29 February", "2020-02-29"),
        ("today", "2023-11-22"),
        ("What did she do yesterday?", "2023-11-21"),
        ("the day before yesterday", "2023-11-20"),
        ("last Friday", "2023-11-17"),
        ("last Wednesday", "2023-11-15"),
        ("this Wednesday", "2023-11-22"),
        ("on Tuesday", "2023-11-21"),
        ("this morning", "2023-11-22"),
        ("yesterday evening", "2023-11-21"),
        ("one day ago", "2023-11-21"),
        ("0 days ago", "2023-11-22"),
    ],
)
def test_a_day_is_named_or_counted_from_the_time_of_asking(cue: str, day: str):
    assert told(cue) == [(day, day)]


@pytest.mark.parametrize(
    ("cue", "first", "last"),
    [
        ("in May 2023", "2023-05-01", "2023-05-31"),
        ("in March", "2023-03-01", "2023-03-31"),
        ("December was cold", "2022-12-01", "2022-12-31"),
        ("last week", "2023-11-13", "2023-11-19"),
        ("this week", "2023-11-20", "2023-11-22"),
        ("the past week", "2023-11-15", "2023-11-22"),
        ("last weekend", "2023-11-18", "2023-11-19"),
        ("this weekend", "2023-11-25", "2023-11-26"),
        ("last month", "2023-10-01", "2023-10-31"),
        ("this month", "2023-11-01", "2023-11-30"),
        ("last year", "2022-01-01", "2022-12-31"),
        ("last night", "2023-11-21", "2023-11-22"),
        ("two weeks ago", "2023-11-05", "2023-11-11"),
        ("a few days ago", "2023-11-16", "2023-11-20"),
        ("a couple of months ago", "2023-08-01", "2023-09-30"),
        ("11 months ago", "2022-12-01", "2022-12-31"),
        ("3 years back", "2020-01-01", "2020-12-31"),
        ("on Friday last year", "2022-01-01", "2022-12-31"),
    ],
)
def test_longer_times_are_runs_of_days(cue: str, first: str, last: str):
    assert told(cue) == [(first, last)]


@pytest.mark.parametrize(
    "cue",
    ["", "May I ask?", "they march on", "2023", "in 2023", "on Fridays",
     "2023-13-01", "the 12th man", "room 401", "mayor", "9999 years ago", "港で 👍"],
)  # fmt: skip
def test_what_is_no_date_is_none(cue: str):
    assert told(cue) == []


def test_a_day_that_no_month_has_is_that_month():
    assert told("on 30 February 2023") == [("2023-02-01", "2023-02-28")]


def test_several_dates_are_all_found_and_none_twice():
    assert told("7 May 2023, 8 May 2023 or May 7, 2023") == [("2023-05-07",) * 2, ("2023-05-08",) * 2]


@given(st.text(max_size=60), st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_at_any_time_is_read(cue: str, asked_at: float):
    for first, last in spans(cue, asked_at):
        assert first <= last


@given(
    st.dates(),
    st.sampled_from(["%d {} %Y", "{} %d, %Y", "%Y-%m-%d"]),
)
def test_every_date_that_is_written_out_is_found(day: date, form: str):
    months = "January February March April May June July August September October November December".split()
    written = form.format(months[day.month - 1])
    written = written.replace("%d", str(day.day)).replace("%Y", f"{day.year:04d}")
    written = written.replace("%m", f"{day.month:02d}")
    number = day.toordinal() - date(1970, 1, 1).toordinal()
    assert spans(f"What was on {written}?", WEDNESDAY) == (Days(number, number),)


@pytest.mark.parametrize("asked_at", [1e18, -1e18, 1e300])
def test_out_of_the_calendar_there_are_no_dates(asked_at: float):
    assert spans("yesterday, in May 2023", asked_at) == ()


def test_a_day_fits_best_then_the_week_after_then_the_month():
    days = np.array([69, 68, 98, 99, 100, 101, 102, 108, 109, 131, 132], dtype=np.int32)
    assert fit([Days(100, 100)], days) == pytest.approx([0.3, 0, 0.3, 1, 1, 1, 0.7, 0.7, 0.3, 0.3, 0])


def test_a_run_of_days_fits_inside_and_half_for_as_long_after():
    days = np.array([99, 100, 104, 105, 109, 110], dtype=np.int32)
    assert fit([Days(100, 104)], days).tolist() == [0.0, 1.0, 1.0, 0.5, 0.5, 0.0]
    after_a_year = np.array([1365, 1366, 1396, 1397], dtype=np.int32)
    assert fit([Days(1000, 1365)], after_a_year).tolist() == [1.0, 0.5, 0.5, 0.0]


def test_the_best_of_several_dates_counts():
    days = np.array([100, 200, 300], dtype=np.int32)
    assert fit([Days(200, 200), Days(95, 101)], days).tolist() == [1.0, 1.0, 0.0]
    assert fit([], days).tolist() == [0.0, 0.0, 0.0]


def test_days_have_numbers_and_names():
    assert [day_number(at) for at in (0.0, 86_399.9, 86_400.0, -0.1)] == [0, 0, 1, -1]
    assert (day_name(0), day_name(19_484), day_name(10**7)) == ("1970-01-01", "2023-05-07", "")
