"""Massed and spaced practice: five recalls a minute, a day or a week apart, and what is left of them.

    python examples/05_massed_and_spaced.py                                  # prints
    python examples/05_massed_and_spaced.py examples/massed_and_spaced.svg   # draws too

Drawing needs matplotlib: pip install 'neuro-brain[plot]'
"""

import asyncio
import sys

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.presets import human
from neuro.units import DAY, MINUTE

GAPS = {"a minute apart": MINUTE, "a day apart": DAY, "a week apart": 7 * DAY}
DAYS = 60


async def wait(brain: Brain, clock: SimulatedClock, seconds: float) -> None:
    """Lives on, with a night's sleep at the end of every day."""
    nights, rest = divmod(seconds, DAY)
    for _ in range(int(nights)):
        await clock.advance(DAY)
        await brain.sleep()
    await clock.advance(rest)


async def forgetting(gap: float) -> list[float]:
    """Retention on each of the days after five recalls at a gap."""
    clock = SimulatedClock()
    async with Brain.create(config=human(), clock=clock) as brain:
        heard = (await brain.perceive("The bakery on Hill Road closes on Tuesdays")).engram
        assert heard is not None
        for _ in range(5):
            await wait(brain, clock, gap)
            await brain.recall("When is the bakery closed?", limit=1)
        curve: list[float] = []
        for _ in range(DAYS + 1):
            curve.append(brain.retention(await brain.get(heard.engram_id)))
            await wait(brain, clock, DAY)
        return curve


def draw(curves: dict[str, list[float]], path: str) -> None:
    try:
        import matplotlib
    except ImportError:
        raise SystemExit("Drawing needs matplotlib: pip install 'neuro-brain[plot]'") from None
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "neuro", "svg.fonttype": "none", "font.size": 11})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 4.0), layout="constrained")
    for (label, curve), colour in zip(curves.items(), ("#b2182b", "#4393c3", "#08519c"), strict=True):
        axes.plot(range(len(curve)), curve, color=colour, linewidth=2)
        axes.annotate(label, (DAYS, curve[-1]), (6, 0), textcoords="offset points", color=colour, va="center")
    axes.set(
        title="Five recalls of the same memory, then none",
        xlabel="days since the last recall",
        ylabel="retention (probability of recall)",
        xlim=(0, DAYS),
        ylim=(0, 1),
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


async def main() -> None:
    curves = {label: await forgetting(gap) for label, gap in GAPS.items()}
    for label, curve in curves.items():
        shown = ", ".join(f"after {day:2} days {curve[day]:.2f}" for day in (1, 7, 30, DAYS))
        print(f"five recalls {label:14}: {shown}")
    if len(sys.argv) > 1:
        draw(curves, sys.argv[1])


asyncio.run(main())
