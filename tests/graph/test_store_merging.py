"""The contract of a store, run over every store: what is told again is merged."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import NotFound, StoreError
from graph.model import Fact, fact, merge
from graph.ontology import SYMMETRIC, TABLES, LinkKind
from graph.stores.base import Store, Written
from tests.graph.conftest import Place
from tests.graph.facts import batch, company, content_hash, link
from tests.graph.told import check_columns, put, read_all, texts, told

IDS = st.sampled_from(["a", "b", "c", "ä", "Z", "公司"])
FILES = st.sampled_from(["one.csv", "two.csv"])


@st.composite
def tellings(draw: st.DrawFn) -> list[Fact]:
    """Facts of one table, each key once."""
    facts: dict[tuple[str, ...], Fact] = {}
    table = draw(st.sampled_from(["companies", "companies", "links", "complaints"]))
    for row in range(draw(st.integers(1, 5))):
        blank_or = {
            "currency": st.sampled_from(["EUR", "CNY"]),
            "assumed": st.lists(st.sampled_from(["cash", "share", "currency"]), max_size=2),
            "inferred": st.lists(st.sampled_from(["cash", "market"]), max_size=2),
            "extra": st.sampled_from(["1", "2"]),
        }
        if table == "companies":
            values: dict[str, object] = {"id": draw(IDS)}
            blank_or |= {
                "name": st.sampled_from(["Alpha", "Beta"]),
                "roles": st.lists(st.sampled_from(["brand", "dealer"]), max_size=2),
                "aliases": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3),
                "cash": st.sampled_from([0.0, 1.5]),
            }
        elif table == "links":
            ends = draw(st.lists(IDS, min_size=2, max_size=2, unique=True))
            kind = draw(st.sampled_from(tuple(LinkKind)))
            values = {"source": ends[0], "target": ends[1], "kind": kind}
            blank_or |= {
                "category": st.just("steel"),
                "period": st.just("FY2020"),
                "share": st.sampled_from([0.1, 0.2]),
                "essential": st.booleans(),
                "since": st.just("2020-01-01"),
            }
        else:
            values = {"id": draw(IDS), "company": draw(IDS)}
            blank_or |= {"component": st.lists(st.sampled_from(["x", "y"]), max_size=2)}
        values |= {n: v for n, s in blank_or.items() if (v := draw(st.none() | s))}
        made = fact(table, values, source_ref=f"{draw(FILES)}:{row}", loaded_at="2025-01-01T00:00:00+00:00")
        facts[made.key] = made
    return list(facts.values())


@settings(max_examples=25)
@given(st.lists(tellings(), max_size=8))
def test_upserts_are_merges(places: Iterator[Place], batches: list[list[Fact]]) -> None:
    expected: dict[tuple[str, tuple[str, ...]], Fact] = {}
    with next(places).open() as store:
        revision = 0
        for facts in batches:
            counted = Written()
            added = updated = unchanged = refused = 0
            for new in facts:
                place = new.table, new.key
                old = expected.get(place)
                if new.table == "links" and any(
                    ("companies", (end,)) not in expected for end in new.key[::2][:2]
                ):
                    refused += 1
                elif old is None:
                    expected[place] = new
                    added += 1
                elif (merged := merge(old, new)) is None:
                    unchanged += 1
                else:
                    expected[place] = merged
                    updated += 1
            counted = store.upsert(facts)
            assert (counted.added, counted.updated, counted.unchanged) == (added, updated, unchanged)
            assert len(counted.refused) == refused
            revision += added + updated > 0
            assert store.snapshot().revision == revision
            assert store.snapshot().hash == content_hash(expected.values())
        for table in TABLES:
            facts = sorted((f for (t, _), f in expected.items() if t == table), key=lambda f: f.key)
            assert told(read_all(store, table)) == told(facts)
            if facts:
                check_columns(store, table, facts)


def test_refs_and_provenance_of_a_new_fact_are_kept(store: Store) -> None:
    """A fact that was told by several files arrives, in a store that does not know it, as it is."""
    put(store, company("a"), company("b"))
    twice = [
        merge(
            company("c", name="C", roles=("brand",)), company("c", "other.csv:7", cash=3.0, roles=("dealer",))
        ),
        merge(link("a", "b", share=0.5), link("a", "b", file="次.csv:2", essential=True)),
        merge(
            link("b", "a", "COMPETES_WITH", closeness=0.5, assumed=("closeness",)),
            link("a", "b", "COMPETES_WITH", file="d:1:2", closeness=0.25),
        ),
        fact("events", {"id": "e", "company": "a", "text": "x"}),  # told by nobody, at no time
    ]
    facts = [f for f in twice if f is not None]
    assert len(facts) == 4
    assert sum(bool(f.refs) for f in facts) == 3
    put(store, *facts)
    for f in facts:
        assert told(list(store.read(f.table, [f.key]).values())) == told([f])
        assert store.upsert([f]) == Written(unchanged=1)
        assert told(list(store.read(f.table, [f.key]).values())) == told([f])


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_order_of_upserts_does_not_change_the_hash(places: Iterator[Place], chance: random.Random) -> None:
    companies, links = batch(1)
    companies, links = (
        companies[:40],
        [x for x in links if x.key[0] < "c0001-0040" and x.key[2] < "c0001-0040"],
    )
    hashes = set()
    for _ in range(2):
        with next(places).open() as store:
            for facts in (companies, links):
                shuffled = chance.sample(facts, len(facts))
                cut = chance.randrange(1, len(facts))
                for some in (shuffled[:cut], shuffled[cut:]):
                    store.upsert(some)
            hashes.add(store.snapshot().hash)
    assert hashes == {content_hash([*companies, *links])}


def test_where_it_was_told_does_not_change_the_hash(places: Iterator[Place]) -> None:
    hashes = set()
    for file, moment in (("a.csv:1", "2020"), ("别的.xlsx:7", "2025")):
        with next(places).open() as store:
            facts = company("a", cash=1.0, evidence=file), company("b"), link("a", "b", share=0.5)
            put(store, *(fact(f.table, f.values, source_ref=file, loaded_at=moment) for f in facts))
            hashes.add(store.snapshot().hash)
    assert len(hashes) == 1


def test_what_is_told_changes_the_hash(places: Iterator[Place]) -> None:
    tellings = (
        {},
        {"cash": 1.0},
        {"cash": 2.0},
        {"cash": 1.0, "assumed": ["cash"]},
        {"cash": 1.0, "confidence": 0.5},
    )
    more = (
        {"cash": 1.0, "inferred": ["cash"]},
        {"resale": 1.0},
        {"x": "1.0"},
        {"aliases": ["a", "b"]},
        {"aliases": ["a, b"]},
    )
    hashes = set()
    for values in (*tellings, *more):
        with next(places).open() as store:
            put(store, company("a", **values))
            hashes.add(store.snapshot().hash)
    assert len(hashes) == len(tellings) + len(more)


def test_revision_moves_exactly_when_something_changed(store: Store) -> None:
    def revision() -> int:
        return store.snapshot().revision

    put(store, company("a", cash=1.0), company("b"))
    assert revision() == 1
    put(store, company("a", cash=1.0))
    put(store, company("a"))
    put(store, company("a", "other.csv:9", cash=1.0))
    store.upsert([link("a", "nobody")])
    store.delete_source("nothing.csv")
    store.set_currency("")
    with store.transaction():
        put(store, company("b"))
    with pytest.raises(NotFound):
        store.delete_company("nobody")
    assert revision() == 1
    put(store, company("a", evidence="page 3"))
    assert revision() == 2
    with store.transaction():
        put(store, company("c"))
        put(store, company("d"), link("c", "d"))
    assert revision() == 3
    before = store.snapshot()
    put(store, company("e"))
    store.delete_company("e")
    assert (revision(), store.snapshot().hash) == (5, before.hash)
    assert store.snapshot().loaded_until >= before.loaded_until > "2020"


def test_an_end_that_is_not_a_company(store: Store) -> None:
    put(store, company("a"), company("b"))
    lost, found = link("a", "x"), link("a", "b")
    turned = link("b", "aa", "COMPETES_WITH")
    written = store.upsert([lost, found, turned, link("y", "b")])
    assert (written.added, written.updated, written.unchanged) == (1, 0, 0)
    assert [(r.fact.key[::2][:2], r.column) for r in written.refused] == [
        (("a", "x"), "target"),
        (("aa", "b"), "target"),
        (("y", "b"), "source"),
    ]
    assert all(r.reason and r.remedy for r in written.refused)
    assert read_all(store, "links") == [found]


def test_a_key_twice_in_a_batch_is_merged(store: Store) -> None:
    store.upsert([company("a", cash=1.0), company("a", city="Ulm"), company("b", cash=1.0)])
    store.upsert([company("a", resale=0.5), company("a", city="Bonn"), company("b", cash=2.0)])
    a, b = read_all(store, "companies")
    assert (a.values["cash"], a.values["city"], a.values["resale"], b.values["cash"]) == (
        1.0,
        "Bonn",
        0.5,
        2.0,
    )
    assert store.snapshot().hash == content_hash([a, b])


def test_symmetric_links_are_one_either_way(store: Store) -> None:
    put(store, company("a"), company("b"))
    for kind in SYMMETRIC:
        assert store.upsert([link("b", "a", kind, informed=0.25)]).added == 1
        assert store.upsert([link("a", "b", kind, informed=0.25)]).unchanged == 1
        assert store.upsert([link("a", "b", kind, closeness=0.5)]).updated == 1
    competes, _ = read_all(store, "links")
    assert (competes.key[0], competes.values["source"], competes.values["target"]) == ("a", "b", "a")
    assert (competes.values["informed"], competes.values["closeness"]) == (0.25, 0.5)
    _, columns = store.columns({"links": ["source", "target"]})
    assert texts(columns["links"], "source") == ["b", "b"]
    assert texts(columns["links"], "target") == ["a", "a"]


def test_currency(place: Place) -> None:
    with place.open() as store:
        store.set_currency("CNY")
        store.set_currency("CNY")
        with pytest.raises(StoreError, match="CNY") as error:
            store.set_currency("EUR")
        assert error.value.remedy
    with place.open() as store:
        assert store.snapshot().currency == "CNY"
