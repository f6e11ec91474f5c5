"""What the regions of one store in memory share: whether it is open, the highest fence, and the news."""

from __future__ import annotations

from collections import deque
from itertools import islice

from neuro.errors import LeaseLostError, StoreClosedError
from neuro.stores.base import Happening, News
from neuro.stores.fencing import current_fence

NEWS_REMEMBERED = 10_000
"""How many happenings the news reach back."""


class Ledger:
    """Of one store; a region that is used alone has its own."""

    def __init__(self) -> None:
        self.closed = False
        self.fence = 0
        self._position = 0
        self._happened: deque[tuple[Happening, str]] = deque(maxlen=NEWS_REMEMBERED)

    def check_open(self) -> None:
        """Raises StoreClosedError after the close."""
        if self.closed:
            raise StoreClosedError("this store is closed")

    def check_writable(self) -> None:
        """Open, and nobody else has got the lease under which the caller writes."""
        self.check_open()
        fence = current_fence()
        if fence is not None and fence < self.fence:
            raise LeaseLostError(f"the lease {fence} is lost: another brain has got the lease {self.fence}")

    def note(self, happening: Happening, engram_id: str) -> None:
        """What befell an engram."""
        self._happened.append((happening, engram_id))
        self._position += 1

    def news(self, since: str | None) -> News:
        """`neuro.stores.base.Store.news`; a position that was never given is a gap too."""
        now = str(self._position)
        if since is None:
            return News(now)
        missed = self._position - int(since) if since.isdecimal() else -1
        if not 0 <= missed <= len(self._happened):
            return News(now, gap=True)
        return News(now, tuple(islice(reversed(self._happened), missed))[::-1])
