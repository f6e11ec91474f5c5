"""What the commands that look after a store ask it, and what of the answer they show; no brain is opened."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

from neuro import InvalidArgumentError
from neuro.frontends import care_pages as pages
from neuro.frontends.places import Place
from neuro.frontends.rendering import counted
from neuro.frontends.screen import Screen
from neuro.stores import backups
from neuro.stores.opening import store_exists


async def health(place: Place, screen: Screen, durability: str) -> bool:
    """Shows how well a store keeps what it is given; whether nothing is to be done."""
    async with place.opened(durability=durability) as store:
        found = await store.health()
        aside = len(await store.quarantine())
        url = store.url
    well = not found.concerns and not found.quarantined
    pages.show_health(screen, url, place.brain_name, found, aside)
    screen.emit({"store": url, "namespace": place.brain_name, "healthy": well, **found._asdict()})
    return well


async def check(place: Place, screen: Screen, *, repair: bool, empty: bool, sure: bool) -> bool:
    """Looks at everything stored; whether nothing is wrong any more.

    Args:
        empty: deletes first what is in quarantine; what is put aside now stays.
        sure: that the user wants that.

    Raises:
        InvalidArgumentError: the user is not ``sure``; says how much there is.
    """
    async with place.opened() as store:
        doomed = await store.quarantine() if empty else []
        if doomed and not sure:
            size = sum(record.size for record in doomed)
            raise InvalidArgumentError(
                f"check: the quarantine keeps {counted(len(doomed), 'record')} of {counted(size, 'byte')}, add --yes"
                " to delete them for good"
            )
        await store.discard([record.key for record in doomed])
        with screen.progress("looking at everything"):
            flaws = await store.verify(repair=repair)
        kept = await store.quarantine()
        url = store.url
    left = sum(not flaw.repaired for flaw in flaws)
    if empty:
        screen.say(f"Deleted for good: {counted(len(doomed), 'record')} in quarantine.")
    pages.show_flaws(screen, flaws, repair=repair)
    pages.show_quarantine(screen, kept)
    screen.emit(
        {
            "store": url,
            "namespace": place.brain_name,
            "flaws": [flaw._asdict() for flaw in flaws],
            "left": left,
            "quarantine": [record._asdict() for record in kept],
            "deleted": [record.key for record in doomed],
        }
    )
    return not left


async def backup(place: Place, screen: Screen, file: Path) -> None:
    """Saves a store to a file."""
    if not await store_exists(place.url, namespace=place.namespace):
        raise place.nothing()
    with screen.progress("engrams") as bar:
        done = await backups.save(place.url, file, namespace=place.namespace, on_engrams=bar.step)
    pages.show_backup(screen, "Saved", done, str(file))
    size = (await asyncio.to_thread(file.stat)).st_size
    screen.emit({"file": str(file), "bytes": size, "engrams": done.engrams, "unreadable": done.unreadable})


async def restore(place: Place, screen: Screen, file: Path, source: str | None) -> bool:
    """Restores a store from a file; whether it has no flaws."""
    await asyncio.to_thread(place.make_folder)
    with screen.progress("engrams") as bar:
        done = await backups.restore(
            file, place.url, namespace=place.namespace, source=source, on_engrams=bar.step
        )
    pages.show_backup(screen, "Restored", done, str(file))
    if done.flaws:
        pages.show_flaws(screen, done.flaws, repair=False)
    screen.emit({"file": str(file), **asdict(done), "flaws": [flaw._asdict() for flaw in done.flaws]})
    return not done.flaws
