"""What the verbs accept: text, numbers, limits and JSON, checked at the door.

Every check returns the value in its canonical form or raises; it never changes anything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, NoReturn

from neuro.errors import InvalidArgumentError, InvalidStimulusError
from neuro.units import MAX_CONTENT_BYTES

_MAX_JSON_BYTES = 1 << 20
_MAX_JSON_DEPTH = 100
_MAX_TAGS = 256
_MOST_ASKED = 1 << 32
"""No brain holds as many, and stores can count so far."""


class JsonObject(dict[str, Any]):
    """A JSON object that cannot be changed; a plain ``dict`` to whoever reads it."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this context belongs to a frozen record: make a dict(...) of it to change it")

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = __ior__ = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[JsonObject], tuple[dict[str, Any]]]:
        return (JsonObject, (dict(self),))

    def __deepcopy__(self, memo: dict[int, Any]) -> JsonObject:
        return self


def shorten(text: str, most: int = 80) -> str:
    """A text in an error message, cut to ``most`` characters."""
    return text if len(text) <= most else text[: most - 3] + "..."


def shown(value: object) -> str:
    """A value in an error message: its repr, cut to 80 characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an int of thousands of digits; nesting without end
        text = f"a {type(value).__name__}"
    return shorten(text)


def check_text(
    value: object,
    name: str,
    *,
    limit: int = MAX_CONTENT_BYTES,
    error: type[InvalidArgumentError] = InvalidArgumentError,
) -> str:
    """A string that is not blank, has no lone surrogates and takes at most ``limit`` bytes of UTF-8."""
    if not isinstance(value, str):
        raise error(f"{name}: must be a string (got {type(value).__name__})")
    if not value.strip():
        raise error(f"{name}: must not be blank")
    if len(value) > limit:
        raise error(f"{name}: must take at most {limit} bytes of UTF-8 (got {len(value)} characters)")
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError as exc:
        raise error(f"{name}: holds a lone surrogate at position {exc.start}, which is not text") from None
    if size > limit:
        raise error(f"{name}: must take at most {limit} bytes of UTF-8 (got {size})")
    return value


def check_content(value: object, *, limit: int = MAX_CONTENT_BYTES) -> str:
    """`check_text` for what is perceived."""
    return check_text(value, "content", limit=limit, error=InvalidStimulusError)


def check_number(value: object, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in [low, high]; a bool is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidArgumentError(f"{name}: must be a number (got {shown(value)})")
    try:
        number = float(value)
    except OverflowError:
        raise InvalidArgumentError(f"{name}: is too large") from None
    if not math.isfinite(number):
        raise InvalidArgumentError(f"{name}: must be finite (got {number})")
    if not low <= number <= high:
        raise InvalidArgumentError(f"{name}: must be in [{low:g}, {high:g}] (got {number:g})")
    return number


def check_count(value: object, name: str, low: int = 1, high: int | None = None) -> int:
    """An int of at least ``low`` and at most ``high``; a bool is not an int."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgumentError(f"{name}: must be an int (got {shown(value)})")
    if value < low:
        raise InvalidArgumentError(f"{name}: must be at least {low} (got {shown(value)})")
    if high is not None and value > high:
        raise InvalidArgumentError(f"{name}: must be at most {high} (got {shown(value)})")
    return value


def check_limit(value: object) -> int:
    """How many are asked for at most: an int of at least 1; beyond what any brain holds, so many."""
    return min(check_count(value, "limit"), _MOST_ASKED)


def check_flag(value: object, name: str) -> bool:
    """True or False, and not what merely counts as one of them."""
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{name}: must be True or False (got {shown(value)})")
    return value


def check_instant(value: object, name: str) -> float:
    """Finite epoch seconds, or an aware datetime."""
    if isinstance(value, datetime):
        if value.utcoffset() is None:  # a time zone may not know its offset
            raise InvalidArgumentError(f"{name}: must carry a time zone (got the naive {value.isoformat()})")
        return value.timestamp()
    return check_number(value, name)


def check_items(value: object, name: str, what: str) -> Iterator[object]:
    """The items of an iterable, not read yet; a string is not one."""
    kind = type(value).__name__
    if not isinstance(value, str) and isinstance(value, Iterable):
        with suppress(TypeError):  # a numpy array of no dimension
            return iter(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise InvalidArgumentError(f"{name}: must be {what} (got one {kind})")


def check_tags(value: object) -> tuple[str, ...]:
    """Distinct non-blank strings, in the order given; at most 256 are given, and no more are read."""
    given = check_items(value, "tags", "a sequence of strings")
    tags = [check_text(tag, "tags", limit=1024) for tag in islice(given, _MAX_TAGS + 1)]
    if len(tags) > _MAX_TAGS:
        raise InvalidArgumentError(f"tags: must be at most {_MAX_TAGS} (got more)")
    return tuple(dict.fromkeys(tags))


def _freeze(value: object, path: str, depth: int = 0) -> Any:
    path = shorten(path)
    if depth > _MAX_JSON_DEPTH:
        raise InvalidArgumentError(f"{path}: is nested deeper than {_MAX_JSON_DEPTH} levels")
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return check_number(value, path)
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidArgumentError(f"{path}: holds a lone surrogate, which is not text") from None
        return str(value)
    if isinstance(value, Mapping):
        for key in value:  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(key, str):
                raise InvalidArgumentError(f"{path}: keys must be strings (got {shown(key)})")  # pyright: ignore[reportUnknownArgumentType]
            _freeze(key, path)
        return JsonObject({key: _freeze(item, f"{path}.{key}", depth + 1) for key, item in value.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise InvalidArgumentError(f"{path}: must be JSON (got {type(value).__name__})")


def check_json_object(value: object, name: str = "context") -> JsonObject:
    """A JSON object of at most 1 MiB and 100 levels, deeply frozen (lists become tuples)."""
    if value is None:
        return JsonObject()
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(f"{name}: must be a JSON object (got {shown(value)})")
    frozen: JsonObject = _freeze(value, name)  # pyright: ignore[reportUnknownArgumentType]
    try:
        size = len(json.dumps(frozen))
    except ValueError:  # an int of thousands of digits
        raise InvalidArgumentError(f"{name}: holds a number that is no JSON") from None
    if size > _MAX_JSON_BYTES:
        raise InvalidArgumentError(f"{name}: must take at most {_MAX_JSON_BYTES} bytes as JSON (got {size})")
    return frozen
