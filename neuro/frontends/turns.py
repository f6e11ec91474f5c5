"""A conversation as lines: what is said in each, by whom and when. Reads; lives through nothing.

A line is a JSON object, ``{"text", "speaker"?, "at"?, "session"?, "memory_type"?, "tags"?, "salience"?, "reward"?}``
and anything else, which becomes context; or it is ``Speaker: text``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from neuro import InvalidArgumentError, Stimulus
from neuro.frontends.instants import parse_instant

PACE = 10.0
"""Seconds between turns that do not say when they were."""

_SPOKEN = re.compile(r"([^:]{1,80}):\s+(\S.*)")
_STIMULUS_FIELDS = ("memory_type", "tags", "salience", "reward")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Turn(NamedTuple):
    """One line that was understood."""

    line: int
    """Its number, the first is 1."""
    stimulus: Stimulus
    at: float | None
    """When it was said, epoch seconds."""
    key: str
    """16 hexadecimal digits: the same for the same fields, each time they come in one conversation another."""


class BadLine(NamedTuple):
    """One line that was not."""

    line: int
    error: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation as it was read."""

    turns: tuple[Turn, ...]
    bad_lines: tuple[BadLine, ...]


def read_transcript(data: bytes) -> Transcript:
    """The turns of a conversation in UTF-8; blank lines are passed over, bad ones reported."""
    turns: list[Turn] = []
    bad: list[BadLine] = []
    times_said: Counter[str] = Counter()
    for number, raw in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
        try:
            line = raw.decode().strip()
            if line:
                stimulus, at = _parse_line(line)
                said = _fields(stimulus, at)
                times_said[said] += 1
                turns.append(Turn(number, stimulus, at, _digest(f"{said}\n{times_said[said]}")))
        except UnicodeDecodeError as error:
            bad.append(BadLine(number, f"is not UTF-8 (at its byte {error.start + 1})"))
        except InvalidArgumentError as error:
            bad.append(BadLine(number, str(error)))
    return Transcript(tuple(turns), tuple(bad))


def _parse_line(line: str) -> tuple[Stimulus, float | None]:
    if line.startswith(("{", "[")):
        return _parse_object(_parse_json(line))
    spoken = _SPOKEN.fullmatch(line)
    if spoken is None:
        raise InvalidArgumentError('must be a JSON object with "text", or "Speaker: text"')
    return Stimulus.of(spoken[2], context={"speaker": spoken[1].strip()}), None


def _parse_json(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise InvalidArgumentError(f"is not JSON ({error.msg} at character {error.pos + 1})") from None
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise InvalidArgumentError("must be a JSON object")
    return value  # pyright: ignore[reportUnknownVariableType]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _parse_object(fields: Mapping[str, Any]) -> tuple[Stimulus, float | None]:
    rest = {name: value for name, value in fields.items() if value is not None}
    if "text" not in rest:
        raise InvalidArgumentError('has no "text"')
    text, at = rest.pop("text"), rest.pop("at", None)
    given = {name: rest.pop(name) for name in _STIMULUS_FIELDS if name in rest}
    for name in ("speaker", "session"):
        if not isinstance(rest.get(name, ""), str):
            raise InvalidArgumentError(f"{name}: must be a string (got {rest[name]!r})")
    return Stimulus.of(text, context=rest, **given), None if at is None else parse_instant(at)


def _fields(stimulus: Stimulus, at: float | None) -> str:
    said = stimulus.content, stimulus.memory_type.value, stimulus.salience, stimulus.reward, stimulus.tags
    return json.dumps([*said, stimulus.context, at], sort_keys=True)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def timeline(turns: Sequence[Turn], now: float) -> list[float]:
    """When each turn was: what it says, or `PACE` seconds after the one before it.

    Turns ahead of the first that says when lead up to it at that pace; if none says so, the last one is ``now``.
    """
    leading = next((i for i, turn in enumerate(turns) if turn.at is not None), len(turns) - 1)
    anchor = now if not turns or turns[leading].at is None else turns[leading].at
    assert anchor is not None
    instants: list[float] = []
    at = anchor - PACE * (leading + 1)
    for turn in turns:
        at = at + PACE if turn.at is None else turn.at
        instants.append(at)
    return instants
