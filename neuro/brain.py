"""The whole pathway on one page: the order in which the regions speak, and nothing else.

perceive   SensoryCortex -> Thalamus -> Amygdala -> PrefrontalCortex -> Hippocampus        (in memory)
sleep      Hippocampus -> Neocortex | Cerebellum | BasalGanglia                            (long-term stores)
recall     cue -> every memory region -> Connectome -> PrefrontalCortex -> Recall
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from os import PathLike
from typing import Any

import numpy as np

from neuro.arguments import check_count, check_flag, check_items, check_limit, check_text
from neuro.clock import Clock
from neuro.config import BrainConfig, RecallMode
from neuro.embedders import Embedder
from neuro.engram import Engram, MemoryType
from neuro.entities import EntityExtractor
from neuro.observers import Observers
from neuro.pathways import options
from neuro.pathways.closing import Opening, close_down
from neuro.pathways.keeping import Keeping
from neuro.pathways.life import Life
from neuro.pathways.looking import Looking
from neuro.pathways.nights import MOST_DAYS, Nights
from neuro.pathways.perceiving import Perceiving
from neuro.pathways.recalling import Recalling
from neuro.pathways.scheduling import Schedule
from neuro.pathways.transaction import check_outside, transaction
from neuro.pathways.transduction import Transduction
from neuro.pathways.waking import Body, awaken
from neuro.query import Where
from neuro.signals import (
    Cue,
    CycleFailure,
    Explanation,
    Forgetting,
    Perception,
    Recall,
    SleepReport,
    Stimulus,
)
from neuro.sleep import SleepCycle
from neuro.stores import Store

_Embedding = str | PathLike[str] | Embedder | None


class Brain(Looking):
    """A memory that perceives, sleeps and recalls. Make one with `Brain.create`.

    The regions are attributes and may be inspected, lesioned and restored at any time: ``sensory_cortex``,
    ``thalamus``, ``amygdala``, ``prefrontal_cortex``, ``hippocampus``, ``neocortex``, ``cerebellum``,
    ``basal_ganglia``. Every verb raises BrainClosedError after `close`, and WrongLoopError on another event
    loop than the brain's own.
    """

    def __init__(self, body: Body, *, scope: str | None, rng: np.random.Generator, interval: float) -> None:
        super().__init__(body, Life())
        self._closing: asyncio.Task[None] | None = None
        self.rng = rng
        self.observers = Observers()
        """Who is told of outcomes: `Observers.subscribe` to Perception, Recall, SleepReport, ..."""
        self._transduction = Transduction(body.embedder)
        self._perceiving = Perceiving(body, self._life, self._transduction, scope, self.observers.announce)
        self._recalling = Recalling(body, self._life, self._transduction, rng)
        self._keeping = Keeping(body, self._life, self.observers.announce)
        self.schedule = Schedule(body, self._life, self._keeping)
        """Spaced review: register engrams, see what is due, record how reviews went, plot forgetting curves."""
        self._nights = Nights(body, self._life, self._keeping, self.observers.announce)
        self._cycle = SleepCycle(
            self._nights.live_through_one,
            clock=body.clock,
            interval=interval,
            params=body.config.sleep,
            on_failure=lambda error: self.observers.announce(CycleFailure(error)),
        )

    @classmethod
    def create(
        cls,
        url: str | PathLike[str] | Store | None = None,
        *,
        redis_url: str | None = None,
        namespace: str = "default",
        config: BrainConfig | None = None,
        embedder: _Embedding = None,
        extractor: EntityExtractor | None = None,
        clock: Clock | None = None,
        rng: np.random.Generator | int | None = None,
        scope: str | None = None,
        sleep_interval_seconds: float = 60.0,
        durability: str | None = None,
        ids: Callable[[float], str] | None = None,
    ) -> Opening[Brain]:
        """A brain on the store at ``url``: ``await`` it, or enter it with ``async with``.

        Args:
            url: none or ``memory://`` (nothing kept), a path or ``sqlite:///file.db``, ``redis://``, ``rediss://``,
                ``unix://``; or an open `Store`, which the brain closes.
            redis_url: the same as ``url``, for a Redis; not both.
            namespace: separates brains on one store; an open `Store` has its own.
            embedder: an `Embedder`, ``"words"``, a model's name or folder; none: the one that filled the store.
            extractor: finds what memories name, see `neuro.entities`; proper names if none.
            clock: a `SimulatedClock` for exact simulated time.
            rng: a generator, or a seed for one.
            scope: whose memory this is; engrams carry it.
            sleep_interval_seconds: between nights of `start_sleep_cycle`; nothing runs before that is called.
            durability: ``"fast"`` (the default: acknowledged writes survive a crash of the process) or ``"full"``
                (and a power cut, as far as disks and replicas do what they say); an open `Store` has its own.
            ids: where engram ids come from; the operating system's randomness if none.

        Raises:
            ConfigurationError: a bad argument.
            StoreUnavailableError: the store cannot be reached.
            FeatureMismatchError: another embedder filled the store.
            EmbedderUnavailableError: the model cannot be loaded.
        """

        async def open_brain() -> Brain:
            place = options.check_place(url, redis_url)
            whose = None if scope is None else options.check_name(scope, "scope")
            interval = options.check_sleep_interval(sleep_interval_seconds)
            generator = options.check_generator(rng)
            body = await awaken(
                url=place,
                namespace=options.check_name(namespace, "namespace"),
                config=options.check_config(config),
                configured=config is not None,
                embedder=embedder,
                clock=options.check_clock(clock),
                extractor=options.check_extractor(extractor),
                ids=options.check_ids(ids),
                scope=whose,
                durability=options.check_durability(durability),
            )
            return cls(body, scope=whose, rng=generator, interval=interval)

        return Opening(open_brain)

    # Perceiving

    async def perceive(
        self,
        content: str,
        *,
        memory_type: MemoryType | str = MemoryType.EPISODIC,
        salience: float | None = None,
        reward: float | None = None,
        modality: str = "text",
        context: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        occurred_at: float | datetime | None = None,
    ) -> Perception:
        """Takes in one stimulus; see `Stimulus` for ranges and units.

        A repeat (the same content, type, scope and speaker as an engram that exists) returns that engram,
        which counts one more exposure.

        Raises:
            InvalidStimulusError: bad content. InvalidArgumentError: any other bad argument.
            EmbedderError: the embedder failed. In each case nothing has changed.
        """
        self._life.check_open()
        stimulus = Stimulus.of(
            content,
            memory_type=memory_type,
            salience=salience,
            reward=reward,
            modality=modality,
            context=context,
            tags=tags,
            occurred_at=occurred_at,
            limit=self._body.config.max_content_bytes,
        )
        return (await self._perceiving.perceive([stimulus]))[0]

    async def perceive_many(self, items: Iterable[str | Stimulus]) -> builtins.list[Perception]:
        """Takes in many stimuli in order, embedded in one batch; all are checked before the first is perceived, and
        written 500 at a time: those that are written stay if a later write fails."""
        self._life.check_open()
        given, limit = check_items(items, "items", "strings or Stimulus"), self._body.config.max_content_bytes
        return await self._perceiving.perceive([Stimulus.checked(item, limit=limit) for item in given])

    async def attend(self, content: str | None = None) -> Perception | None:
        """Turns to a stimulus that the gate refused, while the sensory cortex still holds it; None when it is gone.

        Args:
            content: all or a part of it; the latest stimulus if none.
        """
        self._life.check_open()
        check_outside(self._life, "attend")
        sought = None if content is None else check_text(content, "content")
        stimulus = self.sensory_cortex.attend(sought, self._body.clock.now())
        return None if stimulus is None else (await self._perceiving.perceive([stimulus], attended=True))[0]

    # Recalling

    async def recall(
        self,
        cue: str,
        *,
        limit: int = 10,
        where: Where | Mapping[str, Any] | None = None,
        update: bool = True,
        strict: bool = False,
        mode: RecallMode | None = None,
    ) -> Recall:
        """What a cue brings back, best first, at most ``limit``.

        Every returned engram counts one access at its owner; the first one is potentiated (`RecallParams.used`),
        and whatever `reinforce` names afterwards. The best few are held in working memory.

        Args:
            where: only engrams that match; see `Where`.
            update: False only probes: it counts, strengthens, holds and binds nothing.
            strict: a region that cannot be reached raises StoreUnavailableError instead of being named in
                `Recall.silent`.
            mode: "human" lets what matches fail at random, as often as its retention says; "agent" never; none:
                what the configuration says (`RecallParams.mode`).
        """
        self._life.check_open()
        text = check_text(cue, "cue", limit=self._body.config.max_content_bytes)
        most = check_limit(limit)
        check_flag(update, "update")
        check_flag(strict, "strict")
        wanted = Where.of(where)
        chosen = options.check_mode(mode, self._body.config.recall.mode)
        asked = Cue(text, self._body.clock.now())
        recall = await self._recalling.recall(asked, most, wanted, update=update, strict=strict, mode=chosen)
        if update:
            self.observers.announce(recall)
        return recall

    async def reinforce(self, *engram_ids: str) -> None:
        """What these engrams said was used: they are potentiated. EngramNotFoundError for an unknown id."""
        self._life.check_open()
        await self._keeping.reinforce(engram_ids)

    # Single engrams

    async def get(self, engram_id: str) -> Engram:
        """The engram with this id, with its associations; counts nothing. EngramNotFoundError if there is none."""
        self._life.check_open()
        return await self._keeping.get(engram_id)

    async def list(
        self,
        *,
        where: Where | Mapping[str, Any] | None = None,
        limit: int = 100,
        after: str | None = None,
        dormant: bool = False,
    ) -> builtins.list[Engram]:
        """Engrams of all regions in order of encoding; counts nothing.

        Args:
            after: only engrams with a greater id: pass the last one of a page to get the next.
            dormant: also those that have faded below the threshold of forgetting.
        """
        self._life.check_open()
        return await self._keeping.browse(where, limit, after, dormant)

    async def forget(self, engram_id: str, *, hard: bool = False) -> Forgetting:
        """Deletes an engram for good; when this returns nothing shows it again, here, elsewhere or after a restart.

        Args:
            hard: also makes its bytes unreadable in what the store keeps; takes as long as the store needs to
                rewrite its logs. `Forgetting.remains` names what this cannot reach; what it could not do as the store
                was away by then, the next night tries again.

        Raises:
            EngramNotFoundError: there is none.
            StoreUnavailableError: the engram is still there.
        """
        self._life.check_open()
        [forgetting] = await self._keeping.forget([engram_id], hard=hard)
        return forgetting

    async def forget_where(
        self, where: Where | Mapping[str, Any], *, hard: bool = False
    ) -> builtins.list[Forgetting]:
        """Deletes every engram that matches, dormant ones too; see `forget`. Looks at everything stored."""
        self._life.check_open()
        return await self._keeping.forget_where(where, hard=hard)

    async def pin(self, engram_id: str) -> None:
        """Keeps an engram from fading. EngramNotFoundError if there is none."""
        self._life.check_open()
        await self._keeping.change([engram_id], lambda engram, _: engram.changed(pinned=True))

    async def unpin(self, engram_id: str) -> None:
        """Lets an engram fade again. EngramNotFoundError if there is none."""
        self._life.check_open()
        await self._keeping.change([engram_id], lambda engram, _: engram.changed(pinned=False))

    async def explain(self, engram_id: str) -> Explanation:
        """Why an engram is as retrievable as it is, and when it will fade. EngramNotFoundError if there is none,
        InvalidArgumentError for a concept, which does not fade by itself."""
        self._life.check_open()
        return await self._keeping.explain(engram_id)

    # Several changes at once

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Several changes at once: all of them when the block ends, or none if it raises or is cancelled.

        What the block awaits of `perceive`, `perceive_many`, `forget`, `pin`, `unpin`, `reinforce` and `schedule` is
        seen by nobody before, recalls of the block itself included, and then by all at once. Their results are what
        would come of it, with the ids that will be stored; repeats of what the block itself perceived are known. If
        somebody changes an engram meanwhile, the block's changes are made to what that has become. At most 1,000.

        Raises:
            EngramNotFoundError: somebody has forgotten what the block would change; nothing has happened.
            StoreUnavailableError: the store is away and nothing has happened, or its reply was lost and the message
                says that nobody knows.
            TransactionError: inside another one; or by an act that cannot be a part of one, or finds no room.
        """
        self._life.check_open()
        async with transaction(self._body, self._life, self.observers.announce):
            yield

    # Sleeping

    async def sleep(self, *, days: int | None = None) -> SleepReport:
        """Lives through one night; during a night, waits for it and returns its report.

        Args:
            days: lives as if so many days, 1 to 36,525, had passed, each with its night, or until another brain sleeps
                (see `SleepReport.skipped`); brain time moves on, the clock does not.
        """
        self._life.check_open()
        check_outside(self._life, "sleep")
        if days is None:
            return await self._cycle.sleep()
        return await self._nights.live_through(check_count(days, "days", 1, MOST_DAYS), self._cycle.sleep)

    @asynccontextmanager
    async def asleep(self) -> AsyncGenerator[SleepReport]:
        """Sleeps while the block lasts: a night as it begins, and brain time runs slower until it ends."""
        report = await self.sleep()
        with self.time.asleep():
            yield report

    async def start_sleep_cycle(self) -> None:
        """Sleeps in the background from now on; returns when the first interval has begun. Twice: harmless."""
        self._life.check_open()
        await self._cycle.start()

    async def stop_sleep_cycle(self) -> None:
        """Ends the background nights; raises what ended them, if something did. Without a start: harmless."""
        self._life.check_open()
        await self._cycle.stop()

    # Closing

    async def close(self) -> None:
        """Writes everything down and closes; twice is harmless.

        Raises:
            StoreUnavailableError: the store could not be reached for `BrainConfig.closing_patience`; says how many
                engrams were not stored. The brain is closed all the same.
            Exception: what ended the sleep cycle, if something did.
        """
        self._life.check_loop()
        check_outside(self._life, "close")
        if self._closing is None:
            self._life.closed = True
            self._closing = asyncio.ensure_future(close_down(self._body, self._life, self._cycle))
        elif self._closing.done():
            return
        await asyncio.shield(self._closing)  # a caller who gives up does not leave it half closed

    async def __aenter__(self) -> Brain:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __del__(self) -> None:
        if hasattr(self, "_life"):
            self._life.warn_if_open(self)

    def __repr__(self) -> str:
        state = "closed" if self._life.closed else "open"
        return f"<Brain at {self._body.store.url}, {state}>"
