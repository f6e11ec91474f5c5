"""The commands of ``neuro`` as they are typed: names, options, help."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import neuro
from neuro import InvalidArgumentError, MemoryType, MissingDependencyError, Stimulus
from neuro.frontends import acts
from neuro.frontends.care_cli import backup, check, health, restore
from neuro.frontends.demo import run_demo
from neuro.frontends.instants import parse_instant
from neuro.frontends.options import (
    HERE,
    STDIN,
    EngramId,
    Limit,
    OnlySpeaker,
    OnlyTags,
    OnlyType,
    Target,
    Words,
    only,
    told,
)
from neuro.frontends.places import Place
from neuro.frontends.turns import read_transcript

try:
    from cyclopts import App, CycloptsError, Parameter
except ImportError:
    raise MissingDependencyError("cyclopts", "cli") from None

BAD_LINES = 1
BAD_USAGE = 2

_HELP = """A memory that behaves like a brain: it perceives, sleeps, recalls and forgets.

For example:

    neuro demo
    neuro add "We met Dana at the harbour" --speaker Ann
    neuro recall "Who was at the harbour?"
    neuro add --help

Exit codes: 0 done, 1 it could not be done, 2 the command was not understood, 130 interrupted."""


def add(
    text: Words,
    /,
    *,
    memory_type: Annotated[
        MemoryType, Parameter(name="--type", help="What kind of memory it is.")
    ] = MemoryType.EPISODIC,
    salience: Annotated[
        float | None, told("How much it matters, from 0 to 1. If not given, it is felt from the words.")
    ] = None,
    reward: Annotated[float | None, told("How well it went, from -1 to 1.")] = None,
    tags: Annotated[
        list[str] | None, Parameter(name="--tag", negative="", help="A tag; may be given several times.")
    ] = None,
    speaker: Annotated[str | None, told("Who said it.")] = None,
    session: Annotated[str | None, told("In which conversation.")] = None,
    at: Annotated[
        str | None,
        told("When it happened: ISO 8601 (local time unless it names a zone) or seconds since 1970."),
    ] = None,
    target: Target = HERE,
) -> None:
    """Perceive something.

    With - each line of standard input is a memory. Text that begins with - goes after --.

    For example:

        neuro add "We met Dana at the harbour" --speaker Ann --at 2026-03-02T20:06
        neuro add "Run the tests before you push" --type procedural --salience 0.9
        neuro add -- "-5 degrees this morning"
        cat notes.txt | neuro add - --tag notes
    """
    context = {
        name: value for name, value in (("speaker", speaker), ("session", session)) if value is not None
    }
    occurred_at = None if at is None else parse_instant(at, "--at")
    stimuli = [
        Stimulus.of(
            content,
            memory_type=memory_type,
            salience=salience,
            reward=reward,
            tags=tags or (),
            context=context,
            occurred_at=occurred_at,
        )
        for content in _contents(text)
    ]
    asyncio.run(acts.add(target.place, target.screen, stimuli))


def _contents(text: Sequence[str]) -> list[str]:
    if list(text) != [STDIN]:
        return [_words(text)]
    lines = _read(STDIN).decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()]


def _words(text: Sequence[str]) -> str:
    return " ".join("-" if word == STDIN else word for word in text)


def _read(file: str) -> bytes:
    """A file, or standard input. On no event loop, so that Ctrl-C ends the waiting."""
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise InvalidArgumentError(f"{file}: cannot be read ({error.strerror})") from None


def recall(
    cue: Words,
    /,
    *,
    limit: Limit = 5,
    memory_type: OnlyType = None,
    speaker: OnlySpeaker = None,
    tags: OnlyTags = None,
    no_update: Annotated[bool, told("Only look: count and strengthen nothing.")] = False,
    verbose: Annotated[bool, told("Show ids, and the numbers behind the reasons.")] = False,
    target: Target = HERE,
) -> None:
    """Say what a cue brings back, and why.

    What is recalled counts one access, and the first of it is strengthened.

    For example:

        neuro recall "Who was at the harbour?"
        neuro recall deploy --type procedural --limit 1
        neuro recall harbour --speaker Ann --no-update --json
    """
    where = only(memory_type, speaker, tags)
    work = acts.recall(
        target.place,
        target.screen,
        _words(cue),
        limit=limit,
        where=where,
        update=not no_update,
        verbose=verbose,
    )
    asyncio.run(work)


def sleep(*, target: Target = HERE) -> None:
    """Live through a night: replay, move memories to their long-term home, link, let fade.

    While another brain on the store sleeps, nothing is done but to say so.

    For example:

        neuro sleep
        neuro sleep --store redis://localhost:6379 --json
    """
    asyncio.run(acts.sleep(target.place, target.screen))


def forget(
    engram_id: Annotated[
        str | None, told("Its id, or the first digits of it: at least 6. Or say by options which.")
    ] = None,
    /,
    *,
    memory_type: OnlyType = None,
    speaker: OnlySpeaker = None,
    tags: OnlyTags = None,
    yes: Annotated[bool, told("Do so: without it only say how many memories the options mean.")] = False,
    hard: Annotated[
        bool, told("Erase also what the store keeps of deleted records, and name what may remain elsewhere.")
    ] = False,
    target: Target = HERE,
) -> None:
    """Delete a memory for good, or all that options mean.

    With --hard the store's files are rewritten: that takes as long as copying them. Backups keep what was in them.

    For example:

        neuro forget 019cafe21b60
        neuro forget 019cafe21b60 --hard
        neuro forget --speaker Ann --hard --yes
    """
    if engram_id is not None:
        if memory_type is not None or speaker is not None or tags:
            raise InvalidArgumentError("forget: give an id or options that say which, not both")
        asyncio.run(acts.forget(target.place, target.screen, engram_id, hard=hard))
        return
    if memory_type is None and speaker is None and not tags:
        raise InvalidArgumentError("forget: give an id, or --type, --speaker or --tag")
    where = only(memory_type, speaker, tags)
    asyncio.run(acts.forget_where(target.place, target.screen, where, hard=hard, sure=yes))


def browse(
    *,
    limit: Limit = 20,
    memory_type: OnlyType = None,
    speaker: OnlySpeaker = None,
    tags: OnlyTags = None,
    dormant: Annotated[bool, told("Also what has faded below the threshold of forgetting.")] = False,
    after: Annotated[
        str | None, told("Only what comes after this id: pass the last one of a page to get the next.")
    ] = None,
    target: Target = HERE,
) -> None:
    """List memories in order of encoding.

    For example:

        neuro list
        neuro list --type habitual --limit 100
        neuro list --dormant --json
    """
    where = only(memory_type, speaker, tags)
    asyncio.run(
        acts.browse(target.place, target.screen, limit=limit, where=where, dormant=dormant, after=after)
    )


def show(engram_id: EngramId, /, *, target: Target = HERE) -> None:
    """Show all about one memory: how it was felt, how well it is kept, what it is wired to.

    For example:

        neuro show 019cafe21b60
    """
    asyncio.run(acts.show(target.place, target.screen, engram_id))


def why(engram_id: EngramId, /, *, target: Target = HERE) -> None:
    """Say why a memory is as retrievable as it is, and when it will fade.

    For example:

        neuro why 019cafe21b60
    """
    asyncio.run(acts.why(target.place, target.screen, engram_id))


def stats(*, target: Target = HERE) -> None:
    """Say where the memory is and how much is in it.

    For example:

        neuro stats
        neuro stats --store notes.db --json
    """
    asyncio.run(acts.stats(target.place, target.screen))


def ingest(
    file: Annotated[str, told("The file, or - for standard input.")], /, *, target: Target = HERE
) -> int:
    """Live through a conversation, each turn at its own time, with a night in each pause of more than 4 hours.

    A line is a turn: {"text": ...} with "speaker", "at" (ISO 8601 or seconds since 1970), "session", "memory_type",
    "tags", "salience", "reward" if you like, and anything else as context; or Speaker: text. What was lived through
    before is passed over, so the same file again changes nothing; after a crash it goes on, and at most the last 5
    turns count twice. Bad lines are named and skipped; then the exit code is 1.

    For example:

        neuro ingest chat.jsonl
        neuro ingest - --store chat.db < chat.txt
    """
    transcript = read_transcript(_read(file))
    source = "standard input" if file == STDIN else file
    asyncio.run(acts.live_through(target.place, target.screen, transcript, source))
    return BAD_LINES if transcript.bad_lines else 0


def demo(*, target: Target = HERE) -> None:
    """Watch a brain live through two weeks in one house: how it perceives, sleeps, forgets and recalls.

    It lives in a temporary store, or in the one that --store names, which must be empty. With a terminal you may
    ask in the end.

    For example:

        neuro demo
        neuro demo --store demo.db
    """
    if target.store is not None:
        run_demo(target.place, as_json=target.json, stays=True)
        return
    with tempfile.TemporaryDirectory(prefix="neuro-", ignore_cleanup_errors=True) as folder:
        place = Place(str(Path(folder) / "demo.db"), target.namespace, target.embedder)
        run_demo(place, as_json=target.json, stays=False)


def _make_app() -> App:
    app = App(name="neuro", help=_HELP, version=neuro.__version__, help_format="markdown")
    for command in (
        demo,
        add,
        recall,
        ingest,
        sleep,
        show,
        why,
        stats,
        forget,
        health,
        check,
        backup,
        restore,
    ):
        app.command(command)
    app.command(browse, name="list")
    return app


def run(arguments: Sequence[str]) -> int:
    """Runs the command that these arguments ask for; its exit code."""
    app = _make_app()
    app.suppress_keyboard_interrupt = False
    try:
        code: Any = app(
            _tokens(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        command = next(iter(arguments), "")
        known = f" {command}" if command in app else ""
        what = " ".join(str(error).split())
        texted = command in ("add", "recall") and what.startswith("Unknown option")
        hint = " Text that begins with - goes after --." if texted else ""
        print(f"neuro: {what}{hint} See neuro{known} --help.", file=sys.stderr)
        return BAD_USAGE
    return code if isinstance(code, int) else 0


def _tokens(arguments: Sequence[str]) -> list[str]:
    """The arguments with a lone - marked, unless it is the value of an option or comes after --."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before = ["", *arguments]
    return [
        STDIN
        if token == "-" and i < end and (not before[i].startswith("-") or before[i] == "--json")
        else token
        for i, token in enumerate(arguments)
    ]
