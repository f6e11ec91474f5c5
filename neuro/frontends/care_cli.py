"""The commands that look after a store, as they are typed: ``health``, ``check``, ``backup``, ``restore``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from neuro import InvalidArgumentError
from neuro.frontends import care
from neuro.frontends.options import AsJson, Namespace, StoreName, told
from neuro.frontends.places import Place
from neuro.frontends.screen import Screen
from neuro.stores.base import Durability

NOT_WELL = 1
"""The exit code of a command that found something wrong."""


def health(
    store: StoreName = None,
    *,
    namespace: Namespace = "default",
    durability: Annotated[
        Durability, told("As what your programs open the store: what they rely on is looked at.")
    ] = Durability.FAST,
    json: AsJson = False,
) -> int:
    """Say how well a store keeps what it is given.

    What an acknowledged write has survived, what weakens that and what to do about it, and which records are in the
    quarantine. It is quick, for it does not look at every record: whether all can be read says "neuro check". What
    waits in a program's own buffer while the store is away, only that program can say: Brain.health().

    Exit codes: 0 all is well, 1 something is of concern (then what is perceived may be lost, or cannot be stored) or
    in the quarantine, until that is emptied ("neuro check --empty-quarantine --yes"); 1 also if nothing can be said.

    For example:

        neuro health
        neuro health notes.db --json
        neuro health redis://localhost:6379 --namespace ann --durability full
    """
    work = care.health(Place.of(store, namespace), Screen(as_json=json), durability)
    return 0 if asyncio.run(work) else NOT_WELL


def check(
    store: StoreName = None,
    *,
    namespace: Namespace = "default",
    repair: Annotated[
        bool, told("Mend what is mendable; what cannot be read goes into the quarantine, out of the way.")
    ] = False,
    empty_quarantine: Annotated[
        bool, told("Before that, delete for good what is in the quarantine; it needs --yes.")
    ] = False,
    yes: Annotated[bool, told("Do so: without it only say how much is in the quarantine.")] = False,
    json: AsJson = False,
) -> int:
    """Look at everything stored, and name what does not fit together.

    Records that cannot be read, indexes that do not fit them, engrams in two regions, links and documents that lead
    nowhere. Brains may go on using the store. It reads everything, so it takes a while. Then it lists what is in the
    quarantine.

    Exit codes: 0 nothing was found, or all of it is mended; 1 something is left.

    For example:

        neuro check
        neuro check notes.db --repair
        neuro check notes.db --empty-quarantine --yes
        neuro check redis://localhost:6379 --namespace ann --json
    """
    place, screen = Place.of(store, namespace), Screen(as_json=json)
    work = care.check(place, screen, repair=repair, empty=empty_quarantine, sure=yes)
    return 0 if asyncio.run(work) else NOT_WELL


def backup(
    first: Annotated[str, told("The store; or the file, if nothing else is given.")],
    file: Annotated[str | None, told("The backup: a new file.")] = None,
    /,
    *,
    store: StoreName = None,
    namespace: Annotated[str, told("Which of the brains on a Redis; a file is saved with all.")] = "default",
    json: AsJson = False,
) -> None:
    """Save a store to a new file while brains go on using it.

    The file is a store itself: every command can look into it. It appears when it is whole and checked, and nothing
    is overwritten; what was interrupted is done again by the same command. Of a file it holds all namespaces at one
    moment; of a Redis one namespace, without what was forgotten until the end.

    For example:

        neuro backup monday.db
        neuro backup notes.db monday.db
        neuro backup redis://localhost:6379 ann.db --namespace ann
    """
    if file is not None and store is not None:
        raise InvalidArgumentError("backup: name the store once (got it before the file and with --store)")
    named, into = (store, first) if file is None else (first, file)
    if "://" in into:
        raise InvalidArgumentError(
            "backup: a store is saved to a file (got a URL): name that after the store"
        )
    asyncio.run(care.backup(Place.of(named, namespace), Screen(as_json=json), Path(into).expanduser()))


def restore(
    file: Annotated[str, told("The backup.")],
    store: StoreName = None,
    *,
    namespace: Annotated[str, told("Which of the brains on a Redis; a file gets all.")] = "default",
    source: Annotated[
        str | None,
        told(
            "For a Redis: which namespace of the backup. If not given: that of --namespace, or the only one."
        ),
    ] = None,
    json: AsJson = False,
) -> int:
    """Restore a backup into a place where there is nothing yet, and check it there.

    Nothing is ever replaced. To put a backup in the place of a file, end the programs that use that, move it away
    with the -wal and -shm beside it, and restore; on a Redis, restore into another namespace. A file appears when it
    is whole and checked. What was interrupted is done again by the same command.

    Exit codes: 0 done, 1 it could not be done, or the backup has flaws that "neuro check --repair" may mend.

    For example:

        neuro restore monday.db notes.db
        neuro restore ann.db redis://localhost:6379 --namespace ann
        neuro restore ann.db redis://localhost:6379 --namespace copy --source ann
    """
    work = care.restore(Place.of(store, namespace), Screen(as_json=json), Path(file).expanduser(), source)
    return 0 if asyncio.run(work) else NOT_WELL
