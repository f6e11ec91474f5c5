"""The pages of the demo: what was lived through, in words and small tables."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from neuro import Recollection
from neuro.frontends.demo_life import WEEKS, Answer, Day, Faded, Moment, Waking
from neuro.frontends.instants import show_day
from neuro.frontends.rendering import (
    ASIDE,
    CONTENT,
    bar,
    counted,
    one_line,
    place_name,
    quoted,
    why,
)
from neuro.frontends.screen import Screen

_HOMES = ("neocortex", "cerebellum", "basal_ganglia")
_EXCERPT = 94
_SAID = 86
_SHORT = 60
_SHOWN = 4
_BAR = 7
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def _heading(screen: Screen, title: str) -> None:
    screen.say("")
    screen.say((title, "bold cyan"))


def show_opening(screen: Screen, days: Sequence[Day], url: str | None) -> None:
    """Who, where and when."""
    stimuli = [moment.turn.stimulus for day in days for moment in day.moments]
    names = list(dict.fromkeys(str(stimulus.context["speaker"]) for stimulus in stimuli))
    screen.say(("Two weeks in one house", CONTENT))
    screen.say(
        f"{counted(len(stimuli), 'turn')} of talk between {', '.join(names[:-1])} and {names[-1]}, neighbours in "
        f"Trieste, lived through on a simulated clock with a night after each of {len(days)} days, in "
        f"{url or 'a temporary SQLite file'}."
    )


def show_pathway(screen: Screen, evening: Sequence[Moment], slots: int) -> None:
    """What each region made of the first turn, and of the one that moved most."""
    _heading(screen, "1. How a stimulus gets in")
    for moment in (evening[0], max(evening[1:], key=_salience)):
        engram, gate = moment.perception.engram, moment.perception.gate
        assert engram is not None
        _show_said(screen, moment)
        felt = f"salience {engram.salience:.2f}, valence {engram.valence:+.2f}, arousal {engram.arousal:.2f}"
        for region, did in (
            ("thalamus", gate.reason),
            ("amygdala", felt),
            ("prefrontal cortex", f"held in mind, {len(moment.held)} of {slots} slots taken"),
            ("hippocampus", f"encoded as a new engram, novelty {moment.perception.novelty:.2f}"),
        ):
            screen.say(did, lead=f"    {region:<18} ")


def _salience(moment: Moment) -> float:
    engram = moment.perception.engram
    return 0.0 if engram is None else engram.salience


def _show_said(screen: Screen, moment: Moment) -> None:
    stimulus = moment.turn.stimulus
    screen.say((f"{stimulus.context['speaker']}: ", ASIDE), quoted(stimulus.content, _SAID), lead="  ")


def show_working_memory(screen: Screen, evening: Sequence[Moment]) -> None:
    """Who had to leave, and what was on the mind in the end."""
    pushed = next((moment for moment in evening if moment.perception.displaced is not None), None)
    if pushed is None or pushed.perception.displaced is None:
        return
    _heading(screen, "2. What is on the mind")
    screen.say("All slots are taken when this comes:", lead="  ")
    _show_said(screen, pushed)
    screen.say(
        f"It displaces {quoted(pushed.perception.displaced.content, _SHORT)}, which stays in the hippocampus.",
        lead="  ",
    )
    screen.say("At the end of the evening these are the most active of what is in mind:", lead="  ")
    for chunk in evening[-1].held[:_SHOWN]:
        screen.say(quoted(chunk.content, _EXCERPT), lead="    ")


def show_nights(screen: Screen, days: Sequence[Day]) -> None:
    """What each night moved where."""
    _heading(screen, "3. What the nights do")
    screen.say(
        "Each night replays what was new and moves it from the hippocampus to its home: events and facts to the "
        "neocortex, skills to the cerebellum, habits to the basal ganglia. What was in mind together is linked. 16 "
        "waking hours make a full night.",
        lead="  ",
    )
    rows = [
        [
            f"{day.date:%a %d %b}",
            str(len(day.moments)),
            f"{day.night.weight:.0%}",
            *(str(len(day.night.moved.get(home, ())) or "-") for home in _HOMES),
            str(day.night["linked"]),
        ]
        for day in days
    ]
    screen.table(["day", "turns", "slept", *map(place_name, _HOMES), "pairs linked"], rows, lead="  ")
    _show_repeat(screen, days)


def _show_repeat(screen: Screen, days: Sequence[Day]) -> None:
    repeats = [moment for day in days for moment in day.moments if moment.perception.repeated]
    if not repeats:
        return
    engram = max(
        (m.perception.engram for m in repeats if m.perception.engram), key=lambda e: e.trace.exposures
    )
    screen.say(
        f"{counted(len(repeats), 'turn')} repeated something word for word and made no new engram: "
        f"{quoted(engram.content, _SHORT)} is one engram, perceived {engram.trace.exposures:.0f} times.",
        lead="  ",
    )


def show_answers(screen: Screen, answers: Sequence[Answer]) -> None:
    """What is recalled, why, and whether it is what was hoped for."""
    _heading(screen, "4. Ten questions, the morning after")
    for answer in answers:
        _show_answer(screen, answer)
    ranks = [answer.rank for answer in answers]
    near = sum(rank is not None and rank <= 3 for rank in ranks)
    screen.say(
        f"Found first: {ranks.count(1)} of {len(ranks)}. Among the first three: {near} of {len(ranks)}.",
        lead="  ",
    )


def _show_answer(screen: Screen, answer: Answer) -> None:
    question, rank = answer.question, answer.rank
    screen.say((question.ask, CONTENT), (f"  ({question.why})", ASIDE), lead="✓ " if rank == 1 else "  ")
    show_recall(screen, answer.recall[:1], lead="    ", most=_EXCERPT)
    if rank is None:
        screen.say(f"hoped for, and not found: {quoted(question.expect, _SHORT)}", lead="    ")
    elif rank > 1:
        place = _ORDINALS.get(rank, f"{rank}th")
        screen.say(f"hoped for, and found {place}: {quoted(question.expect, _SHORT)}", lead="    ")


def show_recall(
    screen: Screen, recall: Sequence[Recollection], lead: str = "  ", most: int | None = None
) -> None:
    """What came back, and why."""
    if not recall:
        screen.say("Nothing comes back.", lead=lead)
    for recollection in recall:
        engram = recollection.engram
        origin = (
            f"{engram.speaker}, {show_day(engram.encoded_at, screen.zone)}, {place_name(recollection.region)}"
        )
        screen.say(quoted(engram.content, most), lead=lead)
        screen.say((f"{origin}: {why(recollection, 2)}", ASIDE), lead=f"{lead}  ")


def show_year(screen: Screen, faded: Sequence[Faded], waking: Waking | None) -> None:
    """How much is left after some weeks, as bars."""
    _heading(screen, "5. A year goes by and nobody asks")
    screen.say(
        "The ten answers in a brain with a person's half-lives; retention is the probability of recall. The clock is "
        "moved on week by week, with a night in each.",
        lead="  ",
    )
    rows = [
        [*(f"{bar(kept, _BAR)} {kept:.2f}" for kept in memory.retentions), one_line(memory.question.expect)]
        for memory in faded
    ]
    screen.table([*(f"week {week}" for week in WEEKS), ""], rows, lead="  ")
    dormant = Counter(memory.dormant for memory in faded)[True]
    screen.say(
        f"{dormant} of {len(faded)} are dormant now: not replayed, not listed, but not gone.", lead="  "
    )
    if waking is not None:
        _show_waking(screen, waking)


def _show_waking(screen: Screen, waking: Waking) -> None:
    screen.say(f"A cue wakes one of them: {waking.recall.cue}", lead="  ")
    screen.say(quoted(waking.after.content, _EXCERPT), lead="    ")
    screen.say((why(waking.recall[0]), ASIDE), lead="      ")
    before, after = (f"{engram.stability / 24:.0f}" for engram in (waking.before, waking.after))
    screen.say(
        f"Its retention is {waking.retention:.2f} again, and its half-life has grown from {before} to {after} days.",
        lead="    ",
    )


def show_default(screen: Screen, retentions: Sequence[float]) -> None:
    """How the default differs."""
    screen.say(
        f"By default an agent's memory lasts ten times as long: the same ten would be at {fmean(retentions):.2f} on "
        f"average, and none of them below {min(retentions):.2f}.",
        lead="  ",
    )


def show_end(screen: Screen, store: Sequence[str] | None) -> None:
    """Where it can be asked from now on.

    Args:
        store: the options that name its store; none if that was a temporary one.
    """
    screen.say("")
    if store is None:
        screen.say('The temporary store is gone. "neuro demo --store demo.db" makes one that stays.')
    else:
        screen.say("It stays:")
        screen.say(shlex.join(["neuro", "recall", *store, "Who is Wanda?"]), lead="  ", whole=True)


def summary(days: Sequence[Day], answers: Sequence[Answer], faded: Sequence[Faded]) -> dict[str, Any]:
    """The same for programs."""
    ranks = [answer.rank for answer in answers]
    return {
        "turns": sum(len(day.moments) for day in days),
        "nights": [{"date": day.date.isoformat(), **day.night.to_dict()} for day in days],
        "questions": [
            {
                **answer.question._asdict(),
                "rank": answer.rank,
                "recalled": [
                    {
                        "content": r.engram.content,
                        "region": r.region,
                        "reasons": [reason.text for reason in r.reasons],
                    }
                    for r in answer.recall[:3]
                ],
            }
            for answer in answers
        ],
        "found_first": ranks.count(1),
        "found_among_three": sum(rank is not None and rank <= 3 for rank in ranks),
        "year": [
            {
                "content": memory.question.expect,
                "retention": dict(zip(map(str, WEEKS), memory.retentions, strict=True)),
                "dormant": memory.dormant,
            }
            for memory in faded
        ],
    }
