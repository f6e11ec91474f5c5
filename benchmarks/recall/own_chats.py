"""Chats that are harder to search than clean ones: hasty people, and an assistant who answers at length.

Made of our own words by drawing from frames, so that nothing is said in one way only: each frame has several ways to
tell a fact and to ask for it, mostly in other words. The same seed gives the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from conversations import Conversation, Question, Turn

_ABOUT_ANSWERS = 8
"""One question in so many is about what the assistant said."""
_START = datetime(2024, 1, 6, 18, tzinfo=UTC)
_FRIENDS = ("Maya", "Theo", "Priya")

_SLOTS = {
    "thing": "lamp rug kettle guitar blender tent jacket printer bookshelf toaster skateboard telescope fan heater "
    "mattress keyboard suitcase projector sofa grill hammock drone vacuum globe".split(),
    "place": "the flea market|ikea|a pawn shop|the thrift store on mill road|the mall|a garage sale|the night market|"
    "an outlet near the airport|that corner store|the museum shop|a guy online|the auction house".split("|"),
    "city": "Lisbon Oslo Quebec Naples Kyoto Austin Dublin Prague Cusco Hanoi Malta Bergen Seville Denver Tbilisi "
    "Galway".split(),
    "kin": "mom|dad|cousin|roommate|aunt|boss|sister|brother in law|grandma|neighbor|coach|ex".split("|"),
    "hobby": "pottery judo chess salsa archery knitting surfing fencing piano calligraphy boxing climbing".split(),
    "day": "monday tuesday wednesday thursday friday saturday sunday".split(),
    "part": "wrist ankle toe elbow shoulder knee thumb collarbone rib nose".split(),
    "deed": "moving the couch|on the stairs at work|playing frisbee|chasing the bus|changing a tire|"
    "at the trampoline "
    "park|carrying groceries|on an icy sidewalk|showing off at the gym|walking the dog".split("|"),
    "dish": "lasagna ramen paella gumbo pierogi risotto biryani moussaka chili ratatouille tamales goulash".split(),
    "mood": "amazing|a total disaster|kinda weird|better than expected|super awkward|pretty decent|boring|"
    "a blur".split("|"),
    "firm": "bakery|aquarium|law firm|bike shop|radio station|hospital|zoo|startup|library|brewery|shipyard|"
    "bank".split("|"),
    "food": "shellfish|peanuts|gluten|dairy|strawberries|sesame|soy|mushrooms|eggs|kiwi|celery|mustard".split("|"),
    "price": "20 35 48 60 75 90 110 140 165 200 230 310".split(),
    "pet": "cat|puppy|parrot|hamster|rabbit|ferret|gecko|old dog".split("|"),
    "spot": "carpet|couch|curtains|new boots|laptop|pillow|plants|passport".split("|"),
}  # fmt: skip


class _Frame(NamedTuple):
    """A kind of fact about a person."""

    key: str
    """The slot that tells the facts of this kind about one person apart; empty: there is one."""
    told: tuple[str, ...]
    """Ways to tell it at once."""
    parted: tuple[str, str, str]
    """What leads up to it, what another then asks, and the answer, which is the evidence."""
    asked: tuple[str, ...]
    """Ways to ask for it afterwards."""
    wanted: str
    """What the one who tells it may want to know from an assistant."""


_FRAMES = (
    _Frame(
        "thing",
        ("got a new {thing} at {place} today, only {price} bucks",
         "finally bought that {thing}! from {place}, it was {price}"),
        ("ok so i caved and bought a {thing}", "haha where from?", "{place}, cost me {price}"),
        ("Where did {who} buy the {thing}?", "How much did {who} pay for the {thing}?",
         "Where is {whose} {thing} from?"),
        "how to look after a {thing}",
    ),
    _Frame(
        "city",
        ("just booked flights to {city} with my {kin}", "back from {city}, my {kin} would not stop taking pictures"),
        ("guess who is going to {city}", "no way who with?", "my {kin}, we leave before dawn"),
        ("Who travelled to {city} with {who}?", "Whose company was part of {whose} trip to {city}?"),
        "what to see in {city}",
    ),
    _Frame(
        "hobby",
        ("signed up for {hobby} classes, every {day} after work", "my {hobby} lessons moved to {day}s"),
        ("starting {hobby} soon and i am scared", "proud of you, when is it?", "{day} nights at seven"),
        ("On which weekday is {whose} {hobby} training?", "When are {whose} {hobby} lessons?"),
        "what a beginner in {hobby} should practise",
    ),
    _Frame(
        "part",
        ("sprained my {part} {deed}, so dumb", "er visit: broke my {part} {deed}"),
        ("typing with one hand because of my {part}", "what happened?!", "{deed}, dont laugh"),
        ("How did {who} hurt the {part}?", "What caused {whose} {part} injury?"),
        "which exercises are safe for a bad {part}",
    ),
    _Frame(
        "kin",
        ("made {dish} for my {kin}'s birthday, it was {mood}", "tried cooking {dish} for my {kin} and it was {mood}"),
        ("cooked for my {kin} for the first time", "ooh what did you make", "{dish}, and it was {mood}"),
        ("Which meal did {who} prepare for the {kin}?", "What was on the plate when {who} cooked for the {kin}?"),
        "how to cook for my {kin} next time",
    ),
    _Frame(
        "firm",
        ("had my interview at the {firm}, it was {mood}",
         "the {firm} people called me back, that interview was {mood}"),
        ("i had that thing at the {firm} this morning", "the job interview? how was it",
         "{mood}, they call next week"),
        ("How was {whose} job interview with the {firm}?",
         "What impression did {who} have after applying to the {firm}?"),
        "how to write a thank you note to a {firm}",
    ),
    _Frame(
        "",
        ("doctor says i am allergic to {food}, there goes half my diet",
         "turns out {food} was making me sick all along"),
        ("got my test results from the clinic", "and?? what is it", "{food}. no more of that for me"),
        ("What is {who} allergic to?",),
        "which snacks are safe to take to the office",
    ),
    _Frame(
        "pet",
        ("the {pet} destroyed my {spot} while i was at work", "came home and the {pet} had peed on my {spot}"),
        ("i am going to sell the {pet} i swear", "lol what did it do now", "ate half of my {spot}"),
        ("What did {whose} {pet} ruin?", "Which belongings fell victim to {whose} {pet}?"),
        "how to train a {pet}",
    ),
)  # fmt: skip

_CHATTER = (
    "lol", "omg same", "wait what", "brb", "haha stop it", "did you see the {thing} at {place}",
    "anyone up for {dish}",
    "i need sleep", "who is around on {day}?", "my {kin} says hi", "never been to {city}, worth it?", "cute",
    "i hate {food}", "work was {mood}", "is the {firm} still hiring?", "miss you guys",
    "thinking about trying {hobby}",
    "the {pet} next door is so loud", "cant, my {part} hurts", "same as always", "call you later",
    "that sounds {mood}",
    "do we still need a {thing} for the trip?", "k", "yesss", "ugh {day} again", "how much was it again?",
)  # fmt: skip

_SLANG = {
    "you": "u", "your": "ur", "are": "r", "because": "cuz", "going to": "gonna", "people": "ppl", "tomorrow": "tmrw",
    "really": "rly", "please": "pls", "what": "wat", "with": "w", "for": "4", "to": "2", "and": "n", "the": "da",
    "birthday": "bday", "doctor": "doc", "pictures": "pics", "interview": "intvw", "before": "b4", "work": "wrk",
}  # fmt: skip
_EMOJI = "😂 😭 🔥 🙈 💀 ✨ 😅 🥲 👀 🎉 🤦🏽 ❤️".split()
_TAILS = "lol|lmao|tbh|ngl|smh|fr|idk|!!|...|haha|bruh|:)".split("|")

_REQUESTS = (
    "Can you tell me {}?", "I would like to know {}.", "Could you write down {} as a list?", "Any idea {}?",
    "Please explain {}, step by step.", "What would you say about {}?",
)  # fmt: skip
_PASTED = (
    "Here is what I have so far: first the basics, then a plan for each week, then a budget; I am not sure about the "
    "order, and my notes say that the second part takes twice as long as the first.",
    "Somebody wrote to me: never start before you have read the manual, keep the receipt, ask for a discount, and do "
    "not trust reviews that are shorter than two lines.",
    "I tried this: for item in plan: print(item, sum(costs[item])) but it only prints zeros and I do not see why.",
)  # fmt: skip
_OPENINGS = (
    "Great question! Here is {}, with the points that matter most.", "Happy to help with {}! Let me break it down.",
    "Sure! When people ask me {}, I usually start with the basics.",
    "I am glad that you asked {}. Here is my advice:",
)  # fmt: skip
_CLOSINGS = (
    "Let me know if you would like more on {}!", "I hope that this helps you with {}. Shall I go into detail?",
    "Would you like me to turn {} into a checklist?", "Feel free to ask if anything about {} is unclear.",
)  # fmt: skip
_HEADS = (
    "Plan ahead", "Start small", "Mind the cost", "Ask around", "Stay safe", "Keep notes", "Take your time",
    "Compare",
    "Be consistent", "Check the basics", "Have a backup", "Review weekly",
)  # fmt: skip
_TIPS = (
    "Many people buy a {thing} at {place} for about {price} dollars and are happy with it.",
    "Set aside every {day}, so that it becomes a habit; lessons on a fixed weekday help most.",
    "If you travel to {city}, leave a day for rest, and ask your {kin} to come along.",
    "A meal such as {dish} is easy to prepare for guests and leaves little to clean.",
    "Watch out for allergies: {food} is among the most common causes, so read every label.",
    "An injury of the {part} often happens when one is tired; warm up well before you start.",
    "A {pet} may ruin the {spot} when it is bored, so keep it busy with toys.",
    "Interviews at a {firm} are often shorter than expected; prepare two questions of your own.",
    "Think about {wanted} from the end: what would you like to have in three months?",
    "I would write down {wanted} in one sentence before you spend any money.",
    "Experts disagree on {wanted}, but nearly all of them say that patience pays.",
    "Training in {hobby} twice a week is enough for a beginner, as long as you keep at it.",
    "In my experience the second week is the hardest; after that it gets better.",
)  # fmt: skip
_CODE = (
    "plan = {'week': 1, 'steps': []}", "for step in plan['steps']:", "    print(step, plan['week'])",
    "costs = [20, 35, 60]", "total = sum(costs)", "if total > 100:", "    raise ValueError('too expensive')",
)  # fmt: skip


def own_chats(seed: int = 11, questions: int = 80) -> list[Conversation]:
    """``hasty`` people and an ``assistant``, each with so many questions, at most 90."""
    kinds: dict[str, Callable[[random.Random, int], Conversation]] = {
        "hasty": _hasty,
        "assistant": _assistant,
    }
    return [kind(random.Random(f"{seed} {name}"), questions) for name, kind in kinds.items()]


class _Log:
    """Turns as they are said, and what is asked about them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.turns: list[Turn] = []
        self.questions: list[Question] = []
        self.when = _START
        self.session = 0

    def say(self, speaker: str, text: str) -> str:
        """The id of the turn."""
        self.when += timedelta(seconds=40)
        self.turns.append(Turn(str(len(self.turns)), self.session, speaker, text, self.when))
        return self.turns[-1].id

    def part(self, days: float) -> None:
        """The next turn comes so much later, in a session of its own."""
        self.when += timedelta(days=days)
        self.session += 1

    def ask(self, text: str, *evidence: str) -> None:
        """Will be asked afterwards."""
        self.questions.append(Question(f"{self.name}/{len(self.questions)}", text, 1, evidence))

    def dated(self, text: str, rng: random.Random) -> str:
        """A question about what is said now, sometimes with its month."""
        return text if rng.random() < 0.8 else f"Back in {self.when:%B}: {text[0].lower()}{text[1:]}"

    def conversation(self) -> Conversation:
        """All of it."""
        return Conversation(self.name, tuple(self.turns), tuple(self.questions))


class _Facts:
    """Facts about people, each of which can be told from all others."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._known: set[tuple[str, str, str]] = set()

    def draw(self) -> dict[str, str]:
        """A value for each slot."""
        return {name: self._rng.choice(values) for name, values in _SLOTS.items()}

    def new(self, who: str) -> tuple[_Frame, dict[str, str]]:
        """Something about a person that was not told yet."""
        while True:
            frame, values = self._rng.choice(_FRAMES), self.draw()
            key = who, frame.told[0], values.get(frame.key, "")
            if key not in self._known:
                self._known.add(key)
                return frame, values


def _hasty(rng: random.Random, questions: int) -> Conversation:
    """Three friends who type fast: one fact in some six messages, told at once or when another asks."""
    log, facts = _Log("hasty"), _Facts(rng)
    while len(log.questions) < questions:
        log.part(rng.choice((0.5, 2.0, 9.0)))
        for _ in range(min(rng.randint(2, 4), questions - len(log.questions))):
            for _ in range(rng.randint(2, 6)):
                log.say(rng.choice(_FRIENDS), _typed(rng.choice(_CHATTER).format_map(facts.draw()), rng))
            who, other = rng.sample(_FRIENDS, 2)
            frame, values = facts.new(who)
            if rng.random() < 0.5:
                evidence = log.say(who, _typed(rng.choice(frame.told).format_map(values), rng))
            else:
                start, back, answer = (_typed(part.format_map(values), rng) for part in frame.parted)
                log.say(who, start)
                log.say(other, back)
                evidence = log.say(who, answer)
            asked = rng.choice(frame.asked).format_map(values | {"who": who, "whose": f"{who}'s"})
            log.ask(log.dated(asked, rng), evidence)
    return log.conversation()


def _typed(text: str, rng: random.Random) -> str:
    """A text as it is typed in haste: no capitals, slang, slips, drawn-out letters, emoji."""
    found: list[str] = []
    for word in text.lower().replace("'", "").split():
        if word in _SLANG and rng.random() < 0.5:
            word = _SLANG[word]
        elif len(word) > 3 and word.isalpha() and rng.random() < 0.12:
            word = _slipped(word, rng)
        found.append(word)
    line = " ".join(found)
    if rng.random() < 0.3:
        line += " " + rng.choice(_TAILS)
    return line + (" " + rng.choice(_EMOJI) * rng.randint(1, 3) if rng.random() < 0.25 else "")


def _slipped(word: str, rng: random.Random) -> str:
    """Two letters swapped, one left out, doubled or drawn out."""
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word + word[-1] * 3,
        )
    )


def _assistant(rng: random.Random, questions: int) -> Conversation:
    """One person and an assistant; what the person tells of itself comes along with what it wants to know."""
    log, facts = _Log("assistant"), _Facts(rng)
    answers: dict[str, list[str]] = {}
    while len(log.questions) < questions - questions // _ABOUT_ANSWERS:
        log.part(rng.choice((0.2, 1.0, 6.0)))
        tells = rng.random() < 0.6
        frame, values = facts.new("user") if tells else (rng.choice(_FRAMES), facts.draw())
        wanted, told = frame.wanted.format_map(values), rng.choice(frame.told).format_map(values)
        evidence = log.say("user", _message(wanted, told if tells else "", rng))
        answers.setdefault(wanted, []).append(log.say("assistant", _answer(wanted, facts, rng)))
        if tells:
            asked = rng.choice(frame.asked).format_map(values | {"who": "I", "whose": "my"})
            log.ask(log.dated(asked.replace("is I ", "am I ").replace("with I", "with me"), rng), evidence)
    for wanted in rng.sample(sorted(answers), questions // _ABOUT_ANSWERS):
        log.ask(f"What did you tell me when I asked {wanted}?", *answers[wanted])
    return log.conversation()


def _message(wanted: str, told: str, rng: random.Random) -> str:
    """What is wanted, with what is told before or after it, and sometimes something that was pasted."""
    parts = [rng.choice(_REQUESTS).format(wanted)]
    if told:
        before = rng.random() < 0.5
        parts.insert(0 if before else 1, f"{told.capitalize()}." if before else f"By the way, {told}.")
    if rng.random() < 0.2:
        parts.append(rng.choice(_PASTED))
    return " ".join(parts)


def _answer(wanted: str, facts: _Facts, rng: random.Random) -> str:
    """150 to 400 words in Markdown that come back to what was wanted again and again."""
    lines = [rng.choice(_OPENINGS).format(wanted), "", f"## {wanted.capitalize()}", ""]
    for number in range(1, rng.randint(6, 14)):
        mark = f"{number}." if rng.random() < 0.7 else "-"
        tip = rng.choice(_TIPS).format_map(facts.draw() | {"wanted": wanted})
        more = rng.choice(_TIPS).format_map(facts.draw() | {"wanted": wanted})
        lines.append(f"{mark} **{rng.choice(_HEADS)}**: {tip} {more}")
    if rng.random() < 0.3:
        lines += ["", "```python", *rng.sample(_CODE, 4), "```"]
    return "\n".join([*lines, "", rng.choice(_CLOSINGS).format(wanted)])
