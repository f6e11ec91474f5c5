"""``python -m tests.crash``: a long hunt, and what came of it."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from .hunt import Hunt, Place
from .nursery import Nursery
from .servers import RedisServer, sweep


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--store", default="sqlite", help="sqlite, redis (starts a server), or a URL")
    parser.add_argument("--kills", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--children", type=int, default=1, help="processes at once on the store (default 1)")
    parser.add_argument("--durability", choices=["fast", "full"], help="the store's own default if not given")
    parser.add_argument(
        "--fsync",
        choices=["always", "everysec"],
        default="always",
        help="of the Redis that is started (default always; with everysec its last seconds may be lost with it)",
    )
    parser.add_argument(
        "--scenario",
        choices=["kills", "stalls", "server", "sleepers"],
        default="kills",
        help="kill children; or do so on a Redis that stands still now and then; or kill the Redis under them; or stop "
        "sleepers past their lease",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args()


@contextmanager
def _placed(arguments: argparse.Namespace) -> Iterator[tuple[Place, RedisServer | None]]:
    options = {} if arguments.durability is None else {"durability": arguments.durability}
    with tempfile.TemporaryDirectory(prefix="neuro-crash-") as folder:
        if arguments.store == "redis":
            with RedisServer(Path(folder), fsync=arguments.fsync) as server:
                yield Place(server.url, options=options, files=Path(folder)), server
        elif arguments.store == "sqlite":
            yield Place(f"sqlite:///{folder}/brain.db", options=options, files=Path(folder)), None
        else:
            place = Place(arguments.store, f"crash-{time.time_ns()}", options)
            try:
                yield place, None
            finally:
                if place.url.startswith("redis"):
                    sweep(place.url, place.namespace)


def main() -> int:
    """Hunts, shows how far it is, and prints the summary; 1 if anything was found."""
    arguments = _arguments()
    with _placed(arguments) as (place, server), Nursery() as nursery:
        hunt = Hunt(
            nursery,
            place,
            seed=arguments.seed,
            children=arguments.children,
            shaky=arguments.scenario in ("server", "stalls"),
        )
        act: Callable[[], object] = hunt.kill_some
        if arguments.scenario == "sleepers":
            act = hunt.overtake
        elif arguments.scenario in ("server", "stalls") and server is None:
            sys.exit(f"the scenario {arguments.scenario} needs --store redis")
        elif server is not None and arguments.scenario == "server":
            act = lambda: hunt.cut_off(server.restart)  # noqa: E731
        began = time.monotonic()
        stalls = arguments.scenario == "stalls" and server is not None
        with server.stalling() if stalls else nullcontext():
            hunted = _show(hunt, act, arguments.kills)
        summary = hunted.finish()
        summary.seconds = time.monotonic() - began
    print(json.dumps(summary.to_dict()) if arguments.json else summary)
    return 1 if summary.faults else 0


def _show(hunt: Hunt, act: Callable[[], object], kills: int) -> Hunt:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("kills", total=kills)
        while hunt.summary.kills < kills:
            act()
            faults = len(hunt.summary.faults)
            progress.update(task, completed=hunt.summary.kills, description=f"kills, {faults} faults")
    return hunt


if __name__ == "__main__":
    sys.exit(main())
