"""The index that is filled at the first question."""

import asyncio
from collections.abc import Sequence

from neuro.engram import Engram
from neuro.errors import StoreUnavailableError
from neuro.stores.warm_index import WarmIndex
from neuro.testing.samples import sample_engram, sample_id


class Pages:
    """Engrams 1 to 4, two at a time, each page once it is turned."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.opened = asyncio.Event()
        self.turned = asyncio.Event()
        self.broken: set[str | None] = set()

    async def read_after(self, after: str | None) -> Sequence[Engram]:
        self.asked.append(after)
        self.opened.set()
        await self.turned.wait()
        if after in self.broken:
            raise StoreUnavailableError("away")
        start = 1 if after is None else int(after, 16) + 1
        return [sample_engram(n) for n in range(start, min(start + 2, 5))]


EVERY_PAGE = [None, sample_id(2), sample_id(4)]


async def test_those_who_ask_at_once_share_one_filling() -> None:
    pages = Pages()
    pages.turned.set()
    index = WarmIndex(pages.read_after)
    filled = await asyncio.gather(*(index.filled() for _ in range(5)))
    assert [len(one) for one in filled] == [4] * 5
    assert len(await index.filled()) == 4
    assert pages.asked == EVERY_PAGE


async def test_a_filling_goes_on_when_the_one_who_asked_is_cancelled() -> None:
    pages = Pages()
    index = WarmIndex(pages.read_after)
    first = asyncio.create_task(index.filled())
    await pages.opened.wait()
    first.cancel()
    await asyncio.wait([first])
    pages.turned.set()
    assert len(await index.filled()) == 4
    assert pages.asked == EVERY_PAGE


async def test_a_filling_that_failed_goes_on_where_it_stopped() -> None:
    pages = Pages()
    pages.turned.set()
    pages.broken = {sample_id(2)}
    index = WarmIndex(pages.read_after)
    failed = await asyncio.gather(*(index.filled() for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in failed] == [StoreUnavailableError] * 3
    pages.broken = set()
    assert len(await index.filled()) == 4
    assert pages.asked == [None, sample_id(2), sample_id(2), sample_id(4)]


async def test_what_is_written_while_it_fills_is_not_undone_by_an_older_page() -> None:
    pages = Pages()
    index = WarmIndex(pages.read_after)
    asking = asyncio.create_task(index.filled())
    await pages.opened.wait()
    index.remove(sample_id(1))
    index.remove(sample_id(2))
    index.add([sample_engram(2), sample_engram(9)])
    pages.turned.set()
    filled = await asking
    assert [n for n in (1, 2, 3, 4, 9) if sample_id(n) in filled] == [2, 3, 4, 9]


async def test_closing_waits_for_a_filling() -> None:
    pages = Pages()
    index = WarmIndex(pages.read_after)
    await index.aclose()
    asking = asyncio.create_task(index.filled())
    await pages.opened.wait()
    closing = asyncio.create_task(index.aclose())
    pages.turned.set()
    await closing
    assert len(await asking) == 4
