"""Checks of finding: frequencies, search and scan, against naive recounts written out here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import aclosing

from neuro.engram import Engram
from neuro.indexing.probe import Frequencies, Match, Matching, Probe
from neuro.indexing.terms import fragment_terms, terms
from neuro.stores.base import EngramStore, Placed
from neuro.testing.expect import assert_same, in_order
from neuro.testing.samples import (
    axis_features,
    fragmented,
    sample_corpus,
    sample_engram,
    sample_features,
    sample_id,
    sample_placed,
    sample_probe,
)
from neuro.testing.stores.engrams import REGION, MakeStore, counted

_TOLERANCE = 1e-6


def _recount(engrams: Iterable[Engram], asked: Sequence[str]) -> Frequencies:
    """`EngramStore.frequencies`, the slow way."""
    fragments = [found for engram in engrams for found in fragment_terms(engram)]
    counts = tuple(sum(term in fragment for fragment in fragments) for term in asked)
    return Frequencies(len(fragments), sum(len(fragment) for fragment in fragments), counts)


def _bm25(fragment: Sequence[str], probe: Probe) -> float:
    k, b = probe.matching.saturation, probe.matching.length_norm
    norm = k * (1.0 - b + b * len(fragment) / probe.mean_length)
    score = sum(
        idf * fragment.count(term) * (k + 1.0) / (fragment.count(term) + norm)
        for term, idf in zip(probe.terms, probe.idf, strict=True)
        if term in fragment
    )
    most = sum(probe.idf) * (k + 1.0)
    return score / most if most > 0.0 else 0.0


def _fragment_matches(engram: Engram, probe: Probe) -> list[Match]:
    """How well each fragment answers."""
    matches: list[Match] = []
    for i, fragment in enumerate(fragment_terms(engram)):
        lexical = _bm25(fragment, probe)
        cosine = 0.0
        if engram.features is not None and probe.features is not None:
            cosine = sum(float(x) * float(y) for x, y in zip(engram.features[i], probe.features, strict=True))
        score = probe.matching.words * lexical**probe.matching.concavity
        noise = probe.matching.noise
        score += probe.matching.features * max(0.0, cosine - noise) / (1.0 - noise)
        matched = tuple(term for term in probe.terms if term in fragment)
        matches.append(Match(engram.engram_id, score, lexical, cosine, matched))
    return matches


def _assert_answers(found: Sequence[Match], engrams: Sequence[Engram], probe: Probe, limit: int) -> None:
    """The best ``limit`` by the best fragment, each as relevant as computed here; near ties may swap."""
    best = {e.engram_id: max(m.relevance for m in _fragment_matches(e, probe)) for e in engrams}
    expected = sorted((r for r in best.values() if r > 0.0), reverse=True)[:limit]
    assert len(found) == len(expected), f"{len(found)} matches where {len(expected)} were expected"
    assert list(found) == sorted(found, key=lambda m: (-m.relevance, m.engram_id)), "not the best first"
    assert len({m.engram_id for m in found}) == len(found), "an engram was found twice"
    by_id = {e.engram_id: e for e in engrams}
    for match, relevance in zip(found, expected, strict=True):
        assert abs(match.relevance - relevance) <= _TOLERANCE, f"{match} where {relevance} was expected"
        assert match.engram_id in by_id, f"{match} is not stored"
        fragments = _fragment_matches(by_id[match.engram_id], probe)
        assert any(_agree(match, m, probe.matching) for m in fragments), f"{match} is none of {fragments}"


def _agree(one: Match, other: Match, matching: Matching) -> bool:
    """Equal to the tolerance; a score that is switched off need not be computed."""
    return (
        abs(one.relevance - other.relevance) <= _TOLERANCE
        and (matching.words == 0.0 or abs(one.lexical - other.lexical) <= _TOLERANCE)
        and (matching.features == 0.0 or abs(one.similarity - other.similarity) <= _TOLERANCE)
        and set(one.matched) == set(other.matched)
    )


async def _ids(engrams: EngramStore, probe: Probe, limit: int = 10) -> list[str]:
    return [match.engram_id for match in await engrams.search(probe, limit=limit)]


async def _fill(engrams: EngramStore, corpus: Sequence[Engram]) -> list[Engram]:
    """Inserts a corpus by several ways and takes some of it away again; returns what is visible."""
    items = [Placed(engram, 1e6) for engram in corpus]
    third = len(items) // 3
    await engrams.insert(items[:third])
    await engrams.insert(items[third:], arriving=True)
    await engrams.reveal([item.engram.engram_id for item in items[third : 2 * third]])
    for item in items[::7]:
        await engrams.delete(item.engram.engram_id)
    await engrams.amend([item.engram.engram_id for item in items], counted, op_id="recalled")
    return [e for i, e in enumerate(corpus) if i < 2 * third and i % 7]


# Frequencies


async def check_frequencies_equal_a_recount(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, asked = store.engrams(REGION), ["harbour", "unheard", "kei", "1", "piano"]
        assert await engrams.frequencies(asked) == _recount([], asked)
        visible = await _fill(engrams, sample_corpus(60))
        assert await engrams.frequencies(asked) == _recount(visible, asked)
        assert await engrams.frequencies([]) == _recount(visible, [])
        for engram in visible:
            await engrams.delete(engram.engram_id)
        assert await engrams.frequencies(asked) == _recount([], asked)


# Search


async def check_search_equals_the_naive_reference(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        visible = await _fill(engrams, sample_corpus(90, seed=1))
        row = sample_features(seed=77).astype("float32")[0]
        asks: list[tuple[str, bool, Matching | None]] = [
            ("the keys in the kettle", False, None),
            ("the keys in the kettle", True, None),
            ("harbour harbour unheard piano compass", True, None),
            ("", True, None),
            ("unheard", False, None),
            ("violin 12", True, Matching(words=0.0, features=1.0)),
            ("violin 12", True, Matching(words=1.0, features=0.0)),
            ("orchard ferry", True, Matching(saturation=1.2, length_norm=1.0, concavity=1.0)),
            ("orchard ferry", True, Matching(saturation=0.0, length_norm=0.0, concavity=0.5)),
        ]
        for text, featured, matching in asks:
            asked = tuple(dict.fromkeys(terms(text)))
            corpora = (await engrams.frequencies(asked), Frequencies(40, 300, (3,) * len(asked)))
            probe = Probe.over(asked, corpora, row if featured else None, matching)
            for limit in (1, 5, len(visible)):
                _assert_answers(await engrams.search(probe, limit=limit), visible, probe, limit)


async def check_search_finds_by_words(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert(
            [sample_placed(1, "keys"), sample_placed(2, "harbour"), sample_placed(3, "harbour keys")]
        )
        probe = sample_probe("harbour", "kei")
        assert (await _ids(engrams, probe))[0] == sample_id(3)
        assert sorted(await _ids(engrams, probe)) == [sample_id(n) for n in (1, 2, 3)]
        assert await _ids(engrams, sample_probe("piano")) == []
        assert await _ids(engrams, sample_probe()) == []
        assert await _ids(store.engrams("cerebellum"), probe) == []


async def check_search_finds_by_features(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, blend = store.engrams(REGION), axis_features(2) * 0.8 + axis_features(3) * 0.6
        await engrams.insert([sample_placed(n, features=axis_features(n)) for n in (1, 2, 3)])
        await engrams.insert([sample_placed(4)])
        assert await _ids(engrams, sample_probe(features=blend)) == [sample_id(2), sample_id(3)]
        assert await _ids(engrams, sample_probe(features=-blend)) == []


async def check_search_breaks_ties_by_id(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        numbers = [5, 3, 8, 1, 7, 2, 6, 4]
        await engrams.insert([sample_placed(n, "harbour", features=axis_features(1)) for n in numbers])
        for probe in (sample_probe("harbour"), sample_probe("harbour", features=axis_features(1))):
            for limit in (3, 8):
                assert await _ids(engrams, probe, limit) == [sample_id(n) for n in range(1, limit + 1)]


async def check_a_long_content_is_found_by_its_best_fragment(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        filler = [f"Nothing about item {i} matters much." for i in range(6)]
        rows = axis_features(*range(6), 9, 10)
        long = fragmented(1, *filler, "Dana lost her keys.", "They were in the kettle.", features=rows)
        short = sample_placed(2, "Dana and a kettle", features=axis_features(11))
        await engrams.insert([Placed(long, 1e6), short])
        for probe in (sample_probe("dana", "lost", "kei"), sample_probe(features=axis_features(9))):
            found = await engrams.search(probe, limit=9)
            assert [match.engram_id for match in found[:1]] == [long.engram_id]
            assert set(found[0].matched) == set(probe.terms)
        both = sample_probe("dana", "kettl")
        assert await _ids(engrams, both) == [sample_id(2), sample_id(1)], "terms were added up over fragments"


async def check_search_never_shows_the_deleted_or_the_arriving(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, row = store.engrams(REGION), axis_features(1)
        items = [sample_placed(n, "harbour", features=row) for n in range(1, 6)]
        await engrams.insert(items[:3])
        await engrams.insert(items[3:], arriving=True)
        probe = sample_probe("harbour", features=row)
        for gone, left in ((2, [1, 3]), (4, [1, 3]), (1, [3]), (3, [])):
            await engrams.delete(sample_id(gone))
            assert await _ids(engrams, probe) == [sample_id(n) for n in left]
        await engrams.reveal([sample_id(4), sample_id(5)])
        assert await _ids(engrams, probe) == [sample_id(5)]


async def check_search_finds_what_was_amended(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, row = store.engrams(REGION), axis_features(1)
        await engrams.insert([sample_placed(1, "harbour", features=row)])
        before = await engrams.search(sample_probe("harbour", features=row), limit=9)
        await engrams.amend([sample_id(1)], counted, op_id="a")
        assert await engrams.search(sample_probe("harbour", features=row), limit=9) == before


# Scan


async def check_scan_pages_in_order_of_id(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        numbers = [12, 3, 250, 17, 1, 4096, 77, 31]
        odd = ("A", "a", "ab", "a:b", "\u00fc", "\uffff", "\U0001f9e0")
        everything = [sample_engram(engram_id=name) for name in (*map(sample_id, numbers), *odd)]
        await engrams.insert([Placed(engram, 1e6) for engram in everything])
        await engrams.insert([sample_placed(5)], arriving=True)
        ordered = in_order(everything)
        assert_same(await engrams.scan(), ordered)
        paged: list[Engram] = []
        for _ in range(len(ordered) // 3 + 1):
            page = await engrams.scan(after=paged[-1].engram_id if paged else None, limit=3)
            assert len(page) <= 3
            paged.extend(page)
        assert_same(paged, ordered)
        after = [e for e in ordered if e.engram_id > sample_id(18)]
        assert_same(await engrams.scan(after=sample_id(18)), after)


async def check_regions_are_isolated(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        here, there = store.engrams(REGION), store.engrams("cerebellum")
        assert store.engrams(REGION) is here and here.region == REGION and there.region == "cerebellum"
        item, same_id = sample_placed(1, "harbour"), sample_placed(1, "piano")
        await here.insert([item, sample_placed(2, "harbour")])
        assert await there.get([sample_id(1)]) == [None]
        await there.insert([same_id])
        await there.insert([sample_placed(2, "harbour")], arriving=True)
        assert_same(await here.get([sample_id(1), sample_id(2)]), [item.engram, sample_engram(2, "harbour")])
        assert_same(await there.get([sample_id(1), sample_id(2)]), [same_id.engram, None])
        assert await there.find([item.engram.digest]) == [None]
        assert (await there.frequencies(["harbour", "piano"])).counts == (0, 1)
        assert await _ids(there, sample_probe("harbour")) == []
        assert await here.arrivals() == []
        await here.reveal([sample_id(2)])
        assert await there.arrivals() == [sample_id(2)]
        await there.amend([sample_id(1)], lambda e: counted(e, 5.0), op_id="a")
        assert await here.due(math.inf, limit=9) == [sample_id(1), sample_id(2)]
        assert await there.due(10.0, limit=9) == [sample_id(1)]
        assert await here.delete(sample_id(1))
        assert await there.count(math.inf) == (1, 1)
        assert [e.access_count for e in await there.scan()] == [1]


FINDING_CHECKS = (
    check_frequencies_equal_a_recount,
    check_search_equals_the_naive_reference,
    check_search_finds_by_words,
    check_search_finds_by_features,
    check_search_breaks_ties_by_id,
    check_a_long_content_is_found_by_its_best_fragment,
    check_search_never_shows_the_deleted_or_the_arriving,
    check_search_finds_what_was_amended,
    check_scan_pages_in_order_of_id,
    check_regions_are_isolated,
)
