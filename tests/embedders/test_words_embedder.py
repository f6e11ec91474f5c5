"""The default embedder: what the words of a text mean, summed."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro import Brain
from neuro.embedders import CachedEmbedder, Embedder, HashingEmbedder, ImmediateEmbedder, WordsEmbedder
from neuro.embedders import words as words_module
from neuro.errors import InvalidArgumentError
from neuro.indexing.word_table import WordTable

EMBEDDER = WordsEmbedder()


def cosine(one: str, other: str) -> float:
    rows = EMBEDDER.embed_now([one, other])
    return float(rows[0] @ rows[1])


def test_it_is_an_embedder_that_can_be_asked_at_once():
    assert isinstance(EMBEDDER, Embedder)
    assert isinstance(EMBEDDER, ImmediateEmbedder)
    assert (EMBEDDER.name, EMBEDDER.dimension) == ("words", 128)
    assert repr(EMBEDDER) == "WordsEmbedder(WordTable(stems=14118, dimension=128))"


def test_another_table_gives_another_name_and_the_same_table_the_same():
    own = WordTable(["dog", "cat"], [[1.0, 0.2, 0.0], [0.9, 0.3, 0.1]])
    other = WordTable(["dog", "cat"], [[1.0, 0.2, 0.0], [0.9, 0.3, 0.2]])
    assert WordsEmbedder(WordTable.shipped()).name == "words"
    assert WordsEmbedder(own).name == f"words@{own.fingerprint()}" != WordsEmbedder(other).name
    assert WordsEmbedder(own).dimension == 3


def test_a_row_is_the_sum_of_the_rows_of_the_stems():
    table = WordTable.shipped()
    total = table.sum(["dog", "harbour", "dog"])
    row = EMBEDDER.embed_now(["The dogs were at the harbour with a dog"])[0]
    np.testing.assert_allclose(row, total / np.linalg.norm(total), atol=1e-6)


def test_the_name_words_means_these_features_in_every_process_and_on_every_machine():
    rows = EMBEDDER.embed_now(["She lost her keys at the harbour", "Zorblax 4711"])
    expected = [
        [0.07819, 0.12971, -0.22, 0.0869, 0.06778, 0.08893, 0.05748, -0.00919],
        [-0.12403, 0.0, 0.0, -0.12403, 0.12403, 0.12403, 0.0, 0.0],
    ]
    np.testing.assert_allclose(rows[:, ::16], expected, atol=1e-5)


@given(st.lists(st.text(st.characters(), max_size=40), max_size=5))
def test_every_text_becomes_a_row_of_unit_length(texts: list[str]):
    rows = EMBEDDER.embed_now(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (len(texts), 128)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


async def test_all_ways_of_asking_give_the_same_row_whatever_its_batch():
    texts = ["Paris is the capital of France", "a great meeting with Alice", "😀", "港で会った"]
    rows = EMBEDDER.embed_now(texts)
    np.testing.assert_array_equal(await EMBEDDER.embed(texts), rows)
    np.testing.assert_array_equal(await EMBEDDER.embed_cues(texts), rows)
    np.testing.assert_array_equal(WordsEmbedder().embed_now(texts[::-1])[::-1], rows)


async def test_no_texts_give_no_rows():
    assert (await EMBEDDER.embed([])).shape == (0, 128)


@pytest.mark.parametrize(
    ("text", "alike", "unlike"),
    [
        ("We adopted a puppy", "They got a dog", "They paid the tax"),
        ("My sister is a physician", "Her job: doctor in a hospital", "A song on the guitar"),
        ("She is getting married in June", "the wedding", "the engine"),
    ],
)
def test_texts_that_mean_alike_are_close_without_a_shared_word(text: str, alike: str, unlike: str):
    assert cosine(text, alike) > cosine(text, unlike) + 0.2


@pytest.mark.parametrize(
    ("text", "shares", "shares_nothing"),
    [
        ("Мы встретили Дану в порту", "Где порту Дану видели?", "Погода сегодня холодная"),
        ("Η Δανάη έχασε τα κλειδιά", "Πού είναι τα κλειδιά;", "Κάνει πολύ κρύο σήμερα"),
        ("港で友達に会った", "友達に会ったのはどこ", "天気が悪い日"),
        ("فقدت المفاتيح في الميناء", "أين المفاتيح", "الطقس بارد اليوم"),
    ],
)
def test_texts_in_other_scripts_that_share_words_are_closer_than_those_that_do_not(
    text: str, shares: str, shares_nothing: str
):
    assert cosine(text, shares) > 0.3
    assert cosine(text, shares) > cosine(text, shares_nothing) + 0.2


def test_names_and_numbers_tell_apart_what_is_equal_but_for_them():
    assert 0.5 < cosine("the code of the door is 4711", "the code of the door is 4712") < 0.95
    assert 0.5 < cosine("dinner with Kaladin", "dinner with Zorblax") < 0.95


def test_what_the_words_mean_outweighs_a_name_that_has_no_meaning():
    assert cosine("Zorblax adopted a puppy", "a dog for the family") > 0.3


def test_stop_words_add_nothing_beside_content_words():
    assert cosine("the keys of the harbour", "keys harbour") == pytest.approx(1.0, abs=1e-6)


def test_texts_of_stop_words_or_symbols_alone_are_still_told_apart():
    assert cosine("to be or not to be", "to be or not") > 0.8
    assert abs(cosine("to be or not to be", "was it you")) < 0.4
    assert cosine("🎉🎉", "🎉") == pytest.approx(1.0, abs=1e-6)
    assert abs(cosine("🎉", "?!")) < 0.4


async def test_a_large_batch_is_computed_in_a_thread(monkeypatch: pytest.MonkeyPatch):
    seen: list[bool] = []
    content_words = words_module.content_words

    def noting(text: str) -> list[str]:
        seen.append(threading.current_thread() is threading.main_thread())
        return content_words(text)

    monkeypatch.setattr(words_module, "content_words", noting)
    await EMBEDDER.embed(["a short one"])
    await EMBEDDER.embed(["a short one"] * 300)
    await EMBEDDER.embed(["one long word after another " * 1000])
    assert seen == [True] + [False] * 301


def test_overlong_words_are_told_apart():
    assert cosine("a" * 500 + "1", "a" * 500 + "2") < 0.5


@pytest.mark.parametrize("texts", ["one text", b"bytes", ["fine", 3]])
def test_what_is_no_sequence_of_texts_is_refused(texts: object):
    with pytest.raises(InvalidArgumentError, match="texts"):
        EMBEDDER.embed_now(texts)  # type: ignore[arg-type]


async def test_closing_it_lets_go_of_nothing_that_is_needed():
    await EMBEDDER.aclose()
    assert len(EMBEDDER.embed_now(["still here"])) == 1


def test_it_knows_meaning_where_the_lexical_embedder_knows_spelling():
    lexical = HashingEmbedder().embed_now(["a physician", "the doctor"])
    assert float(lexical[0] @ lexical[1]) < 0.2 < 0.5 < cosine("a physician", "the doctor")


async def test_a_table_of_ones_own_says_which_words_are_alike_throughout_a_brain():
    own = WordTable(["hund", "tier", "auto"], [[1.0, 0.1, 0.0], [0.9, 0.2, 0.1], [-0.2, 0.1, 1.0]])
    for embedder in (WordsEmbedder(own), CachedEmbedder(WordsEmbedder(own))):
        async with Brain.create(embedder=embedder) as brain:
            said = ("Gestern war mein Hund krank", "Das Auto ist rot", "My dog was ill")
            for session, content in enumerate(said):
                await brain.perceive(content, context={"session": session})
            [found] = await brain.recall("tier", update=False)
            assert found.engram.content == "Gestern war mein Hund krank"
            assert "related" in {reason.kind for reason in found.reasons}
            assert not await brain.recall("animals", update=False), "which the shipped table would know"
            assert [e.content for e, _ in brain.hippocampus.pattern_complete("tier")] == [
                found.engram.content
            ]
            assert (await brain.sleep())["consolidated"] == 3
            assert not await brain.list(where={"inferred": True})
