"""The command ``neuro``: runs it, and turns every way in which it can end into an exit code.

Needs the extra "cli" for anything but saying so.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from neuro import NeuroError

FAILURE = 1
INTERRUPTED = 130
"""As a shell reports a process that SIGINT ended."""
READER_GONE = 141
"""As a shell reports a process that SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code.

    Args:
        arguments: those of the process if none.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the encoding lacks is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        from neuro.frontends.cli import run  # needs the extra

        code = run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except NeuroError as error:
        print(f"neuro: {' '.join(str(error).split())}", file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return READER_GONE
    except OSError as error:  # a full disk behind standard output, no room for temporary files
        _let_go_of_stdout()
        print(f"neuro: {error}", file=sys.stderr)
        return FAILURE


def _let_go_of_stdout() -> None:
    """Or the flush when the process ends would fail once more, and say so."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
