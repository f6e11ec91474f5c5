"""A state machine over whole brains: random programs of acts of one or two that share a place, also at once, over a
store that fails, and with brains that are killed, after each of which a model says what must be true.

::

    for seed in range(100):
        await live(draw_program(random.Random(seed)), seed=seed)

An `AssertionError` names the program and the act. A program stays one when acts are left out of it, so any shrinker
can make it small, and ``hypothesis.strategies.randoms(use_true_random=False).map(draw_act)`` draws acts that shrink.
"""

from neuro.testing.machine.acts import (
    ALL,
    Act,
    Browse,
    Forget,
    Get,
    GiveUp,
    Kill,
    Lesion,
    LoseReply,
    Other,
    Outage,
    Perceive,
    Pin,
    Program,
    Recall,
    Recover,
    Reinforce,
    Reopen,
    Restore,
    Seek,
    Sleep,
    Together,
    Wait,
    draw_act,
    draw_program,
)
from neuro.testing.machine.image import Image, differences, take_image
from neuro.testing.machine.living import MACHINE_CONFIG, live
from neuro.testing.machine.places import OpenPlace, memory_place

__all__ = [
    "ALL",
    "MACHINE_CONFIG",
    "Act",
    "Browse",
    "Forget",
    "Get",
    "GiveUp",
    "Image",
    "Kill",
    "Lesion",
    "LoseReply",
    "OpenPlace",
    "Other",
    "Outage",
    "Perceive",
    "Pin",
    "Program",
    "Recall",
    "Recover",
    "Reinforce",
    "Reopen",
    "Restore",
    "Seek",
    "Sleep",
    "Together",
    "Wait",
    "differences",
    "draw_act",
    "draw_program",
    "live",
    "memory_place",
    "take_image",
]
