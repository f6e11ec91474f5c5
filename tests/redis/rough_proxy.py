"""A way to a server on which bytes are delayed, cut short and lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum


class Mishap(StrEnum):
    """What may befall a piece of what is said."""

    DELAY = "delay"
    """It comes late."""
    TRUNCATE = "truncate"
    """A part of it comes, then the connection is closed."""
    DROP = "drop"
    """Nothing of it comes, and the connection is closed."""


class RoughProxy:
    """Counts what it has done, by mishap; takes all chances from one generator."""

    def __init__(self, port: int, rng: random.Random, rates: dict[Mishap, float]) -> None:
        self._port = port
        self._rng = rng
        self.rates = rates
        """Chance of each mishap for a piece, in either direction; they may be changed at any time."""
        self.happened = dict.fromkeys(Mishap, 0)
        self.address = ""
        self.connections = 0
        self._pipes: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        there = None
        try:
            from_there, there = await asyncio.open_connection("127.0.0.1", self._port)
            ways = {
                asyncio.create_task(self._carry(reader, there)),
                asyncio.create_task(self._carry(from_there, writer)),
            }
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()
            self._pipes.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                mishap = self._mishap()
                if mishap == Mishap.DROP:
                    return
                if mishap == Mishap.TRUNCATE:
                    piece = piece[: self._rng.randrange(len(piece))]
                if mishap == Mishap.DELAY:
                    await asyncio.sleep(0.05 * self._rng.random())
                writer.write(piece)
                await writer.drain()
                if mishap == Mishap.TRUNCATE:
                    return

    def _mishap(self) -> Mishap | None:
        chance = self._rng.random()
        for mishap, rate in self.rates.items():
            if chance < rate:
                self.happened[mishap] += 1
                return mishap
            chance -= rate
        return None

    async def end(self) -> None:
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)


@asynccontextmanager
async def proxied(port: int, rng: random.Random, rates: dict[Mishap, float]) -> AsyncIterator[RoughProxy]:
    """A proxy to a port of this machine."""
    proxy = RoughProxy(port, rng, rates)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listener.close()
        await proxy.end()
