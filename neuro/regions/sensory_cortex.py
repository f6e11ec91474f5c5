"""The sensory cortex: short buffers that hold raw input while something may still attend to it.

Knows how long a trace of each sense lasts; deliberately does not judge what it holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Annotated, NamedTuple, Self

from pydantic import Field

from neuro.arguments import JsonObject, check_text
from neuro.clock import Clock
from neuro.dynamics import salience
from neuro.engram import Context
from neuro.records import Params, Positive
from neuro.regions.base import Region, Snapshot
from neuro.signals import Stimulus

VISUAL = "visual"
"""The modality whose store is iconic; those of all others are echoic."""


class SensoryCortexParams(Params):
    """How long and how much the senses hold."""

    echoic_seconds: Positive = 3.0
    """Text, audio and whatever is not visual expire after this long (Darwin, Turvey & Crowder 1972)."""
    iconic_seconds: Positive = 1.0
    """Visual input expires after this long: partial report has no advantage left (Sperling 1960)."""
    iconic_time_constant: Positive = 0.28
    """Seconds in which the strength of a visual trace falls to 1/e (fitted on Sperling 1960)."""
    items: Annotated[int, Field(ge=1)] = 64
    """Stimuli held per modality; the oldest falls out (engineering: the stores are large but brief)."""
    modalities: Annotated[int, Field(ge=1)] = 8
    """Modalities held at once; the one idle longest falls out (engineering: people have about that many)."""


class SensoryCortexSnapshot(Snapshot):
    """What is in the buffers."""

    buffered: Context = JsonObject()
    """Unexpired stimuli of each modality."""


class _Registered(NamedTuple):
    stimulus: Stimulus
    at: float


class SensoryCortex(Region):
    """Takes every stimulus into the buffer of its modality, where it expires unless it is attended in time.
    What the gate refused can still be attended while it is here.

    Sensory cortices keep a rich, short-lived copy of their input: iconic for vision, echoic for sound
    (Neisser 1967). Most of it fades without ever being noticed.

    Lesioned: registers nothing and has nothing to attend to.
    """

    name = "sensory_cortex"

    def __init__(self, params: SensoryCortexParams | None = None, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.params = SensoryCortexParams() if params is None else params
        self._buffers: dict[str, deque[_Registered]] = {}  # the modality used last comes last

    def register(self, stimulus: Stimulus, now: float | None = None) -> None:
        """Puts the stimulus into the buffer of its modality, at clock time ``now``."""
        if not self._intact:
            return
        now = self._time(now)
        self._expire(now)
        buffer = self._buffers.pop(stimulus.modality, None)
        if buffer is None:
            buffer = deque[_Registered](maxlen=self.params.items)
        buffer.append(_Registered(stimulus, now))
        self._buffers[stimulus.modality] = buffer
        if len(self._buffers) > self.params.modalities:
            del self._buffers[next(iter(self._buffers))]

    def buffered(self, modality: str | None = None, now: float | None = None) -> tuple[Stimulus, ...]:
        """Stimuli of a modality, or of all, that have not expired; oldest first."""
        return tuple(
            item.stimulus
            for item in self._held(self._time(now))
            if modality in (None, item.stimulus.modality)
        )

    def attend(self, sought: Stimulus | str | None = None, now: float | None = None) -> Stimulus | None:
        """Takes a stimulus that has not expired out of its buffer; None if there is no such one.

        Args:
            sought: the stimulus itself; or its content, or failing that a part of it in any case; or None for
                whatever came last. Of several the latest.

        Raises:
            InvalidArgumentError: ``sought`` is a blank string.
        """
        now = self._time(now)
        found = self._find(sought, now)
        self._expire(now)
        if found is None:
            return None
        modality = found.stimulus.modality
        kept = [item for item in self._buffers[modality] if item is not found]
        self._replace(modality, kept)
        return found.stimulus

    def trace_strength(self, stimulus: Stimulus, now: float | None = None) -> float:
        """How clear its trace is, in [0, 1]: ``exp(-t / 0.28 s)`` if visual, 1 otherwise, 0 once expired."""
        now = self._time(now)
        found = self._find(stimulus, now)
        if found is None:
            return 0.0
        if stimulus.modality != VISUAL:
            return 1.0
        return float(salience.fade(now - found.at, self.params.iconic_time_constant))

    def imagined(self) -> Self:
        """Holds nothing yet."""
        twin = super().imagined()
        twin._buffers = {}
        return twin

    def inspect(self, now: float | None = None) -> SensoryCortexSnapshot:
        """A frozen snapshot: how much of each modality is buffered."""
        counts: dict[str, int] = {}
        for item in self._held(self._time(now)):
            counts[item.stimulus.modality] = counts.get(item.stimulus.modality, 0) + 1
        return SensoryCortexSnapshot(name=self.name, intact=self._intact, buffered=JsonObject(counts))

    def clear(self) -> None:
        """Lets go of everything at once."""
        self._buffers.clear()

    def _alive(self, item: _Registered, now: float) -> bool:
        visual = item.stimulus.modality == VISUAL
        return now - item.at < (self.params.iconic_seconds if visual else self.params.echoic_seconds)

    def _held(self, now: float) -> list[_Registered]:
        """What has not expired, oldest first."""
        if not self._intact:
            return []
        items = (item for buffer in self._buffers.values() for item in buffer if self._alive(item, now))
        return sorted(items, key=lambda item: item.at)

    def _find(self, sought: Stimulus | str | None, now: float) -> _Registered | None:
        latest_first = self._held(now)[::-1]
        if sought is None:
            return next(iter(latest_first), None)
        if isinstance(sought, Stimulus):
            return next((item for item in latest_first if item.stimulus == sought), None)
        return next(_matching(check_text(sought, "sought"), latest_first), None)

    def _expire(self, now: float) -> None:
        for modality, buffer in tuple(self._buffers.items()):
            if not all(self._alive(item, now) for item in buffer):
                self._replace(modality, [item for item in buffer if self._alive(item, now)])

    def _replace(self, modality: str, items: list[_Registered]) -> None:
        if items:
            self._buffers[modality] = deque(items, maxlen=self.params.items)
        else:
            del self._buffers[modality]


def _matching(text: str, items: list[_Registered]) -> Iterator[_Registered]:
    """Items whose content is the text, then those that contain it in any case."""
    yield from (item for item in items if item.stimulus.content == text)
    part = text.casefold()
    yield from (item for item in items if part in item.stimulus.content.casefold())
