"""How much is found that shares nothing with a question but a name which neither of the two says.

    python benchmarks/recall/over_names.py

Twenty things get a name in one turn each ("We got a beagle and named it Scout"), two more turns of other sessions tell
of each by that name alone, and 500 turns are about other things. Asked is "What happened with the beagle?": how many
of those two are among the first ten, with the brain's defaults and without lending over entities.
"""

from __future__ import annotations

import asyncio
import random

from neuro import Brain, BrainConfig
from neuro.clock import SimulatedClock
from neuro.entities import EntityParams
from neuro.units import HOUR

_NAMES = (
    "Scout Biscuit Luna Pepper Marlow Ziggy Olive Bramble Juno Otis Clementine Hazel Rufus Pixie Basil Nala Comet "
    "Tilly Moss Echo"
).split()
_THINGS = (
    "beagle|sailboat|parrot|campervan|pony|greenhouse robot|tabby|canoe|terrier|telescope|goat|motorbike|hedgehog|"
    "rowing boat|ferret|drone|tortoise|tractor|rabbit|accordion"
).split("|")
_NAMED = (
    "We adopted a {thing} from the shelter and named it {name}.",
    "My sister's {thing} is called {name}.",
    "I finally bought that old {thing}; we christened it {name}.",
    "The neighbours got a {thing} last week and they call it {name}.",
)
_TOLD = (
    "{} was at the repair place until Thursday, forty euros gone.",
    "Everybody on our street waved when {} came past this morning.",
    "This weekend {} kept us busy from dawn, mud everywhere.",
    "I spent the whole of Sunday cleaning {} with a toothbrush.",
)
_ELSE = (
    "The {a} at the {b} was {c} again.",
    "I keep thinking about the {a}; {c}, really.",
    "We talked about the {a} and the {b} all evening.",
    "Somebody left a {a} in front of the {b}.",
    "The {b} has a new {a}, rather {c}.",
)
_A = "soup window meeting concert ladder printer holiday recipe exam raincoat garden mural bridge speech lamp".split()
_B = "office library station museum bakery harbour school clinic market theatre".split()
_C = "dull splendid late expensive strange lovely noisy cold crowded bright".split()
_SESSION = 20


async def found_over_names(lending: float, *, seed: int, things: int = 20, others: int = 500) -> float:
    """Share of what was told by name that is found, in [0, 1]."""
    rng, clock = random.Random(seed), SimulatedClock(start=1.7e9)
    told: dict[str, list[str]] = {}
    turns: list[str] = []
    for name, thing in zip(_NAMES[:things], _THINGS, strict=False):
        turns.append(rng.choice(_NAMED).format(thing=thing, name=name))
        told[name] = [sentence.format(name) for sentence in rng.sample(_TOLD, 2)]
        turns += told[name]
    turns += [
        rng.choice(_ELSE).format(a=rng.choice(_A), b=rng.choice(_B), c=rng.choice(_C)) for _ in range(others)
    ]
    rng.shuffle(turns)
    async with Brain.create(clock=clock, config=BrainConfig(entities=EntityParams(lending=lending))) as brain:
        for number, turn in enumerate(turns):
            context = {"speaker": rng.choice(("Dana", "Tom")), "session": number // _SESSION}
            await brain.perceive(turn, context=context)
            await clock.advance(60.0)
            if number % _SESSION == _SESSION - 1:
                await clock.advance(8 * HOUR)
                await brain.sleep()
        await brain.sleep()
        found = 0
        for name, thing in zip(_NAMES[:things], _THINGS, strict=False):
            recall = await brain.recall(f"What happened with the {thing}?", limit=10, update=False)
            found += len({memory.engram.content for memory in recall} & {*told[name]})
    return found / sum(map(len, told.values()))


def main() -> None:
    """Prints both shares for three draws."""
    for seed in (1, 2, 3):
        shares = [asyncio.run(found_over_names(x, seed=seed)) for x in (EntityParams().lending, 0.0)]
        print(f"draw {seed}: {shares[0]:.1%} over names, {shares[1]:.1%} without")


if __name__ == "__main__":
    main()
