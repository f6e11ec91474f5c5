"""Where a Redis is, as a URL says it. A user name or password never appears in what is said of it."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from redis.asyncio.connection import parse_url

from neuro.errors import ConfigurationError

_YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class RedisAddress(NamedTuple):
    """What a URL says."""

    url: str
    """With the credentials masked and without options."""
    place: str
    """``host:port``, or the path of a socket."""
    options: dict[str, Any]
    """For a connection pool; holds the credentials."""
    cluster: bool | None = None
    """Whether it is a node of a cluster; None: the server says."""


def read_address(url: str) -> RedisAddress:
    """The address in a ``redis://``, ``rediss://`` or ``unix://`` URL.

    Raises:
        ConfigurationError: it cannot be read. The message does not repeat it: a password may be anywhere in it.
    """
    try:
        options: dict[str, Any] = dict(parse_url(url))
        parts = urlsplit(url)
        named = options.pop("cluster", None)
        cluster = None if named is None else _YES_OR_NO[named.lower()]
    except (KeyError, ValueError):
        raise _unreadable() from None
    options.setdefault("db", 0)
    credentials = ":***@" if options.get("username") or options.get("password") else ""
    if parts.scheme == "unix":
        if not options.get("path"):
            raise _unreadable()
        place = options["path"]
        return RedisAddress(f"unix://{credentials}{place}?db={options['db']}", place, options, cluster)
    database = parts.path.strip("/")
    if database and not database.isdecimal():
        raise _unreadable()
    place = name_node(options.setdefault("host", "localhost"), options.setdefault("port", 6379))
    return RedisAddress(f"{parts.scheme}://{credentials}{place}/{options['db']}", place, options, cluster)


def name_node(host: str, port: int) -> str:
    """``host:port``, an IPv6 address in brackets."""
    return f"{f'[{host}]' if ':' in host else host}:{port}"


def _unreadable() -> ConfigurationError:
    return ConfigurationError(
        "RedisStore.url: cannot be read; write redis://[user:password@]host[:port][/database], the same with "
        "rediss:// for TLS, or unix://[user:password@]/path/to/socket, special characters percent-encoded"
    )
