"""Copying from store to store: the same facts to the last bit, however often it was stopped."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from graph.copying import copy
from graph.errors import StoreError
from graph.model import fact
from graph.stores.base import Store
from tests.graph.conftest import PLACES, Place
from tests.graph.facts import company, link
from tests.graph.wild import told, wild_facts, write

# From one chain of a server into another is slow, and nothing that the other ways do not do.
WAYS = [
    pytest.param(way, marks=pytest.mark.long) if set(way) == {"neo4j"} else way
    for way in product(PLACES, PLACES)
]


@pytest.fixture(scope="session", params=WAYS, ids="-".join)
def both(request: pytest.FixtureRequest) -> tuple[Iterator[Place], Iterator[Place]]:
    """Empty places to copy from, and to copy to."""
    one, other = request.param
    return PLACES[one](request), PLACES[other](request)


@pytest.fixture
def pair(both: tuple[Iterator[Place], Iterator[Place]]) -> Iterator[tuple[Store, Store]]:
    """Two empty stores."""
    with next(both[0]).open() as source, next(both[1]).open() as target:
        yield source, target


def test_there_and_back_changes_nothing(
    pair: tuple[Store, Store], both: tuple[Iterator[Place], Iterator[Place]]
) -> None:
    source, target = pair
    write(source, wild_facts())
    source.set_currency("EUR")
    stamp = copy(source, target)
    assert stamp == target.snapshot()
    assert stamp.hash == source.snapshot().hash
    assert (stamp.currency, stamp.loaded_until) == ("EUR", source.snapshot().loaded_until)
    assert told(target) == told(source)
    assert target.counts() == source.counts()
    with next(both[0]).open() as back:
        assert copy(target, back).hash == stamp.hash
        assert told(back) == told(source)
    assert copy(source, target) == stamp, "a copy that is whole is not written to again"


def test_an_empty_store_is_copied_too(pair: tuple[Store, Store]) -> None:
    assert copy(*pair).hash == "0" * 64
    pair[0].set_currency("CNY")
    assert copy(*pair).currency == "CNY"


class Stopped(Exception):
    """Somebody pressed Control-C."""


def stopping(after: int) -> Callable[[str, float, float], None]:
    """A watcher that stops the copying after so many batches."""
    left = [after]

    def watch(table: str, done: float, total: float) -> None:
        assert 0 <= done <= total
        left[0] -= 1
        if left[0] < 0:
            raise Stopped

    return watch


def test_a_copy_that_was_stopped_goes_on(pair: tuple[Store, Store]) -> None:
    source, target = pair
    write(source, wild_facts())
    stops = 0
    while True:  # further each time: batches that are checked are told too
        try:
            copy(source, target, stopping(2 * stops))
            break
        except Stopped:
            stops += 1
            assert target.snapshot().hash != source.snapshot().hash or stops > 5
    assert stops > 5
    assert told(target) == told(source)


@pytest.mark.parametrize(
    "other",
    [
        company("other"),
        company("a", name="Other"),
        company("a", "other.csv:2"),
        fact("companies", {"id": "a"}, source_ref="companies.csv:2", loaded_at="2024-01-01T00:00:00+00:00"),
        fact("events", {"id": "e"}),
    ],
    ids=["another fact", "another value", "another file", "another time", "another table"],
)
def test_a_store_that_holds_other_facts_is_left_as_it_is(
    both: tuple[Iterator[Place], Iterator[Place]], other: object
) -> None:
    with next(both[0]).open() as source, next(both[1]).open() as target:
        write(source, [company("a"), company("b"), link("a", "b")])
        write(target, [other])  # type: ignore[list-item]
        before = target.snapshot(), told(target)
        with pytest.raises(StoreError, match="other facts") as raised:
            copy(source, target)
        assert raised.value.remedy
        assert (target.snapshot(), told(target)) == before


@pytest.mark.parametrize("own", ["", "CNY"])
def test_another_currency_is_refused(pair: tuple[Store, Store], own: str) -> None:
    source, target = pair
    write(source, [company("a")])
    if own:
        source.set_currency(own)
    target.set_currency("EUR")
    with pytest.raises(StoreError, match="EUR"):
        copy(source, target)
    assert told(target) == []


@pytest.mark.parametrize("which", [0, 1])
def test_a_change_meanwhile_is_noticed(pair: tuple[Store, Store], which: int) -> None:
    write(pair[0], [company("a"), company("b"), link("a", "b")])

    def watch(table: str, done: float, total: float) -> None:
        if table == "links":
            write(pair[which], [company("late", name="Late")])

    with pytest.raises(StoreError, match="changed while it was copied"):
        copy(*pair, watch)
