"""What the commands that look after a store show."""

from __future__ import annotations

from collections.abc import Sequence

from neuro.frontends.rendering import ASIDE, CONTENT, counted
from neuro.frontends.screen import Screen
from neuro.stores.backups import Backup
from neuro.stores.base import Flaw, Health, Quarantined

_LABEL = 12


def show_health(screen: Screen, url: str, namespace: str, health: Health, aside: int) -> None:
    """How well a store keeps what it is given: first what is of concern; ``aside`` records are in quarantine."""
    screen.say(url, lead=f"{'store':<{_LABEL}}")
    screen.say(namespace, lead=f"{'namespace':<{_LABEL}}")
    screen.say(health.durability, lead=f"{'durability':<{_LABEL}}")
    for concern in health.concerns:
        screen.say((concern, CONTENT), lead=f"{'concern':<{_LABEL}}")
    for record in health.quarantined:
        screen.say((record, CONTENT), lead=f"{'unreadable':<{_LABEL}}")
    for name, able in health.capabilities.items():
        screen.say(f"{name}: {_shown(able)}", lead=f"{'server':<{_LABEL}}")
    for name, fact in health.details.items():
        screen.say((f"{name}: {_shown(fact)}", ASIDE), lead=" " * _LABEL)
    met = len(health.quarantined) - aside
    if met > 0:
        screen.say(
            f"{counted(met, 'record')} cannot be read: neuro check --repair puts aside what cannot be mended."
        )
    if aside:
        screen.say(
            f"{counted(aside, 'record')} in quarantine, as good as gone: look at what there is (neuro check); then"
            " restore a backup, or delete for good what does not matter (neuro check --empty-quarantine --yes)."
        )
    if not health.concerns and not health.quarantined:
        screen.say('All is well. Whether every record can be read says "neuro check".')


def _shown(fact: str | float) -> str:
    return (
        ("no", "yes")[fact] if isinstance(fact, bool) else f"{fact:,}" if isinstance(fact, int) else str(fact)
    )


def show_flaws(screen: Screen, flaws: Sequence[Flaw], *, repair: bool) -> None:
    """A line for each flaw, and what is left of them."""
    for flaw in flaws:
        mended = " (mended)" if flaw.repaired else ""
        screen.say((flaw.key, CONTENT), f": {flaw.problem}{mended}")
    left = sum(not flaw.repaired for flaw in flaws)
    if not flaws:
        screen.say("Everything fits together.")
    elif not left:
        screen.say(f"{counted(len(flaws), 'flaw')} found, all mended.")
    else:
        advice = "restore a backup if they matter" if repair else "--repair mends what is mendable"
        screen.say(f"{counted(len(flaws), 'flaw')} found, {left:,} left: {advice}.")


def show_quarantine(screen: Screen, records: Sequence[Quarantined]) -> None:
    """A line for each record that is kept out of the way."""
    for record in records:
        screen.say(
            (record.key, CONTENT), f" ({counted(record.size, 'byte')}): {_without(record.reason, record.key)}"
        )
    if records:
        screen.say(
            f"{counted(len(records), 'record')} in quarantine: restore a backup if they matter, --empty-quarantine"
            " deletes them."
        )


def _without(reason: str, key: str) -> str:
    """A reason, which may begin with the key."""
    return reason.removeprefix(f"{key}: ")


def show_backup(screen: Screen, verb: str, done: Backup, file: str) -> None:
    """What was saved or restored."""
    for namespace, engrams in done.engrams.items():
        screen.say(f"{verb} the namespace {namespace!r}: {counted(engrams, 'engram')}.")
    for record in done.unreadable:
        screen.say((f"could not be read, and is missing: {record}", CONTENT), lead="  ")
    screen.say((file, ASIDE), lead="  ", whole=True)
