"""When a cue says that something happened: days, named or counted from the time of asking."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.units import DAY

_EPOCH: Final = date(1970, 1, 1).toordinal()


class Days(NamedTuple):
    """A run of days, both ends included, counted from 1970-01-01 in UTC."""

    first: int
    last: int


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: i for i, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
_NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"a": 1, "an": 1}
_VAGUE = {"couple": 2, "few": 3, "several": 4}
"""Numbers that are meant roughly."""
_ALSO_WORDS = frozenset("may march mar dec jan oct sep".split())
"""Months that are names or other words as well: a capital does not make them months."""

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(_WEEKDAYS)
_NTH = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(\d{4})"
_COUNT = rf"(\d{{1,3}}|(?:a\s+)?(?:couple|few)(?:\s+of)?|several|{'|'.join(_NUMBERS)})"
_BEFORE = "in|during|of|since|by|early|late|mid|last|this|next|until|before|after"


def spans(cue: str, asked_at: float) -> tuple[Days, ...]:
    """The days that a cue speaks of, in no particular order; a year alone is too coarse to count.

    Dates without a year are the latest such that are not after the time of asking. English only, and ISO 8601.

    Args:
        asked_at: epoch seconds; relative expressions count from its day in UTC. Outside the years 1 to 9999
            there is no such day, and no date is found.

    >>> spans("What did we do on 7 May 2023?", asked_at=0.0)
    (Days(first=19484, last=19484),)
    >>> spans("yesterday", asked_at=10 * DAY)
    (Days(first=9, last=9),)
    """
    try:
        today = date(1970, 1, 1) + timedelta(seconds=asked_at)
    except OverflowError:
        return ()
    found: list[Days] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in _READERS:
        for match in pattern.finditer(cue):
            start, stop = match.span()
            if any(start < end and begin < stop for begin, end in taken):
                continue
            try:
                days = read(match, today)
            except (ValueError, OverflowError):  # the 30th of February, before year 1
                continue
            if days is not None:
                taken.append((start, stop))
                found.append(days)
    return tuple(dict.fromkeys(found))


def fit(asked: Sequence[Days], days: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """How well days fit the best of some runs of days, in [0, 1]; shape (n,).

    One day: 1 up to a day from it, .7 in the week after that (things are told after they happened), .3 within a
    month. Longer runs: 1 inside, .5 as long again after them, at most a month.

    >>> fit([Days(100, 100)], np.array([99, 105, 120, 200], np.int32)).tolist()
    [1.0, 0.699999988079071, 0.30000001192092896, 0.0]
    """
    best = np.zeros(len(days), dtype=np.float32)
    for first, last in asked:
        if first == last:
            gap = days - first
            score = np.where(np.abs(gap) <= 31, 0.3, 0.0)
            score[(gap > 1) & (gap <= 8)] = 0.7
            score[np.abs(gap) <= 1] = 1.0
        else:
            score = np.where((days >= first) & (days <= last), 1.0, 0.0)
            score[(days > last) & (days <= last + min(31, last - first + 1))] = 0.5
        np.maximum(best, score, out=best, casting="same_kind")
    return best


def day_number(epoch_seconds: float) -> int:
    """Days since 1970-01-01 in UTC, kept within +-10^7.

    >>> day_number(-1.0), day_number(1e300)
    (-1, 10000000)
    """
    return int(max(-1e7, min(1e7, epoch_seconds // DAY)))


def day_name(day: int) -> str:
    """ISO 8601 of a day counted from 1970-01-01; empty outside the years 1 to 9999.

    >>> day_name(19484)
    '2023-05-07'
    """
    try:
        return date.fromordinal(_EPOCH + day).isoformat()
    except ValueError:
        return ""


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH


def _one(day: int) -> Days:
    return Days(day, day)


def _month(year: int, month: int) -> Days:
    first = _number(date(year, month, 1))
    return Days(first, first + monthrange(year, month)[1] - 1)


def _months_back(today: date, months: int) -> Days:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return _month(year, month + 1)


def _year(year: int) -> Days:
    return Days(_number(date(year, 1, 1)), _number(date(year, 12, 31)))


def _dated(year: str | None, month: str, day: str, today: date) -> Days:
    number = _MONTHS[month.lower()]
    if year:
        return _one(_number(date(int(year), number, int(day))))
    # Eight years back there is a 29th of February even across a century.
    for back in range(9):
        try:
            found = date(today.year - back, number, int(day))
        except ValueError:
            if back == 8:
                raise
            continue
        if found <= today:
            return _one(_number(found))
    raise ValueError(day)


def _iso(m: re.Match[str], today: date) -> Days:
    return _one(_number(date(int(m[1]), int(m[2]), int(m[3]))))


def _day_month(m: re.Match[str], today: date) -> Days:
    return _dated(m[3], m[2], m[1], today)


def _month_day(m: re.Match[str], today: date) -> Days:
    return _dated(m[3], m[1], m[2], today)


def _month_alone(m: re.Match[str], today: date) -> Days | None:
    before, name, year = m[1], m[2], m[3]
    capital, month = name[0].isupper(), _MONTHS[name.lower()]
    told = before or year or (capital and name.lower() not in _ALSO_WORDS)
    if not told or (name.lower() == "may" and not capital):
        return None
    if year:
        return _month(int(year), month)
    return _month(today.year if month <= today.month else today.year - 1, month)


def _ago(m: re.Match[str], today: date) -> Days | None:
    counted = re.sub(r"^a\s+(?=couple|few)|\s+of$", "", m[1].lower())
    roughly = counted in _VAGUE
    count = int(counted) if counted.isdigit() else _VAGUE.get(counted) or _NUMBERS[counted]
    unit = m[2].lower()
    if unit in ("day", "week"):
        days = 1 if unit == "day" else 7
        middle = _number(today) - days * count
        after = int(roughly) if unit == "day" else 3
        before = days * (count if unit == "day" else 1) if roughly else after
        return Days(middle - before, middle + after)
    if unit == "month":
        return Days(_months_back(today, count + roughly).first, _months_back(today, count).last)
    return _year(today.year - count)


def _last(m: re.Match[str], today: date) -> Days:
    this, unit = m[1].lower() == "this", m[2].lower()
    now, monday = _number(today), _number(today) - today.weekday()
    if unit == "week":
        if m[1].lower() == "past":
            return Days(now - 7, now)
        return Days(monday, now) if this else Days(monday - 7, monday - 1)
    if unit == "weekend":
        return Days(monday + 5, monday + 6) if this else Days(monday - 2, monday - 1)
    if unit == "month":
        return _months_back(today, 0 if this else 1)
    if unit == "year":
        return _year(today.year if this else today.year - 1)
    if unit in ("night", "evening", "morning"):
        return _one(now) if this else Days(now - 1, now if unit == "night" else now - 1)
    gap = (today.weekday() - _WEEKDAYS[unit]) % 7
    return _one(now - gap if this else now - (gap or 7))


def _on(m: re.Match[str], today: date) -> Days:
    return _one(_number(today) - (today.weekday() - _WEEKDAYS[m[1].lower()]) % 7)


def _near(m: re.Match[str], today: date) -> Days:
    back = {"today": 0, "tonight": 0, "yesterday": 1}.get(m[1].lower(), 2)
    return _one(_number(today) - back)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Days | None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", _iso),
        (rf"\b{_NTH}\s+(?:of\s+)?({_MONTH})\b\.?,?(?:\s+{_YEAR})?\b", _day_month),
        (rf"\b({_MONTH})\b\.?\s+(?:the\s+)?{_NTH}\b(?!:)(?:,?\s+{_YEAR}\b)?", _month_day),
        (rf"\b(?:({_BEFORE})[\s-]+)?({_MONTH})\b\.?(?:,?\s+(?:of\s+)?{_YEAR}\b)?", _month_alone),
        (rf"\b{_COUNT}\s+(day|week|month|year)s?\s+(?:ago|back|earlier)\b", _ago),
        (
            rf"\b(last|this|past|previous)\s+(week|weekend|month|year|night|evening|morning|{_WEEKDAY})\b",
            _last,
        ),
        (rf"\bon\s+({_WEEKDAY})\b(?!\s+last)", _on),
        (r"\b(today|tonight|yesterday|(?:the\s+)?day before yesterday)\b", _near),
    )
)
