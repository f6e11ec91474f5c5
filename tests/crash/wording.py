"""What is said to brains: harmless words, and one in each content that no other content has."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from neuro import MemoryType

_WORDS = (
    "amber anchor basil bridge candle cedar copper dune ember falcon garden harbour island juniper kettle lantern "
    "marble meadow needle orchard pebble quarry raven saffron timber umber valley walnut yarrow zephyr"
).split()
"""Of these some recur in every content, so that a cue brings back several."""
_RARE = re.compile(rb"q\d+x\d+q")


def words(rng: random.Random, number: int) -> str:
    """So many different words."""
    return " ".join(rng.sample(_WORDS, number))


def rare_words(seed: int) -> Iterator[str]:
    """Words that nobody else says, one after the other."""
    number = 0
    while True:
        yield f"q{seed}x{number}q"
        number += 1


def rare_word(content: str) -> str:
    """The last word of a content, which no other content has."""
    return content.rpartition(" ")[2]


def tag_of(content: str) -> str:
    """Its first word, by which a few contents at a time can be forgotten."""
    return content.partition(" ")[0]


def kind_of(content: str) -> MemoryType:
    """A type of memory: the same for the same content, or that would be no repeat."""
    return [*MemoryType][zlib.crc32(content.encode()) % len(MemoryType)]


def legible(folder: Path) -> set[str]:
    """The rare words that are in the bytes of the files of a folder."""
    found: set[bytes] = set()
    for file in folder.rglob("*"):
        try:
            found.update(_RARE.findall(file.read_bytes()))
        except (FileNotFoundError, IsADirectoryError):  # a server has just taken it away
            continue
    return {word.decode() for word in found}
