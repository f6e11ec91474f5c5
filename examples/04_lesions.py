"""Looking inside: regions are objects; inspect them, lesion them, restore them."""

import asyncio

from neuro import Brain


async def main() -> None:
    async with Brain.create() as brain:
        await brain.perceive("The spare key hangs behind the blue jug", memory_type="semantic")
        await brain.sleep()
        await brain.perceive("Tomas borrowed the ladder this morning")
        print("regions:", {name: region.intact for name, region in brain.regions.items()})
        brain.lesion("hippocampus")
        for cue in ("spare key", "who borrowed the ladder?"):
            found = await brain.recall(cue, limit=1, update=False)
            print(f"without a hippocampus, {cue!r}:", [(r.region, r.engram.content) for r in found])
        brain.restore("hippocampus")
        found = await brain.recall("who borrowed the ladder?", limit=1, update=False)
        print("restored:", [(r.region, r.engram.content) for r in found])
        print(brain.hippocampus.inspect())


asyncio.run(main())
