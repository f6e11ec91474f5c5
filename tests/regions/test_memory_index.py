"""One index over all regions: what it takes in, and what it never finds again."""

import weakref

from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.word_table import WordTable
from neuro.regions import Neocortex
from neuro.regions.memory_index import MemoryIndex
from neuro.testing.samples import sample_engram

SEVERAL = [sample_engram(number, f"We met at harbour {number}") for number in range(40)]


def an_index() -> MemoryIndex:
    return MemoryIndex(FragmentIndex(WordTable.shipped()), [Neocortex()])


async def test_what_is_removed_while_it_is_read_does_not_come_back():
    index = an_index()
    for engrams in (SEVERAL[:3], SEVERAL):
        gone = engrams[1].engram_id
        with index.reading():
            index.remove(gone)
            await index.take_in(engrams)
        assert gone not in index
        assert len(index) == len(engrams) - 1


async def test_what_was_removed_once_can_be_added_anew():
    index = an_index()
    with index.reading():
        index.remove(SEVERAL[0].engram_id)
        index.add(SEVERAL[0])
        await index.take_in(SEVERAL)
    assert len(index) == len(SEVERAL)


def test_an_index_that_nobody_asks_remembers_nothing_of_what_was_removed():
    class Id(str):
        """One that can be watched going."""

    index, name = an_index(), Id("forgotten")
    index.remove(name)
    going = weakref.ref(name)
    del name
    assert going() is None
