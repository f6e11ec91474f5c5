"""Who has spoken, and where a cue names them."""

import pytest

from neuro.indexing.people import People, masked, person, without
from neuro.indexing.probe import Matching


def people(*names: str) -> People:
    held = People()
    for name in names:
        held.enter(person(name))
    return held


def mentions(cue: str, *names: str, known: str = "") -> list[set[str]]:
    found = people(*names).mentions(cue, lambda word: word.lower() in known.split(), Matching())
    return [set(mention.people) for mention in found]


def hidden(cue: str, *names: str) -> str:
    return masked(cue, people(*names).mentions(cue, lambda _: False, Matching()))


@pytest.mark.parametrize(
    ("cue", "expected"),
    [
        ("What did Dana say?", "What did I say?"),
        ("What did Dana's sister say?", "What did my sister say?"),
        ("Where are James' keys and Dana’s car?", "Where are my keys and my car?"),
        ("What did Dana Smith do?", "What did I do?"),
        ("what did dana do?", "what did I do?"),
        ("Did Danna and James meet?", "Did I and I meet?"),
        ("Did they meet?", "Did they meet?"),
        ("", ""),
    ],
)
def test_people_named_are_masked_as_they_would_speak(cue: str, expected: str):
    assert hidden(cue, "Dana Smith", "James") == expected


def test_people_named_can_be_left_out():
    cue = "What did Dana's sister say to James?"
    found = people("Dana", "James").mentions(cue, lambda _: False, Matching())
    assert without(cue, found).split() == ["What", "did", "sister", "say", "to", "?"]


def test_a_misspelt_name_has_a_capital_four_letters_and_is_no_word_that_is_known():
    assert mentions("What did Carolin say?", "Caroline") == [{"Caroline"}]
    assert mentions("What did Carolin say?", "Caroline", known="carolin") == []
    assert mentions("What did carolin say?", "Caroline") == []
    assert mentions("What did Karoline say?", "Caroline") == []
    assert mentions("What did Cal say?", "Carl") == []
    assert mentions("Does Dave know?", "David") == []


def test_of_several_names_the_one_most_alike_is_meant():
    assert mentions("Ask Melany", "Melissa", "Melanie", "Mel") == [{"Melanie"}]


def test_a_part_of_two_names_is_either_until_the_other_part_says_which():
    names = ("Dana Smith", "Dana Jones")
    assert mentions("What did Dana say?", *names) == [set(names)]
    assert mentions("What did Dana Jones say?", *names) == [{"Dana Jones"}]
    assert mentions("Dana, Jones", "Dana Smith", "Ben Jones") == [{"Dana Smith"}, {"Ben Jones"}]


def test_a_name_that_is_a_word_wants_a_capital():
    assert mentions("What did Will say, and will he come?", "Will") == [{"Will"}]
    assert mentions("Will she come?", "Will") == []
    assert mentions("When did she mark the day?", "Mark") == []
    assert mentions("What does the user like?", "user") == [{"user"}]


@pytest.mark.parametrize(
    ("cue", "names", "expected"),
    [
        ("What is my wife allergic to?", ("user", "assistant"), "user"),
        ("Where did I buy the lamp?", ("Human", "AI"), "Human"),
        ("What is mine?", ("Anna", "assistant"), "Anna"),
        ("What did you recommend for my knee?", ("user", "assistant"), "assistant"),
        ("What did you tell me about Rome?", ("Anna", "assistant"), "assistant"),
        ("Remind me of the book that you suggested", ("user", "assistant"), "assistant"),
        ("Which of your recommendations was cheap?", ("user", "assistant"), "assistant"),
        ("Do you know where I live?", ("user", "assistant"), "user"),
        ("Tell me about Rome", ("user", "assistant"), None),
        ("Who lives in Rome?", ("user", "assistant"), None),
        ("Where do I live?", ("Anna", "Ben", "assistant"), None),
        ("Where do I live?", ("Anna", "Ben"), None),
        ("What did you say?", ("user",), None),
        ("Where do I live?", (), None),
    ],
)
def test_beside_an_assistant_i_is_the_user_and_you_the_assistant(
    cue: str, names: tuple[str, ...], expected: str | None
):
    assert people(*names).meant(cue) == expected


def test_initials_name_nobody_who_has_a_longer_name():
    assert mentions("What is plan J?", "J. Smith") == []
    assert mentions("What did A say?", "A") == [{"A"}]


def test_names_in_other_scripts_are_found():
    assert mentions("Что сказала Анна?", "Анна") == [{"Анна"}]
    assert mentions("What did Zoë say?", "Zoë") == [{"Zoë"}]


def test_who_has_nothing_left_is_forgotten():
    held = people("Dana", "Dana", "Ben")
    number = held.number("Dana")
    held.leave("Dana")
    assert held.number("Dana") == number
    held.leave("Dana")
    assert held.number("Dana") == held.number(None) == held.number("Eve") == -2
    assert held.mentions("Dana and Danna", lambda _: False, Matching()) == []
    assert len(held.mentions("Ben", lambda _: False, Matching())) == 1
    held.leave("")
    assert held.enter("") == -1


def test_a_person_is_the_words_of_the_name():
    assert person("  Dana-Maria\tSmith ") == person("Dana Maria Smith")
    assert person(None) == person("") == person("👍") == ""
