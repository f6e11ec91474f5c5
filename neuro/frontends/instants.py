"""Instants as people write them: ISO 8601 or epoch seconds, local time where no zone is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from neuro import InvalidArgumentError
from neuro.arguments import check_number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_FORM = 'ISO 8601 ("2026-03-02T20:06", local time unless it names a zone) or seconds since 1970'


def parse_instant(value: object, name: str = "at") -> float:
    """Epoch seconds of an ISO 8601 string, a number, or a number written as a string.

    Raises:
        InvalidArgumentError: none of these, or outside of the years 1 to 9999.
    """
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            return _parse_iso(value, name)
        value = float(value)
    seconds = check_number(value, name)
    if _moment(seconds) is None:
        hint = "; are these milliseconds?" if _moment(seconds / 1000.0) is not None else ""
        raise InvalidArgumentError(f"{name}: {seconds:g} is beyond the year 9999 or before the year 1{hint}")
    return seconds


def _parse_iso(text: str, name: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone() if moment.tzinfo is None else moment).timestamp()
    except (ValueError, OverflowError, OSError):
        raise InvalidArgumentError(f"{name}: must be {_FORM} (got {text!r})") from None


def _moment(seconds: float) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def show_instant(seconds: float, zone: tzinfo | None = None) -> str:
    """Date and time to the minute, in local time unless a zone is given."""
    return _show(seconds, "%Y-%m-%d %H:%M", zone)


def show_day(seconds: float, zone: tzinfo | None = None) -> str:
    """Day and month."""
    return _show(seconds, "%d %B", zone)


def _show(seconds: float, form: str, zone: tzinfo | None) -> str:
    moment = _moment(seconds)
    try:
        return f"{seconds:g} s" if moment is None else moment.astimezone(zone).strftime(form)
    except (ValueError, OverflowError, OSError):  # the first and the last day of the calendar
        return f"{seconds:g} s"
