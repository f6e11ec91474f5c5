"""The hippocampus: what happened lately, bound to what happened around it.

Works in memory; each engram is durable in the store before a perceive returns, where other brains can recall it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Annotated, Any, Self

from pydantic import Field

from neuro.arguments import check_count, check_text
from neuro.clock import Clock
from neuro.connectome import Association, AssociationType
from neuro.embedders import Embedder, word_table
from neuro.engram import Engram
from neuro.fading import ImportanceParams
from neuro.ids import EngramIds
from neuro.indexing.probe import Matching
from neuro.plasticity import AnyPlasticity, Plasticity
from neuro.profiles import TypeProfiles
from neuro.records import Params, Positive, Unit
from neuro.regions.base import Snapshot
from neuro.regions.completion import Completion
from neuro.regions.journal import Journal
from neuro.regions.journalled_region import JournalledRegion
from neuro.regions.stream import Stream
from neuro.regions.tonight import Tonight
from neuro.signals import Percept
from neuro.stores.base import EngramStore
from neuro.units import HOUR


class HippocampusParams(Params):
    """Parameters of the hippocampus."""

    temporal_reach: Annotated[int, Field(ge=0)] = 3
    """How many engrams back a new one is bound to; 0 switches temporal association off (Kahana 1996)."""
    temporal_weight: Unit = 0.5
    """Weight of the association from one engram to the next (Kahana 1996)."""
    temporal_decay: Unit = 0.6
    """Factor on that weight for each step further apart (Howard & Kahana 2002)."""
    backward_ratio: Unit = 0.6
    """Weight of the association backwards over that forwards; free recall shows .4 (Kahana 1996), but a cue
    asks as often for what came before."""
    episode_gap: Positive = 4 * HOUR
    """A pause of more than this, seconds, or another session ends the episode (Zacks et al. 2007)."""
    topic_floor: Unit = 0.15
    """Cosine of word rows with what went before below which a content of some length begins a new episode, where the
    stream names no sessions; 0 switches it off (Hearst 1997). It cuts chats within a sitting once in 600 turns, and
    documents at one of seven changes of subject and one of fifty other paragraphs: a missed cut costs less."""
    co_held_weight: Unit = 0.1
    """Weight of the association between what working memory held together; 0 switches it off (Hebb 1949)."""
    co_recalled_weight: Unit = 0.15
    """Weight of the association between what one cue brought back; 0 switches it off (Hebb 1949)."""
    most_bindings: Annotated[int, Field(ge=0)] = 10_000
    """Pairs remembered until the next night."""
    plasticity: AnyPlasticity | None = None
    """How what lies there fades; None: as everything in the brain."""


class HippocampusSnapshot(Snapshot):
    """What the hippocampus holds."""

    engrams: int
    waiting: int
    """Engrams that are not written to the store yet, because it is away."""
    waiting_changes: int
    """Changes of engrams (counts, strength) that are not written yet for the same reason."""
    episode_id: str | None
    bindings: int
    """Pairs that wait for the night to be wired together."""
    unreplayed: int
    """Engrams accessed since they were last slept on."""


class Hippocampus(JournalledRegion):
    """Encodes each percept as an engram of its own, binds it to its neighbours in time, completes partial cues,
    and replays what was experienced when the brain sleeps.

    In the brain, the dentate gyrus separates similar patterns and CA3 completes partial ones (Marr 1971; Yassa &
    Stark 2011); sharp-wave ripples replay the day to the neocortex (Wilson & McNaughton 1994).

    Lesioned: encodes nothing, answers nothing and replays nothing; remote memories are spared.
    """

    name = "hippocampus"

    def __init__(
        self,
        params: HippocampusParams | None = None,
        *,
        store: EngramStore | None = None,
        journal: Journal | None = None,
        embedder: Embedder | None = None,
        plasticity: Plasticity | None = None,
        importance: ImportanceParams | None = None,
        profiles: TypeProfiles | None = None,
        matching: Matching | None = None,
        clock: Clock | None = None,
        ids: Callable[[float], str] | None = None,
    ) -> None:
        super().__init__(
            store,
            journal,
            plasticity=plasticity,
            importance=importance,
            profiles=profiles,
            clock=clock,
        )
        self.params = HippocampusParams() if params is None else params
        self._completion = Completion(embedder, matching)
        self._ids = EngramIds() if ids is None else ids
        p, table = self.params, None if embedder is None else word_table(embedder)
        self._stream = Stream(p.temporal_reach, p.episode_gap, p.topic_floor, table)
        self._tonight = Tonight(self.params.most_bindings)

    # Encoding

    def next_id(self, now: float | None = None) -> str:
        """An id for the next engram; ids sort by time of encoding."""
        return self._ids(self._time(now))

    def encode(
        self,
        percept: Percept | str,
        now: float | None = None,
        *,
        encoded_at: float | None = None,
        engram_id: str | None = None,
        sleeps: float = 0.0,
        scope: str | None = None,
    ) -> Engram | None:
        """Lays down a percept as a new engram (the caller has looked for repeats: `recognise`).

        Args:
            percept: or a plain text, which is taken as it is.
            now: brain time; ``encoded_at`` is clock time, the same if not given.
            sleeps: the brain's count of sleeps.
        """
        instant = self._time(now)
        if isinstance(percept, str):
            percept = self._completion.percept(percept)
        clock_time = instant if encoded_at is None else encoded_at
        name = self.next_id(clock_time) if engram_id is None else engram_id
        engram = self.imprint(
            percept, instant, encoded_at=clock_time, engram_id=name, sleeps=sleeps, scope=scope
        )
        if engram is not None:
            self.take_in([engram], sleeps)
        return engram

    def imprint(
        self,
        percept: Percept,
        now: float,
        *,
        encoded_at: float,
        engram_id: str,
        sleeps: float,
        scope: str | None,
    ) -> Engram | None:
        """The engram that a percept leaves, for `take_in`. Lesioned: none."""
        if not self._intact:
            return None
        stimulus, appraisal = percept.stimulus, percept.appraisal
        return Engram(
            engram_id=engram_id,
            content=stimulus.content,
            memory_type=stimulus.memory_type,
            encoded_at=encoded_at,
            occurred_at=stimulus.occurred_at,
            trace=self.fading.plasticity.imprint(
                now,
                half_life=self.profiles.half_life(stimulus.memory_type),
                sleeps=sleeps,
                salience=appraisal.salience,
                arousal=max(appraisal.arousal, 2.0 * appraisal.salience - 1.0),
                surprise=percept.surprise,
            ),
            fragments=percept.fragments,
            features=percept.features,
            embedder=percept.embedder,
            tokens=percept.tokens,
            salience=appraisal.salience,
            valence=appraisal.valence,
            arousal=appraisal.arousal,
            reward=stimulus.reward,
            tags=stimulus.tags,
            context=stimulus.context,
            episode_id=self._stream.episode(stimulus.content, stimulus.context, encoded_at, self.next_id),
            scope=scope,
        )

    def take_in(self, engrams: Sequence[Engram], sleeps: float, *, stored: bool = False) -> None:
        """Holds new engrams; the journal writes them next, unless they are ``stored`` already.

        The latter, which may be many, are compared with what comes only after `read_rest`.
        """
        for engram in engrams:
            placed = self.place(engram)
            self.recent.put(*placed)
            if self.journal is not None and not stored:
                self.journal.add(placed)
            self.notice_access(engram.engram_id, sleeps)
        if stored:
            self._completion.add_later(engrams)
        else:
            self._completion.add(engrams)

    async def read_rest(self) -> None:
        """Makes findable here what was ``stored`` already when it was taken in."""
        await self._completion.settle()

    def bind(self, engram: Engram) -> list[Association]:
        """Associations of an engram with the ones before it in its episode; makes it the last of the stream.

        Lesioned: none.
        """
        if not self._intact or engram.episode_id is None:
            return []
        p = self.params
        weight = p.temporal_weight if p.temporal_reach else 0.0
        return self._stream.go_on(engram, weight, p.temporal_decay, p.backward_ratio)

    def bind_held(self, engram_id: str, held: Sequence[str]) -> None:
        """Notes that working memory held an engram with others; its neighbours in time are bound to it already."""
        near = {engram_id, *self._stream.near}
        for other in held:
            if other not in near:
                self.bind_together([engram_id, other], AssociationType.CO_HELD)

    def bind_together(self, engram_ids: Sequence[str], kind: AssociationType) -> None:
        """Notes that engrams were active together; the night wires them. Lesioned: notes nothing."""
        p = self.params
        weight = p.co_held_weight if kind is AssociationType.CO_HELD else p.co_recalled_weight
        if self._intact and weight > 0.0:
            self._tonight.pair(engram_ids, kind, weight)

    def take_bindings(self) -> list[Association]:
        """What was noted since the last night; it is the caller's from here on."""
        return self._tonight.take_pairs()

    # Recognising and completing

    def recognise(self, digest: str) -> Engram | None:
        """The engram of which this would be a repeat, if it is here. Lesioned: recognises nothing."""
        return self.recent.look_for(digest) if self._intact else None

    def novelty(self, percept: Percept) -> float:
        """1 is unlike anything here, 0 the same; in [0, 1]. Of very long contents the beginnings are compared.

        Lesioned: everything is new.
        """
        if not self._intact or not len(self.recent):
            return 1.0
        return self._completion.novelty(percept, self._time(None))

    def pattern_complete(self, cue: str, *, top_k: int = 10) -> list[tuple[Engram, float]]:
        """Engrams that a partial cue completes to, best first, with their relevance of about [0, 1].

        Matches words, related words and what was said around them, and features where an embedder that knows
        more than words does has a synchronous method. Empty on an empty region. Lesioned: empty.
        """
        check_text(cue, "cue")
        check_count(top_k, "top_k")
        if not self._intact or not len(self.recent):
            return []
        found = self._completion.complete(cue, self._time(None), top_k)
        engrams = [(self.recent.look_up(match.engram_id), match.relevance) for match in found]
        return [(engram, relevance) for engram, relevance in engrams if engram is not None]

    # Replay

    def notice_access(self, engram_id: str, sleeps: float) -> None:
        """Remembers that an engram of any region was studied or recalled, to replay it after a full sleep."""
        if self._intact:
            self._tonight.notice(engram_id, sleeps)

    def replay(self, sleeps: float) -> list[str]:
        """Ids of what has been slept on for a full night since its last access, the oldest first.

        Lesioned: replays nothing.
        """
        return self._tonight.ripe(sleeps) if self._intact else []

    def replayed(self, engram_ids: Iterable[str]) -> None:
        """These have been replayed."""
        self._tonight.replayed(engram_ids)

    # What nights leave and move

    def staying(self) -> list[Engram]:
        """Engrams that this brain encoded or adopted and no night has moved, in order of id. Lesioned: none move."""
        if not self._intact:
            return []
        return [engram for engram in self.recent.everything() if not self._owes(engram.engram_id)]

    def departed(self, engram_ids: Iterable[str]) -> None:
        gone = [*engram_ids]
        super().departed(gone)
        for engram_id in gone:
            self._completion.remove(engram_id)

    def adopt(self, engrams: Iterable[Engram], sleeps: float) -> None:
        """Takes over what another brain encoded, or this one in an earlier life, and no night has moved."""
        new = [engram for engram in engrams if engram.engram_id not in self.recent]
        for engram in new:
            self.recent.put(*self.place(engram))
            if engram.trace.fresh and self._intact:
                self._tonight.notice_once(engram.engram_id, min(sleeps, engram.trace.sleeps))
        self._completion.add(new)

    def forget(self, engram_id: str) -> None:
        """Lets go of an engram and of all that points to it here. Works lesioned too."""
        self._tonight.forget(engram_id)
        self._stream.forget(engram_id)
        self._completion.remove(engram_id)
        if self.journal is not None:
            self.journal.drop(engram_id)
        self.recent.drop(engram_id)

    async def erase(self) -> None:
        """Drops the words of what was forgotten, so far as nothing else here has them."""
        await self._completion.erase()

    # Waking and looking

    def resume(self, stream: Sequence[Sequence[Any]]) -> None:
        """Goes on from what `stream` returned in an earlier life."""
        self._stream.resume(stream)

    def take_over(self, ledger: Mapping[str, Any]) -> None:
        """Adds what `ledger` returned, in an earlier life or of another brain that is gone."""
        self._tonight.take_over(ledger)

    def give_up(self, ledger: Mapping[str, Any]) -> None:
        """What `ledger` returned is another's to do."""
        self._tonight.give_up(ledger)

    def stream(self) -> list[list[Any]]:
        """Where in the stream of experience it is, as JSON."""
        return self._stream.state()

    def ledger(self) -> dict[str, Any]:
        """What the next night has to replay and to wire, as JSON; grows with the day."""
        return self._tonight.state()

    @property
    def ledger_revision(self) -> int:
        """Another one whenever `ledger` has changed."""
        return self._tonight.revision

    def imagined(self) -> Self:
        """Of engrams it shows and holds what this one does: only what it notes is its own."""
        twin = super().imagined()
        twin._stream, twin._tonight = copy(self._stream), Tonight(self.params.most_bindings)
        return twin

    def lose_place(self, engram_id: str) -> None:
        """What comes next is not bound to this engram."""
        self._stream.forget(engram_id)

    def inspect(self, now: float | None = None) -> HippocampusSnapshot:
        return HippocampusSnapshot(
            name=self.name,
            intact=self._intact,
            engrams=len(self.recent),
            waiting=0 if self.journal is None else self.journal.unwritten,
            waiting_changes=0 if self.journal is None else self.journal.owed,
            episode_id=self._stream.episode_id,
            bindings=self._tonight.pairs,
            unreplayed=self._tonight.unreplayed,
        )
