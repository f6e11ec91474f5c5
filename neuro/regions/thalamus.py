"""The thalamus: decides what reaches the cortex, and says why.

Knows how much attention a stimulus draws; deliberately forgets what the stimuli said (it keeps digests).
"""

from __future__ import annotations

import hashlib
from typing import Annotated, NamedTuple, Self

from pydantic import Field

from neuro.clock import Clock
from neuro.dynamics import salience
from neuro.engram import canonical_content
from neuro.indexing.terms import terms
from neuro.records import Params, Positive, Unit
from neuro.regions.base import Region, Snapshot
from neuro.signals import Gate, Stimulus


class ThalamusParams(Params):
    """What draws attention, and how much of it opens the gate. Attention has no unit; it is in [0, 1]."""

    threshold: Unit = 0.1
    """Attention that opens the gate. With these defaults all that is said passes, repeats too; 0.4 blocks
    repeats (engineering: an agent must not lose a turn unless it was told to)."""
    base: Unit = 0.5
    """Attention drawn by anything new (engineering: halfway)."""
    goal_weight: Unit = 0.5
    """Gained by a stimulus that holds every term of the goal (biased competition: Desimone & Duncan 1995)."""
    decrement: Annotated[float, Field(gt=0.0, le=1.0)] = 0.7
    """Factor on the response at each repeat (form: Rankin et al. 2009; size chosen)."""
    floor: Unit = 0.3
    """The response never habituates below this share (asymptote: Rankin et al. 2009; size chosen)."""
    recovery_seconds: Positive = 1800.0
    """Time constant of spontaneous recovery (minutes to hours: Thompson & Spencer 1966)."""
    remembered: Annotated[int, Field(ge=1)] = 1024
    """Contents whose habituation is remembered; the one unheard longest is dropped (engineering)."""
    reach: Annotated[int, Field(ge=1)] = 10_000
    """Characters of a stimulus that are searched for the goal (engineering: bounds the time of a gate)."""


class ThalamusSnapshot(Snapshot):
    """How strict the gate is and how much it has habituated to."""

    threshold: Unit
    habituated: int
    """Contents whose habituation is remembered."""


class _Habituation(NamedTuple):
    response: float
    """Left at ``at``, in [floor, 1]."""
    at: float


class Thalamus(Region):
    """Lets a stimulus through when it draws enough attention: more if it bears on the goal, less if it was
    heard again and again. A stimulus that was given a salience above the threshold always passes.

    Nearly all input reaches the cortex through the thalamus, whose reticular nucleus gates it under control
    of the prefrontal cortex (Crick 1984). Responses to a repeated stimulus habituate, and recover with rest
    (Rankin et al. 2009).

    Lesioned: the gate stays shut, for nothing reaches the cortex.
    """

    name = "thalamus"

    def __init__(self, params: ThalamusParams | None = None, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.params = ThalamusParams() if params is None else params
        self._habituations: dict[bytes, _Habituation] = {}  # heard last comes last

    def gate(self, stimulus: Stimulus, now: float | None = None, *, goal: str | None = None) -> Gate:
        """Weighs a stimulus, and habituates to it.

        Args:
            goal: what one is after, if anything; its terms draw attention to what holds them.
        """
        if not self._intact:
            return Gate(False, 0.0, "the thalamus is lesioned: nothing reaches the cortex")
        p = self.params
        hint, bearing = self._hint(stimulus, goal)
        response = self._habituate(stimulus, self._time(now))
        attention = float(salience.attention(p.base, hint, p.goal_weight, response))
        causes = [bearing] if bearing else []
        if response < 1.0:
            causes.append(f"heard before, which leaves {response:.0%} of its attention")
        given = stimulus.salience
        if given is not None and given > p.threshold:
            attention = max(attention, given)
            causes.append(f"its given salience of {given:.2f} is above the threshold and always passes")
        opened = attention >= p.threshold
        verdict = "reaches" if opened else "stays below"
        reason = f"attention {attention:.2f} {verdict} the threshold {p.threshold:.2f}"
        return Gate(opened, attention, "; ".join([reason, *causes]))

    def imagined(self) -> Self:
        twin = super().imagined()
        twin._habituations = self._habituations.copy()
        return twin

    def inspect(self, now: float | None = None) -> ThalamusSnapshot:
        """A frozen snapshot."""
        return ThalamusSnapshot(
            name=self.name,
            intact=self._intact,
            threshold=self.params.threshold,
            habituated=len(self._habituations),
        )

    def _hint(self, stimulus: Stimulus, goal: str | None) -> tuple[float, str]:
        """Share of the goal's terms that the stimulus holds, in [0, 1], and that in words."""
        wanted = set(terms(goal)) if goal is not None else set[str]()
        held = wanted.intersection(terms(stimulus.content[: self.params.reach])) if wanted else wanted
        if not held:
            return 0.0, ""
        return len(held) / len(wanted), f"it bears on the goal ({len(held)} of its {len(wanted)} terms)"

    def _habituate(self, stimulus: Stimulus, now: float) -> float:
        """The response to the stimulus as it comes, in [floor, 1]; the next one will be weaker."""
        p = self.params
        content = f"{stimulus.modality}\n{canonical_content(stimulus.content)}"
        key = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        past = self._habituations.pop(key, None)
        response = (
            1.0
            if past is None
            else float(salience.recovered(past.response, now - past.at, p.recovery_seconds))
        )
        after = float(salience.habituated(response, p.decrement, p.floor))
        self._habituations[key] = _Habituation(after, now)
        if len(self._habituations) > p.remembered:
            del self._habituations[next(iter(self._habituations))]
        return response
