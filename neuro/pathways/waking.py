"""From a store to a waking brain, and back: what is read when a brain opens and written when it sleeps or closes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Container
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from os import PathLike
from typing import Any, TypedDict

from pydantic import SerializeAsAny

from neuro.arguments import shown
from neuro.clock import BrainTime, Clock
from neuro.config import BrainConfig
from neuro.connectome import Connectome
from neuro.embedders import Embedder, Filler, forget_seen, is_contextual, resolve, word_table
from neuro.engram import Engram
from neuro.errors import ConfigurationError, StoreError, StoreUnavailableError, UnknownRegionError
from neuro.fading import ImportanceParams
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.kinds import Kinds
from neuro.indexing.proper_names import EntityExtractor, ProperNames
from neuro.pathways.calendar import TIME_DOCUMENT, Calendar
from neuro.pathways.ledger import Ledger
from neuro.pathways.mind import Mind
from neuro.pathways.oblivion import Oblivion
from neuro.pathways.relearning import laws, relearn
from neuro.pathways.sharing import Sharing
from neuro.profiles import TypeProfiles
from neuro.query import Where
from neuro.records import Record
from neuro.regions.amygdala import Amygdala
from neuro.regions.anatomy import Anatomy
from neuro.regions.basal_ganglia import BasalGanglia
from neuro.regions.base import Region, Snapshot
from neuro.regions.cerebellum import Cerebellum
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.journal import Journal
from neuro.regions.neocortex import Neocortex
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.regions.sensory_cortex import SensoryCortex
from neuro.regions.thalamus import Thalamus
from neuro.stores import Document, Store, Write, open_store

EMBEDDER_DOCUMENT = "embedder"
_STATE_DOCUMENT = "state"
_ERASING_DOCUMENT = "erasing"


class _Shared(TypedDict):
    importance: ImportanceParams
    profiles: TypeProfiles
    clock: Clock


class BrainSnapshot(Record):
    """A frozen picture of a brain."""

    store: str
    embedder: str
    brain_time: float
    sleeps: float
    regions: dict[str, SerializeAsAny[Snapshot]]


@dataclass(slots=True)
class Body:
    """The parts of one brain."""

    config: BrainConfig
    store: Store
    embedder: Embedder
    clock: Clock
    time: BrainTime
    calendar: Calendar
    sensory_cortex: SensoryCortex
    thalamus: Thalamus
    amygdala: Amygdala
    prefrontal_cortex: PrefrontalCortex
    hippocampus: Hippocampus
    neocortex: Neocortex
    cerebellum: Cerebellum
    basal_ganglia: BasalGanglia
    anatomy: Anatomy
    connectome: Connectome
    kinds: Kinds
    """What concepts there are."""
    extractor: EntityExtractor
    """Finds what a content names."""
    journal: Journal
    mind: Mind
    sharing: Sharing
    laws: dict[str, str]
    """By which laws of forgetting the store's indexes are kept, see `neuro.pathways.relearning`."""
    owns_embedder: bool
    """Whether the brain made its embedder, and so closes it."""
    oblivion: Oblivion
    acted: bool = False
    """Whether anything happened that is worth writing down."""

    async def write_down(self) -> None:
        """Writes to the store what is not there yet: what waits for it, new links, and where the brain stands."""
        await self.anatomy.pay_debts()
        await self.connectome.flush()
        await self.write_state()
        await self.mind.ledger.leave()
        await self.calendar.close()
        await self.sharing.leave()

    async def write_state(self) -> None:
        """Writes where the brain stands and what is on its mind."""
        with self.mind.writing(whole=True) as documents:
            await self.store.write([*self.state(), *documents])

    def state(self) -> list[Document]:
        """How the store is filled and its indexes are kept."""
        filler = Filler.of(self.embedder).model_dump()
        return [Document(EMBEDDER_DOCUMENT, filler), Document(_STATE_DOCUMENT, {"laws": self.laws})]

    @property
    def sleeps(self) -> float:
        """How many full nights the brain has slept, a real number."""
        return self.calendar.sleeps.count

    @property
    def contextual(self) -> bool:
        """Whether features say more than the words of a text do, so that a cue's are wanted."""
        return is_contextual(self.embedder)

    def meant(self, where: Where | None, engram: Engram) -> bool:
        """Whether a filter means an engram."""
        if where is None:
            return True
        return where.matches(engram if where.consolidation is None else self.seen(engram))

    def seen(self, engram: Engram) -> Engram:
        """An engram as it is shown: with how far it is consolidated by now."""
        state = self.anatomy.fading(engram).consolidation(engram, self.sleeps)
        return engram.model_copy(update={"consolidation": state})

    def to_be_erased(self) -> Document:
        """Is written with what is deleted for good: until that has been erased, every night tries to."""
        return Document(_ERASING_DOCUMENT, uuid.uuid4().hex)

    async def erase(self) -> tuple[str, ...]:
        """Makes what was deleted unreadable, in this process and in the files of the store; what may still hold it."""
        self.sensory_cortex.clear()
        await asyncio.gather(self.hippocampus.erase(), self.anatomy.index.erase())
        forget_seen(self.embedder)
        try:
            [mark] = await self.store.read_documents([_ERASING_DOCUMENT])
            await self.write_state()  # a goal that was dropped may not have been written over yet
            remains = await self.store.scrub()
            # What was deleted meanwhile has another mark.
            await self.store.amend_document(_ERASING_DOCUMENT, lambda now: None if now == mark else now)
        except StoreError as error:
            return (
                f"The store could not be rewritten ({error}): its files may hold it until the next night, which tries "
                "again.",
            )
        return remains

    async def erase_what_is_left(self) -> None:
        """`erase`, if something was deleted for good by whomever and has not been erased."""
        if await self.store.read_documents([_ERASING_DOCUMENT]) != [None]:
            await self.erase()

    async def note(self) -> None:
        """After an act: what is on the mind is written down now or a little later; while the store is away, later."""
        self.sharing.live_on()
        if self.journal.behind:
            self.sharing.drain_later()
            self.mind.later()
            return
        with suppress(StoreUnavailableError):
            await self.sharing.beat()
            await self.mind.write()

    def remember_goal(self) -> None:
        """A goal was set, which no act follows: it is written down all the same."""
        self.acted = True
        self.mind.later()

    async def stamp(self) -> float:
        """Brain time to be written into traces."""
        with suppress(StoreUnavailableError):  # then the store cannot be given such a trace either
            await self.calendar.reserve()
        return self.time.now()

    @property
    def regions(self) -> tuple[Region, ...]:
        """The eight regions, in the order in which a stimulus meets them."""
        return (
            self.sensory_cortex,
            self.thalamus,
            self.amygdala,
            self.prefrontal_cortex,
            *self.anatomy.memory_regions,
        )

    def region(self, name: object) -> Region:
        """The region of this name; UnknownRegionError if there is none."""
        for region in self.regions:
            if isinstance(name, str) and region.name == name:
                return region
        known = ", ".join(region.name for region in self.regions)
        raise UnknownRegionError(f"no region is called {shown(name)}; there are {known}")

    def inspect(self) -> BrainSnapshot:
        """A frozen snapshot of all regions, without IO."""
        now = self.clock.now()
        return BrainSnapshot(
            store=self.store.url,
            embedder=self.embedder.name,
            brain_time=self.time.now(),
            sleeps=self.sleeps,
            regions={region.name: region.inspect(now) for region in self.regions},
        )

    async def stats(self) -> dict[str, Any]:
        """Engrams and dormant engrams by region, and where the brain stands."""
        now = self.time.now()
        counts = await asyncio.gather(*(region.store.count(now) for region in self.anatomy.memory_regions))
        return {
            "store": self.store.url,
            "embedder": self.embedder.name,
            "brain_time": now,
            "sleeps": self.sleeps,
            "engrams": sum(total for total, _ in counts),
            "dormant": sum(dormant for _, dormant in counts),
            "regions": {
                region.name: {"engrams": total, "dormant": dormant}
                for region, (total, dormant) in zip(self.anatomy.memory_regions, counts, strict=True)
            },
        }

    async def aclose(self) -> None:
        """Closes the store, the regions, and the embedder if the brain made it."""
        self.sharing.stop_draining()
        try:
            for region in self.regions:
                await region.aclose()
            if self.owns_embedder:
                await self.embedder.aclose()
        finally:
            await self.store.aclose()


async def awaken(
    *,
    url: str | PathLike[str] | Store | None,
    namespace: str,
    config: BrainConfig,
    embedder: str | PathLike[str] | Embedder | None,
    clock: Clock,
    ids: Callable[[float], str] | None,
    extractor: EntityExtractor | None = None,
    scope: str | None = None,
    durability: str | None = None,
    configured: bool = True,
) -> Body:
    """Opens the store, builds the regions and takes up what an earlier life left.

    Args:
        extractor: finds what engrams name; proper names if none.
        scope: whose memory it is.
        durability: see `Brain.create`.
        configured: whether somebody chose the configuration; a store is not adapted to one that nobody chose.

    Raises:
        ConfigurationError: a bad URL or embedder.
        StoreUnavailableError: the store cannot be reached.
        FeatureMismatchError: another embedder filled the store.
    """
    if isinstance(url, Store):
        if durability is not None:
            raise ConfigurationError("Brain.durability: an open store has its own")
        store = url
    else:
        store = await open_store(url, namespace=namespace, durability=durability or "fast")
    try:
        remembered, state, calendar = await store.read_documents(
            [EMBEDDER_DOCUMENT, _STATE_DOCUMENT, TIME_DOCUMENT]
        )
        filler = None if remembered is None else Filler(**remembered)
        chosen = await resolve(embedder, filler=filler)
        names = ProperNames() if extractor is None else extractor
        body = await asyncio.to_thread(
            _build, config, store, chosen, chosen is not embedder, clock, names, ids, scope
        )
        if state is not None and "connectome" in state:  # before the calendar and the mind kept these
            body.connectome.log_scale = float(state["connectome"]["log_scale"])
            body.basal_ganglia.expected_reward = float(state["basal_ganglia"]["expected_reward"])
        body.calendar.resume(calendar)
        await body.sharing.catch_up()  # from here on
        await body.mind.resume(*await store.read_documents(body.mind.keys))
        await body.mind.ledger.adopt()
        await body.sharing.adopt(body.sleeps)
        if state is not None and "laws" in state:
            if not configured:  # whoever only looks in changes nothing
                body.laws = state["laws"]
            elif await relearn(body.anatomy, state["laws"]):
                await store.write(body.state())
    except BaseException:
        await store.aclose()
        raise
    return body


def _build(
    config: BrainConfig,
    store: Store,
    embedder: Embedder,
    owns_embedder: bool,
    clock: Clock,
    extractor: EntityExtractor,
    ids: Callable[[float], str] | None,
    scope: str | None,
) -> Body:
    prefrontal_cortex = PrefrontalCortex(
        config.prefrontal_cortex, on_goal=lambda: body.remember_goal(), clock=clock
    )
    writer, oblivion = uuid.uuid4().hex, Oblivion()

    @asynccontextmanager
    async def accompany(born: Container[str]) -> AsyncGenerator[list[Write]]:
        """With each new engram its links are written, and what is on the mind; whose it is, is known before."""
        await sharing.beat()
        async with connectome.writing(born=born) as links:
            with mind.writing() as documents:
                yield [*links, *documents]

    journal = Journal(store, Hippocampus.name, writer, capacity=config.buffer, accompany=accompany)
    connectome = Connectome(store, config.connectome, unborn=journal)
    shared: _Shared = {"importance": config.importance, "profiles": config.types, "clock": clock}
    law = config.plasticity
    hippocampus = Hippocampus(
        config.hippocampus,
        store=store.engrams(Hippocampus.name),
        journal=journal,
        embedder=embedder,
        plasticity=config.hippocampus.plasticity or law,
        matching=config.matching,
        ids=ids,
        **shared,
    )
    neocortex = Neocortex(
        store.engrams(Neocortex.name), plasticity=config.neocortex.plasticity or law, **shared
    )
    cerebellum = Cerebellum(
        store.engrams(Cerebellum.name),
        config.cerebellum,
        plasticity=config.cerebellum.plasticity or law,
        **shared,
    )
    basal_ganglia = BasalGanglia(
        store.engrams(BasalGanglia.name),
        config.basal_ganglia,
        plasticity=config.basal_ganglia.plasticity or law,
        **shared,
    )
    index = FragmentIndex(word_table(embedder), config.matching, dense=is_contextual(embedder))
    time = BrainTime(clock, config.time)
    anatomy = Anatomy(hippocampus, neocortex, cerebellum, basal_ganglia, index, store)
    ledger = Ledger(writer, store, clock, anatomy)
    mind = Mind(store, clock, anatomy, prefrontal_cortex, basal_ganglia, ledger, scope)
    sharing = Sharing(writer, store, clock, anatomy, connectome, prefrontal_cortex, oblivion)
    body = Body(
        config=config,
        store=store,
        embedder=embedder,
        clock=clock,
        time=time,
        calendar=Calendar(time, store, connectome),
        sensory_cortex=SensoryCortex(config.sensory_cortex, clock=clock),
        thalamus=Thalamus(config.thalamus, clock=clock),
        amygdala=Amygdala(config.amygdala, clock=clock),
        prefrontal_cortex=prefrontal_cortex,
        hippocampus=hippocampus,
        neocortex=neocortex,
        cerebellum=cerebellum,
        basal_ganglia=basal_ganglia,
        anatomy=anatomy,
        kinds=Kinds.over(word_table(embedder)),
        extractor=extractor,
        connectome=connectome,
        journal=journal,
        mind=mind,
        sharing=sharing,
        oblivion=oblivion,
        laws=laws(anatomy),
        owns_embedder=owns_embedder,
    )
    return body
