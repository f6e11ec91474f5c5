"""Records that cannot be read, as a process meets them on its way."""

from __future__ import annotations

import logging
from collections.abc import Collection

_LOGGER = logging.getLogger("neuro")


class Unreadable:
    """What could not be read so far, by key; it warns once of each. Any thread may call it.

    Args:
        url: of the store, without a password.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._reasons: dict[str, str] = {}

    def note(self, key: str, error: Exception) -> None:
        """A record turned out to be unreadable."""
        if key not in self._reasons:
            self._reasons[key] = str(error)
            _LOGGER.warning("%s: a record cannot be read and is left out: %s", self._url, error)

    def forget(self, key: str) -> None:
        """It can be read by now, is gone, or is put aside."""
        self._reasons.pop(key, None)

    def forget_all(self, start: str, but: Collection[str] = ()) -> None:
        """The same of all whose keys begin so, but for some."""
        for key in self.reasons:
            if key.startswith(start) and key not in but:
                self.forget(key)

    @property
    def reasons(self) -> dict[str, str]:
        """Why, by key; a copy."""
        return dict(self._reasons)
