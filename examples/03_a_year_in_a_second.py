"""Simulated time: days, nights and months of an agent's life, exactly, in no time."""

import asyncio

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.presets import human
from neuro.units import DAY


async def main() -> None:
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=human()) as brain:
        once = (await brain.perceive("The ferry to Piran leaves at 9:40")).engram
        often = (await brain.perceive("The library closes at six on Fridays")).engram
        assert once is not None and often is not None
        for day in range(1, 366):
            await clock.advance(DAY)
            await brain.sleep()
            if day in (1, 4, 10, 30, 90):
                await brain.recall("When does the library close?", limit=1)
            if day in (1, 7, 30, 90, 365):
                ferry, library = [await brain.get(e.engram_id) for e in (once, often)]
                print(
                    f"day {day:3}: ferry, heard once {brain.retention(ferry):.2f}; "
                    f"library, recalled now and then {brain.retention(library):.2f}"
                )
        print("listed after a year:", [engram.content for engram in await brain.list()])
        found = await brain.recall("ferry to Piran", limit=1)
        print(
            "but a cue still finds:",
            found[0].engram.content,
            "-",
            "; ".join(str(r) for r in found[0].reasons),
        )


asyncio.run(main())
