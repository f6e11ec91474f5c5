"""The machine catches engrams that are not found, and repeats that are not recognised."""

import asyncio
from contextlib import asynccontextmanager

from catching import Faults, assert_caught

from neuro.engram import canonical_content
from neuro.pathways import perceiving
from neuro.pathways.life import Life
from neuro.pathways.perceiving import Perceiving
from neuro.regions.anatomy import Anatomy
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.memory_index import MemoryIndex
from neuro.stores.memory import MemoryEngrams
from neuro.testing.machine import (
    Perceive,
    Recall,
    Seek,
    Together,
)

KEYS = Perceive("Dana forgot the keys")

faults = Faults()


# Finding


@faults.caught()
def what_is_new_is_not_found_before_a_restart(patch):
    honest = MemoryIndex.add

    def add(self, *engrams):
        if not self._filled:
            honest(self, *engrams)

    patch(MemoryIndex, "add", add)


@faults.caught(first=44)
def a_restart_finds_nothing_of_one_region(patch):
    honest = MemoryIndex._read

    async def read(self, region):
        if region.name != "cerebellum":
            await honest(self, region)

    patch(MemoryIndex, "_read", read)


@faults.caught()
def the_dormant_do_not_answer(patch):
    honest = Anatomy.retrieve

    async def retrieve(self, reading, features, limit, **how):
        answers = await honest(self, reading, features, limit, **how)
        now = self.hippocampus._clock.now()
        awake = [e for e in answers.echoes if not self.dormant(e.engram, now)]
        return answers._replace(echoes=awake)

    patch(Anatomy, "retrieve", retrieve)


@faults.caught()
def who_asks_during_a_move_may_miss_it(patch):
    async def reach(self, engram_ids, **how):
        found = {}
        for region in (*self.long_term, self.hippocampus):  # the hippocampus must be asked first
            for engram in await region.reinstate(engram_ids):
                if engram is not None:
                    found[engram.engram_id] = (region, engram)
        return found, {}

    patch(Anatomy, "_reach", reach)


@faults.caught(program=(Recall("keys"), Together((KEYS, Recall("keys"), Recall("Dana"))), Seek(0)))
def a_recall_takes_what_is_being_written_for_gone(patch):
    async def reinstate(self, engram_ids):
        stored = await self.store.get(engram_ids)
        return [
            self.recent.look_up(i) if self._owes(i) else e for i, e in zip(engram_ids, stored, strict=True)
        ]

    def remembered(self, engram_ids):
        return [None if self._owes(i) else self.recent.look_up(i) for i in engram_ids]

    patch(Hippocampus, "reinstate", reinstate)
    patch(Hippocampus, "remembered", remembered)


@faults.caught()
def a_list_leaves_out_the_hippocampus(patch):
    honest = Anatomy.browse

    async def browse(self, shown, limit, after):
        return await honest(
            self, lambda e: shown(e) and e.engram_id not in self.hippocampus.recent, limit, after
        )

    patch(Anatomy, "browse", browse)


# Repeats


@faults.caught(first=31)
def a_repeat_is_encoded_twice_at_once(patch):
    @asynccontextmanager
    async def one_at_a_time(self, keys):
        yield

    honest = Perceiving._reexpose

    async def reexpose(self, engram_id):
        await asyncio.sleep(0)
        return await honest(self, engram_id)

    patch(Life, "one_at_a_time", one_at_a_time)
    patch(Perceiving, "_reexpose", reexpose)


@faults.caught()
def a_repeat_of_what_is_remote_is_not_recognised(patch):
    async def find(self, digests):
        return [None] * len(digests)

    patch(Anatomy, "find", find)


@faults.caught()
def contents_that_differ_in_a_digit_are_merged(patch):
    honest = perceiving.content_digest

    def content_digest(content, memory_type, scope, speaker):
        alike = canonical_content(content).rstrip("0123456789")
        return honest(alike, memory_type, scope, speaker)

    patch(perceiving, "content_digest", content_digest)
    honest_look_for = MemoryEngrams.look_for

    def look_for(self, digest):
        for held in self.everything():
            if content_digest(held.content, held.memory_type, held.scope, held.speaker) == digest:
                return held
        return honest_look_for(self, digest)

    patch(MemoryEngrams, "look_for", look_for)


@faults.parametrize()
async def test_the_machine_catches_it_when(fault, programs, monkeypatch):
    await assert_caught(fault, programs, monkeypatch)
