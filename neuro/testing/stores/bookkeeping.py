"""Checks of what a store keeps beside engrams: links and documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

from neuro.stores.base import Document, Link, Remove, Store, Unlink
from neuro.testing.expect import raises
from neuro.testing.samples import nasty_engrams, sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore


async def _links(store: Store, *ids: str) -> list[list[Link]]:
    """Outgoing links of each, in a fixed order."""
    return [sorted(outgoing) for outgoing in await store.links(ids)]


async def write_documents(store: Store, documents: Mapping[str, Any]) -> None:
    """Writes documents, all or none."""
    await store.write([Document(key, value) for key, value in documents.items()])


def _both_ways(one: str, other: str, kind: str, weight: float) -> list[Link]:
    return [Link(one, other, kind, weight), Link(other, one, kind, weight)]


# Links


async def check_links_are_set_replaced_and_removed(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        near, far = Link("a", "b", "temporal", 0.1 + 0.2), Link("a", "b", "co_recalled", 5e-324)
        await store.write([near, far, Link("a", "c", "temporal", 1e300)])
        stronger = near._replace(weight=1 / 3)
        await store.write([stronger, Link("a", "c", "temporal", 0.0), Link("x", "y", "temporal", 0.0)])
        outgoing, nothing = await store.links(["a", "x"])
        assert sorted(outgoing) == sorted([stronger, far])
        assert nothing == []


async def check_links_are_outgoing_in_the_order_asked(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        odd = nasty_engrams()[6].engram_id
        one, two = Link("a", "b", "temporal", 1.0), Link("b", odd, "t:e m'p", -0.5)
        three = Link(odd, "a", "temporal", 2.0)
        await store.write([one, two, three])
        assert await _links(store, "b", "c", odd, "a", "b") == [[two], [], [three], [one], [two]]


async def check_unlink_removes_both_directions(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        kept = _both_ways("b", "c", "temporal", 0.5)
        gone = [*_both_ways("a", "b", "temporal", 1.0), *_both_ways("a", "c", "co_held", 2.0)]
        await store.write([*gone, Link("b", "a", "co_recalled", 3.0), *kept])
        for _ in range(2):
            await store.write([Unlink("a")])
            assert await _links(store, "a", "b", "c") == [[], [kept[0]], [kept[1]]]


async def check_unlink_removes_links_that_lead_one_way(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        there, back = _both_ways("b", "c", "temporal", 0.5)
        hub = [Link(f"n{n}", "a", kind, 1.0) for n in range(40) for kind in ("temporal", "co_held")]
        await store.write(
            [*hub, Link("a", "b", "temporal", 1.0), there, back, Link("d", "e", "temporal", 1.0)]
        )
        await store.write([Link("n0", "a", "temporal", 0.0), Link("n1", "a", "temporal", 0.0)])
        await store.write([Link("n1", "a", "temporal", 2.0), Link("c", "a", "co_held", 1.0), Unlink("a")])
        assert await _links(store, "a", "b", "c", *(f"n{n}" for n in range(40))) == [
            [],
            [there],
            [back],
            *[[]] * 40,
        ]
        again = Link("a", "n1", "temporal", 1.0)
        await store.write([Link("d", "e", "temporal", 0.0), Unlink("a"), again, Unlink("e")])
        assert await _links(store, "n1", "a", "d") == [[], [again], []]
        await store.write([Unlink("n1")])
        assert await _links(store, "a") == [[]]
        assert await store.verify() == []


async def check_what_is_forgotten_is_linked_from_nowhere(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.engrams(REGION).insert([sample_placed(n) for n in (1, 2, 3)])
        ends = [(1, 2), (3, 2), (3, 1)]
        links = [Link(sample_id(a), sample_id(b), "temporal", 1.0) for a, b in ends]
        await store.write(links)
        await store.write([Remove(REGION, sample_id(2)), Unlink(sample_id(2))])
        assert await _links(store, sample_id(1), sample_id(3)) == [[], links[2:]]
        assert await store.verify() == []


# Documents


def _nasty_documents() -> dict[str, Any]:
    return {
        "numbers": [0, -0.0, 1, 1.0, True, False, 2**53 + 1, 10**30, 0.1 + 0.2, 5e-324, 1e308],
        "text": '\x00 \u00e9 e\u0301 \u2028 \U0001f9e0 "quoted"',
        "nested": {"": [[], {}, None, {"a:b": [{"c": ""}]}]},
        "empty object": {},
        "empty list": [],
        "zero": 0,
        "false": False,
        "odd key: {x}/%'": "kept",
    }


async def check_documents_survive_as_json(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        documents = _nasty_documents()
        await write_documents(store, documents)
        found = await store.read_documents([*reversed(documents), "missing"])
        _assert_documents(found, [*reversed(documents.values()), None])
        await write_documents(store, {"zero": [1], "nested": None})
        _assert_documents(await store.read_documents(["nested", "zero", "false"]), [None, [1], False])


async def check_a_document_set_to_none_is_gone(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await write_documents(store, {"nights": 5, "kept": 1})
        await write_documents(store, {"nights": None, "missing": None})
        assert await store.read_documents(["nights", "missing", "kept"]) == [None, None, 1]
        assert await store.amend_document("nights", more) == 1


def _assert_documents(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Equal as JSON texts: 1, 1.0 and true apart, and -0.0 from 0.0."""
    for one, other in zip(found, expected, strict=True):
        texts = json.dumps(one, sort_keys=True), json.dumps(other, sort_keys=True)
        assert texts[0] == texts[1], f"{one!r} where {other!r} was expected"


async def check_documents_do_not_change_with_what_was_given_or_read(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        given = {"list": [1]}
        await write_documents(store, {"key": given})
        given["list"].append(2)
        [read] = await store.read_documents(["key"])
        read["list"].append(3)
        amended = await store.amend_document("amended", lambda _: read)
        for mutable in (read, amended):
            mutable["list"].append(4)
        assert await store.read_documents(["key", "amended"]) == [{"list": [1]}, {"list": [1, 3]}]


async def check_documents_are_written_all_or_none(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await write_documents(store, {"a": 0, "b": 0})
        with raises(TypeError, ValueError):
            await write_documents(store, {"a": 1, "b": object(), "c": 1})
        assert await store.read_documents(["a", "b", "c"]) == [0, 0, None]
        await asyncio.gather(*(write_documents(store, {"a": n, "b": n, "c": n}) for n in range(1, 9)))
        a, b, c = await store.read_documents(["a", "b", "c"])
        assert a == b == c, "two writes were mixed"


# Changing documents


def more(held: Any) -> Any:
    """A change that counts by one."""
    return 1 if held is None else held + 1


async def check_a_document_is_changed_from_what_is_stored_now(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        assert await store.amend_document("nights", more) == 1
        await write_documents(store, {"nights": 5, "other": 7})
        assert await store.amend_document("nights", more) == 6
        assert await store.amend_document("nights", more) == 7
        assert await store.read_documents(["nights", "other"]) == [7, 7]
        assert await store.amend_document("nights", lambda _: None) is None
        assert await store.amend_document("nights", more) == 1


async def check_changed_documents_survive_as_json(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        documents, given = _nasty_documents(), list[Any]()
        amended = [await store.amend_document(key, lambda _, v=value: v) for key, value in documents.items()]
        for key in documents:
            await store.amend_document(key, lambda held: given.append(held) or held)
        for found in (amended, given[-len(documents) :], await store.read_documents(list(documents))):
            _assert_documents(found, list(documents.values()))


async def check_a_change_of_a_document_that_fails_changes_nothing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await write_documents(store, {"stored": 1})

        def fail(held: Any) -> Any:
            raise ArithmeticError(held)

        for key in ("stored", "missing"):
            with raises(ArithmeticError):
                await store.amend_document(key, fail)
            with raises(TypeError, ValueError):
                await store.amend_document(key, lambda held: [held, object()])
        assert await store.read_documents(["stored", "missing"]) == [1, None]
        assert await store.amend_document("stored", more) == 2


async def check_concurrent_changes_of_a_document_all_count(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:

        async def count(task: int) -> list[int]:
            await write_documents(store, {f"{task}": task})
            return [await store.amend_document(f"nights {task % 2}", more) for _ in range(6)]

        counted = await asyncio.gather(*(count(task) for task in range(10)))
        for parity in (0, 1):
            seen = [value for values in counted[parity::2] for value in values]
            assert sorted(seen) == list(range(1, 31)), "two changes were made to one value"
        assert await store.read_documents(["nights 0", "nights 1"]) == [30, 30]


BOOKKEEPING_CHECKS = (
    check_links_are_set_replaced_and_removed,
    check_links_are_outgoing_in_the_order_asked,
    check_unlink_removes_both_directions,
    check_unlink_removes_links_that_lead_one_way,
    check_what_is_forgotten_is_linked_from_nowhere,
    check_documents_survive_as_json,
    check_a_document_set_to_none_is_gone,
    check_documents_do_not_change_with_what_was_given_or_read,
    check_documents_are_written_all_or_none,
    check_a_document_is_changed_from_what_is_stored_now,
    check_changed_documents_survive_as_json,
    check_a_change_of_a_document_that_fails_changes_nothing,
    check_concurrent_changes_of_a_document_all_count,
)
