"""An assistant that remembers: every turn is perceived, every question recalled, nights run in the background."""

import asyncio
import sys

from neuro import Brain


async def converse(brain: Brain, speaker: str, text: str) -> None:
    """What an agent does with each message: remember it, and put what it recalls into its prompt."""
    recall = await brain.recall(text, limit=3)
    for memory in recall:
        print(f"    remembers: {memory.engram.speaker}: {memory.engram.content}  ({memory.reasons[0]})")
    await brain.perceive(text, context={"speaker": speaker, "session": "kitchen"})
    print(f"{speaker}: {text}")
    if recall:
        await brain.reinforce(recall[0].engram.engram_id)  # the one that was used is strengthened


async def main(url: str) -> None:
    async with Brain.create(url, sleep_interval_seconds=60.0) as brain:
        await brain.start_sleep_cycle()
        await converse(brain, "Ada", "My sister Ines is allergic to walnuts.")
        await converse(brain, "Ada", "She visits us on the first Sunday of May.")
        await converse(brain, "Ada", "I want to bake a carrot cake this weekend.")
        await converse(brain, "Ada", "What can I bake when Ines visits?")
        print("on the mind:", [chunk.content for chunk in brain.working_memory])


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "memory://"))
