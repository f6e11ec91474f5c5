"""From a URL to an open store."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote_to_bytes, urlencode, urlsplit

from neuro.arguments import check_text
from neuro.errors import ConfigurationError, InvalidArgumentError
from neuro.stores.base import Durability, Store
from neuro.stores.memory import MemoryStore

if TYPE_CHECKING:
    from neuro.stores.redis import RedisStore
    from neuro.stores.sqlite import SQLiteStore

_REDIS_SCHEMES = ("redis", "rediss", "unix")


def parse_url(url: str, namespace: str) -> tuple[str, str, str]:
    """Scheme, location and namespace of a store's URL.

    ``memory://``, ``sqlite:///relative.db``, ``sqlite:////absolute.db``, a bare path, ``redis://``, ``rediss://``,
    ``unix://``; ``?namespace=`` wins over the argument when the argument is the default.

    Raises:
        ConfigurationError: no text, another scheme, a fragment, an unknown or blank option, or two different
            namespaces.
    """
    try:
        if "\0" in check_text(url, "Brain.url"):
            raise ConfigurationError("Brain.url: must not hold a NUL character")
    except InvalidArgumentError as error:
        raise ConfigurationError(str(error)) from None
    if "://" not in url:
        return "sqlite", url, namespace
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError(f"Brain.url: cannot be read ({error})") from None
    query = parse_qs(parts.query, keep_blank_values=True)
    named = query.pop("namespace", [namespace])[-1]
    if not named:
        raise ConfigurationError("Brain.url: the option 'namespace' must not be blank")
    if namespace not in ("default", named):
        raise ConfigurationError(f"Brain.namespace: the URL says {named!r}, the argument {namespace!r}")
    if query and parts.scheme in ("memory", "sqlite"):
        raise ConfigurationError(
            f"Brain.url: unknown option {next(iter(query))!r}; there is namespace (a ? in a path is written %3F)"
        )
    if parts.scheme in ("memory", "sqlite") and any(letter in url for letter in "#\t\r\n"):
        raise ConfigurationError(
            "Brain.url: must not hold a # or a line break; percent-encode it in a path (a # is written %23)"
        )
    if parts.scheme == "memory":
        return "memory", "", named
    if parts.scheme == "sqlite":
        if parts.netloc or not parts.path.strip("/"):
            raise ConfigurationError(
                "Brain.url: write sqlite:///relative.db or sqlite:////absolute.db, or just the path"
            )
        return "sqlite", _path_of(parts.path), named
    if parts.scheme in _REDIS_SCHEMES:
        return "redis", parts._replace(query=urlencode(query, doseq=True)).geturl(), named
    raise ConfigurationError(
        f"Brain.url: unknown scheme {parts.scheme!r}; use memory://, sqlite:///file.db, redis://, rediss:// or unix://"
    )


def _path_of(quoted: str) -> str:
    """The path that a URL names; `neuro.stores.sqlite_connection.url_of` is the way back."""
    path = os.fsdecode(unquote_to_bytes(quoted[1:]))
    if "\0" in path:
        raise ConfigurationError("Brain.url: must not hold a NUL character")
    return path


async def open_store(
    url: str | os.PathLike[str] | None, *, namespace: str = "default", durability: str = Durability.FAST
) -> Store:
    """Opens the store at a URL or path; none is ``memory://``, to which no ``durability`` applies.

    Raises:
        InvalidArgumentError: there is no such durability.
        ConfigurationError: `parse_url` says when.
    """
    level = Durability.of(durability, "durability")
    if isinstance(url, os.PathLike):
        url = os.fspath(url)
    scheme, location, namespace = parse_url("memory://" if url is None else url, namespace)
    if scheme == "memory":
        return MemoryStore()
    if scheme == "sqlite":
        sqlite = await asyncio.to_thread(_sqlite)
        return await sqlite.open(Path(location), namespace=namespace, durability=level)
    redis = await asyncio.to_thread(_redis)
    return await redis.open(location, namespace=namespace, durability=level)


async def store_exists(url: str, *, namespace: str = "default") -> bool:
    """Whether there is a store at a URL or path, be it empty; opens, makes and changes nothing.

    In a file there may still be nothing of this namespace.

    Raises:
        ConfigurationError: `parse_url` says when.
        StoreUnavailableError: the server cannot be reached.
    """
    scheme, location, namespace = parse_url(url, namespace)
    if scheme == "memory":
        return False
    if scheme == "sqlite":
        return await asyncio.to_thread(_is_filled, Path(location))
    redis = await asyncio.to_thread(_redis)
    return await redis.exists(location, namespace=namespace)


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


# A store is imported when it is first asked for, in a thread: redis.asyncio takes half a second.


def _sqlite() -> type[SQLiteStore]:
    from neuro.stores.sqlite import SQLiteStore

    return SQLiteStore


def _redis() -> type[RedisStore]:
    from neuro.stores.redis import RedisStore

    return RedisStore
