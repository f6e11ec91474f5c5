"""The quick start: perceive, recall, sleep, forget. Wants a Redis at localhost:6379 (docker compose up -d)."""

import asyncio

from neuro import Brain, Hippocampus, MemoryType, compute_retention, time_until_forgotten


async def main():
    brain = await Brain.create(redis_url="redis://localhost:6379", sleep_interval_seconds=30.0)
    await brain.perceive("Paris is the capital of France", memory_type=MemoryType.SEMANTIC)
    await brain.perceive(
        "I had a great meeting with Alice today", memory_type=MemoryType.EPISODIC, salience=0.8
    )
    await brain.perceive(
        "To debug Python: add breakpoint(), run, inspect locals", memory_type=MemoryType.PROCEDURAL
    )
    await brain.perceive("User always prefers concise answers", memory_type=MemoryType.HABITUAL, reward=0.9)
    for engram, score in await brain.recall("capital city Europe"):
        print(
            f"{score:.3f}  [{engram.memory_type}]  {engram.content}",
            compute_retention(engram),
            time_until_forgotten(engram),
        )
    print(f"Working memory: {len(brain.working_memory)} / 7 slots")
    stats = await brain.sleep()
    print(stats, stats["consolidated"], set(stats))  # a mapping: at least consolidated, pruned_wm, pruned_ltm
    await brain.start_sleep_cycle()
    await brain.stop_sleep_cycle()
    await brain.forget(engram.engram_id)
    await brain.close()
    print(Hippocampus().pattern_complete("what did we discuss about Redis?", top_k=10))


asyncio.run(main())
