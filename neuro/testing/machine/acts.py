"""What a program makes a brain do, and programs drawn at random.

Acts name engrams by number and contents by their words, so a program stays one when acts are left out of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from neuro.engram import MemoryType
from neuro.units import DAY, HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class Perceive:
    """Perceives; by chance something new, a repeat, or what differs from another content in a digit."""

    content: str
    memory_type: MemoryType = MemoryType.EPISODIC
    speaker: str | None = None
    salience: float | None = None
    reward: float | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """Recalls, or with ``update`` False only probes."""

    cue: str
    limit: int = 5
    update: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Begins to probe, and gives up after so many steps of the event loop: nothing but that changes."""

    cue: str
    steps: int


@dataclass(frozen=True, slots=True)
class Seek:
    """Probes with the content of an engram by number, which must be found."""

    number: int


@dataclass(frozen=True, slots=True)
class Reinforce:
    """Says of an engram by number that it was used."""

    number: int


@dataclass(frozen=True, slots=True)
class Get:
    """Gets the engram with this number (of all that ever were, counted round)."""

    number: int


@dataclass(frozen=True, slots=True)
class Browse:
    """Lists everything, the dormant too."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Forgets an engram by number."""

    number: int


@dataclass(frozen=True, slots=True)
class Pin:
    """Pins an engram by number, or unpins it."""

    number: int
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class Sleep:
    """Lives through a night."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Lets seconds of simulated time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reopen:
    """Closes the brain and opens it again, with everything restored and recovered."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Ends the brain as a crash of its process does, amid whatever it does, and opens another one in its stead."""


@dataclass(frozen=True, slots=True)
class Lesion:
    """Takes a region out of action."""

    region: str


@dataclass(frozen=True, slots=True)
class Restore:
    """Restores every lesioned region."""


@dataclass(frozen=True, slots=True)
class Outage:
    """From here on no verb of the store succeeds."""


@dataclass(frozen=True, slots=True)
class LoseReply:
    """The next ``verb`` is carried out by the store, but its reply is lost."""

    verb: str


@dataclass(frozen=True, slots=True)
class Recover:
    """The store is well again."""


@dataclass(frozen=True, slots=True)
class Together:
    """Carries out acts as tasks at once."""

    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """The other brain in the place carries out an act."""

    act: Act


Act = (
    Perceive
    | Recall
    | GiveUp
    | Seek
    | Reinforce
    | Get
    | Browse
    | Forget
    | Pin
    | Sleep
    | Wait
    | Reopen
    | Kill
    | Lesion
    | Restore
    | Outage
    | LoseReply
    | Recover
    | Together
    | Other
)

OnOne = Seek | Reinforce | Get | Forget | Pin
"""Acts that name one engram."""

Program = tuple[Act, ...]
"""What one life consists of."""

ALL = 100
"""A limit beyond the number of engrams of any program."""

_PEOPLE = ("Dana", "Omar")
_THINGS = ("keys", "violin")
_ENDINGS = ("", "", "", " at stop 1", " at stop 2")
_TYPES = (MemoryType.EPISODIC, MemoryType.SEMANTIC, MemoryType.PROCEDURAL, MemoryType.HABITUAL)
"""What else there is lives as these do."""
_SPEAKERS = (None, None, None, None, "Ana")
_SALIENCES = (None, None, 0.2, 0.9)
_REWARDS = (None, None, None, 0.8, -0.5)
_PAUSES = (30.0, 20 * MINUTE, 5 * HOUR, 16 * HOUR, 3 * DAY, 40 * DAY, 40 * DAY)
_STEPS = (1, 3, 5, 8, 12, 20)
_LOSABLE = ("write", "amend", "demote", "amend_document", "adopt", "beat", "acquire", "release")
_REGIONS = ("hippocampus", "neocortex", "cerebellum", "basal_ganglia")


def draw_program(
    rng: random.Random, *, length: int = 20, together: bool = True, trouble: bool = False, brains: int = 1
) -> Program:
    """A random program.

    Args:
        length: number of acts; those within a `Together` count as one.
        together: whether acts meet; without, any two stores that keep the contract end up alike.
        trouble: whether regions are lesioned, brains killed, and the store fails.
        brains: how many share the place, 1 or 2.
    """
    return tuple(draw_act(rng, together=together, trouble=trouble, brains=brains) for _ in range(length))


def draw_act(rng: random.Random, *, together: bool = True, trouble: bool = False, brains: int = 1) -> Act:
    """A random act; see `draw_program`."""
    if trouble and rng.random() < 0.15:
        act = _trouble(rng, together)
    elif together and rng.random() < 0.3:
        act = _together(rng, trouble)
    else:
        draws = (_perceive, _recall, _give_up, _on_one, _sleep, _wait, _reopen)
        [draw] = rng.choices(draws, (12, 4, 1, 6, 3, 4, 1))
        act = draw(rng)
    return act if brains == 1 else _given_out(rng, act)


def _given_out(rng: random.Random, act: Act) -> Act:
    """The same by one of two brains, or by both."""
    if isinstance(act, Together):
        return Together(tuple(_given_out(rng, one) for one in act.acts))
    return Other(act) if rng.random() < 0.5 else act


def _meeting(rng: random.Random, number: int, trouble: bool) -> Act:
    """An act that may meet others: anything but time passing and reopening."""
    if trouble and rng.random() < 0.1:
        return _trouble(rng, together=False)
    if rng.random() < 0.35:
        return _on_one(rng, number)
    [draw] = rng.choices((_perceive, _recall, _give_up, _sleep), (3, 4, 1, 2))
    return draw(rng)


def _together(rng: random.Random, trouble: bool) -> Together:
    number = rng.choice(
        (-1, -2, rng.randrange(ALL))
    )  # acts get in each other's way on one engram, best a new one
    acts = [_meeting(rng, number, trouble) for _ in range(rng.randint(2, 6))]
    if rng.random() < 0.3:  # the same act twice at once is where counts and repeats go wrong
        acts.append(rng.choice(acts))
    return Together(tuple(acts))


def _content(rng: random.Random) -> str:
    words = f"{rng.choice(_PEOPLE)} forgot the {rng.choice(_THINGS)}"
    ending = rng.choice(_ENDINGS)
    return f"  {words}\n{ending}" if rng.random() < 0.1 else words + ending


def _perceive(rng: random.Random) -> Perceive:
    return Perceive(
        _content(rng),
        rng.choice(_TYPES),
        rng.choice(_SPEAKERS),
        rng.choice(_SALIENCES),
        rng.choice(_REWARDS),
    )


def _recall(rng: random.Random) -> Recall:
    cue = rng.choice((_content(rng), rng.choice(_THINGS), rng.choice(_PEOPLE)))
    return Recall(cue, rng.choice((1, 3, ALL)), rng.random() < 0.8)


def _give_up(rng: random.Random) -> GiveUp:
    return GiveUp(rng.choice(_PEOPLE), rng.choice(_STEPS))


def _on_one(rng: random.Random, number: int | None = None) -> Act:
    number = rng.randrange(ALL) if number is None else number
    acts = (
        Seek(number),
        Get(number),
        Forget(number),
        Pin(number),
        Pin(number, False),
        Reinforce(number),
        Browse(),
    )
    [act] = rng.choices(acts, (3, 1, 3, 1, 1, 2, 1))
    return act


def _sleep(rng: random.Random) -> Sleep:
    return Sleep()


def _wait(rng: random.Random) -> Wait:
    return Wait(rng.choice(_PAUSES))


def _reopen(rng: random.Random) -> Reopen:
    return Reopen()


def _trouble(rng: random.Random, together: bool) -> Act:
    lost = LoseReply(rng.choice(_LOSABLE))
    if together and rng.random() < 0.3:
        return Together((lost, Sleep()))  # a night that ends half-way is where engrams get lost
    if together and rng.random() < 0.2:
        return Together((*(_meeting(rng, -1, False) for _ in range(3)), Kill()))
    return rng.choice((Lesion(rng.choice(_REGIONS)), Restore(), Outage(), lost, Recover(), Recover(), Kill()))
