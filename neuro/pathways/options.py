"""What `Brain.create` accepts, checked before anything is opened; every fault is a ConfigurationError."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar, get_args

import numpy as np

from neuro.arguments import check_number, check_text, shown
from neuro.clock import Clock, SystemClock
from neuro.config import BrainConfig, RecallMode
from neuro.errors import ConfigurationError, InvalidArgumentError
from neuro.indexing.proper_names import EntityExtractor
from neuro.stores.base import Durability

_LONGEST_NAME = 256

T = TypeVar("T")


def check_place(url: T, redis_url: object) -> T | str:
    """The place to open: ``url``, or else ``redis_url``, which must be one of a Redis."""
    if redis_url is None:
        return url
    if url is not None:
        raise ConfigurationError("Brain.url: give url or redis_url, not both")
    if not isinstance(redis_url, str) or not redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigurationError("Brain.redis_url: must be a string redis://, rediss:// or unix://...")
    return redis_url


def check_name(value: object, name: str) -> str:
    """A namespace or a scope: text of at most 256 bytes."""
    try:
        return check_text(value, f"Brain.{name}", limit=_LONGEST_NAME)
    except InvalidArgumentError as error:
        raise ConfigurationError(str(error)) from None


def check_config(config: object) -> BrainConfig:
    """A configuration, which may have been made without checks, after them; the default one if none."""
    if config is None:
        return BrainConfig()
    if not isinstance(config, BrainConfig):
        raise ConfigurationError(f"Brain.config: must be a BrainConfig (got {type(config).__name__})")
    return config.rechecked()


def check_clock(clock: Clock | None) -> Clock:
    """A clock, the system's if none."""
    if clock is None:
        return SystemClock()
    if not all(callable(getattr(clock, verb, None)) for verb in ("now", "sleep")):
        raise ConfigurationError(f"Brain.clock: must have now() and sleep() (got {type(clock).__name__})")
    return clock


def check_generator(rng: np.random.Generator | int | None) -> np.random.Generator:
    """A generator, or one from a seed."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is not None and (isinstance(rng, bool) or not isinstance(rng, int) or rng < 0):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"Brain.rng: must be a numpy Generator or a seed >= 0 (got {shown(rng)})")
    return np.random.default_rng(rng)


def check_ids(ids: Callable[[float], str] | None) -> Callable[[float], str] | None:
    """What can be called for ids, if anything."""
    if ids is not None and not callable(ids):
        raise ConfigurationError(f"Brain.ids: must be called with an instant for an id (got {shown(ids)})")
    return ids


def check_extractor(extractor: EntityExtractor | None) -> EntityExtractor | None:
    """What finds what a content names, if anything."""
    if extractor is not None and not isinstance(extractor, EntityExtractor):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"Brain.extractor: must have entities(content) (got {shown(extractor)})")
    find = getattr(extractor, "entities", None)
    if inspect.iscoroutinefunction(find) or inspect.isasyncgenfunction(find):
        raise ConfigurationError(
            f"Brain.extractor: entities(content) must not be async (got {shown(extractor)})"
        )
    return extractor


def check_durability(durability: object) -> Durability | None:
    """How much an acknowledged write is to have survived, if that is said."""
    if durability is None:
        return None
    try:
        return Durability.of(durability, "Brain.durability")
    except InvalidArgumentError as error:
        raise ConfigurationError(str(error)) from None


def check_sleep_interval(seconds: object) -> float:
    """A finite number of seconds above 0."""
    try:
        interval = check_number(seconds, "Brain.sleep_interval_seconds", low=0.0)
    except InvalidArgumentError as error:
        raise ConfigurationError(str(error)) from None
    if interval == 0.0:
        raise ConfigurationError("Brain.sleep_interval_seconds: must be above 0 (got 0)")
    return interval


def check_mode(mode: object, default: RecallMode) -> RecallMode:
    """``"agent"`` or ``"human"``; the default if none."""
    if mode is None:
        return default
    for known in get_args(RecallMode):
        if isinstance(mode, str) and mode == known:
            return known
    raise InvalidArgumentError(f"mode: must be one of {', '.join(get_args(RecallMode))} (got {shown(mode)})")
