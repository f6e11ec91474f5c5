"""What each command asks a brain, and what of the answer it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from neuro import Brain, InvalidArgumentError, Stimulus, Where
from neuro.frontends import pages
from neuro.frontends.ingest import ingest
from neuro.frontends.looking import described, find_engram, full_id, owner_of, wires
from neuro.frontends.places import Place
from neuro.frontends.rendering import counted
from neuro.frontends.screen import Screen
from neuro.frontends.turns import Transcript

_PAGE = 500
"""Engrams that are listed at once."""


async def add(place: Place, screen: Screen, stimuli: Sequence[Stimulus]) -> None:
    """Perceives."""
    async with place.brain(writing=True) as brain:
        perceptions = await brain.perceive_many(stimuli)
        kept = brain.store.durable
    for perception in perceptions:
        pages.show_perception(screen, perception)
    screen.emit({"perceptions": [perception.to_dict() for perception in perceptions]})
    if not kept:
        screen.note(f"nothing outlives this command at {brain.store.url}")


async def recall(
    place: Place, screen: Screen, cue: str, *, limit: int, where: Where, update: bool, verbose: bool
) -> None:
    """Recalls."""
    async with place.brain(writing=False) as brain:
        found = await brain.recall(cue, limit=limit, where=where, update=update)
    pages.show_recall(screen, found, verbose=verbose)
    screen.emit(found.to_dict())
    if found.silent:
        screen.note(f"these regions could not be reached: {', '.join(found.silent)}")


async def sleep(place: Place, screen: Screen) -> None:
    """Lives through a night."""
    async with place.brain(writing=False) as brain:
        report = await brain.sleep()
    pages.show_night(screen, report)
    screen.emit(report.to_dict())


async def forget(place: Place, screen: Screen, asked: str, *, hard: bool) -> None:
    """Deletes an engram."""
    async with place.brain(writing=False) as brain:
        engram = await find_engram(brain, asked)
        forgetting = await brain.forget(engram.engram_id, hard=hard)
    pages.show_forgotten(screen, engram)
    pages.show_remains(screen, forgetting.remains)
    screen.emit({"forgotten": engram.engram_id, "content": engram.content, "remains": forgetting.remains})


async def forget_where(place: Place, screen: Screen, where: Where, *, hard: bool, sure: bool) -> None:
    """Deletes all engrams that match.

    Raises:
        InvalidArgumentError: the user is not ``sure``; says how many there are.
    """
    async with place.brain(writing=False) as brain:
        if not sure:
            raise InvalidArgumentError(
                f"forget: these options mean {counted(await _count(brain, where), 'memory')}, add --yes to forget them"
            )
        forgettings = await brain.forget_where(where, hard=hard)
    remains = forgettings[0].remains if forgettings else None
    screen.say(f"Forgotten for good: {counted(len(forgettings), 'memory')}.")
    pages.show_remains(screen, remains)
    screen.emit({"forgotten": [forgetting.engram_id for forgetting in forgettings], "remains": remains})


async def _count(brain: Brain, where: Where) -> int:
    """How many engrams match, dormant ones too."""
    total, last = 0, None
    while page := await brain.list(where=where, limit=_PAGE, after=last, dormant=True):
        total, last = total + len(page), page[-1].engram_id
    return total


async def browse(
    place: Place, screen: Screen, *, limit: int, where: Where, dormant: bool, after: str | None
) -> None:
    """Lists engrams in order of encoding."""
    async with place.brain(writing=False) as brain:
        beyond = None if after is None else await full_id(brain, after)
        found = await brain.list(limit=limit, where=where, dormant=dormant, after=beyond)
        listed = [described(brain, engram) for engram in found]
        left = [(engram, brain.retention(engram), brain.hours_left(engram)) for engram in found]
    pages.show_list(screen, left)
    screen.emit({"engrams": listed})
    if len(found) == limit:
        screen.note(f"there may be more: --after {found[-1].engram_id}")


async def show(place: Place, screen: Screen, asked: str) -> None:
    """Shows all about one engram."""
    async with place.brain(writing=False) as brain:
        engram = await find_engram(brain, asked)
        region = await owner_of(brain, engram.engram_id)
        wired = await wires(brain, engram.engram_id)
        record = described(brain, engram)
        pages.show_engram(screen, engram, region, brain.retention(engram), brain.hours_left(engram), wired)
    wiring = [{**w.association._asdict(), "content": w.engram.content} for w in wired]
    screen.emit({**record, "region": region, "associations": wiring})


async def why(place: Place, screen: Screen, asked: str) -> None:
    """Says why an engram is as retrievable as it is, and when it will fade."""
    async with place.brain(writing=False) as brain:
        explanation = await brain.explain(await full_id(brain, asked))
    pages.show_why(screen, explanation)
    screen.emit(explanation.to_dict())


async def stats(place: Place, screen: Screen) -> None:
    """Shows where the memory is and what is in it."""
    async with place.brain(writing=False) as brain:
        figures = {"namespace": place.brain_name, **await brain.stats()}
    pages.show_stats(screen, figures)
    screen.emit(figures)


async def live_through(place: Place, screen: Screen, transcript: Transcript, source: str) -> None:
    """Ingests a conversation."""
    with screen.progress("turns") as bar:
        done = await ingest(place, transcript, on_start=bar.start, on_turn=bar.step)
    for line, error in transcript.bad_lines:
        screen.note(f"{source}, line {line}: {error}")
    pages.show_ingestion(screen, done, len(transcript.bad_lines))
    screen.emit({**asdict(done), "bad_lines": [bad._asdict() for bad in transcript.bad_lines]})
