"""The contract of a store, run over every store: what goes in comes out, and stays, whatever happens."""

import gc
import os
import random
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import pairwise, permutations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import KnockonError, NotFound, StoreError
from graph.model import Fact, Value, fact, merge, normal
from graph.ontology import NUMERIC, SYMMETRIC, TABLES, Column, Kind, LinkKind
from graph.stores.base import Coded, Columns, Store, Written
from tests.conftest import CHECKOUT
from tests.graph.conftest import Place
from tests.graph.facts import SIZE, batch, company, content_hash, link

HOSTILE = (
    "'; DROP TABLE companies; --",
    '"; DELETE FROM links; --',
    'a" OR "1"="1',
    "100% _under_ \\ back",
    "NEAR(a b) AND NOT *",
    "[1, 2]",
    '{"id": 1}',
    "}) DETACH DELETE n //",
    "`backtick`",
    "\u202eright to left",
    "line\nbreak\ttab\r",
    "NULL",
    "emoji 🏭 𠜎 𝕏",
    "é (composed) and é (not)",
    " leading and trailing ",
)

# Every character but NUL and halves of characters, which `fact` rejects.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=40)


def read_all(store: Store, table: str) -> list[Fact]:
    return list(store.scan(table))


def told(facts: Sequence[Fact]) -> list[tuple[object, ...]]:
    return [(f.key, dict(f.values), f.source_ref, dict(f.refs), f.loaded_at) for f in facts]


def put(store: Store, *facts: Fact) -> Written:
    """Upsert facts of several tables, companies first."""
    written = Written()
    for table in TABLES:
        if chosen := [f for f in facts if f.table == table]:
            written = store.upsert(chosen)
            assert not written.refused
    return written


# -- what goes in comes out ----------------------------------------------------------------------------


def test_empty_store(store: Store) -> None:
    snapshot = store.snapshot()
    assert (snapshot.revision, snapshot.hash, snapshot.currency, snapshot.loaded_until) == (
        0,
        "0" * 64,
        "",
        "",
    )
    assert list(store.counts().items()) == [(table, 0) for table in TABLES]
    assert [read_all(store, table) for table in TABLES] == [[] for _ in TABLES]
    assert store.read("companies", [("a",)]) == {}
    assert store.page() == []
    assert store.search("a") == []
    assert store.neighbourhood("a", 3, 10).companies == ()
    assert store.upsert([]) == Written()
    wanted = {t.name: [c.name for c in t.columns] for t in TABLES.values()}
    _, columns = store.columns(wanted)
    for table, names in wanted.items():
        for name in names:
            column = columns[table][name]
            assert len(column.codes if isinstance(column, Coded) else column) == 0


def a_value(column: Column, number: int) -> Value:
    match column.kind:
        case Kind.CHOICE:
            return column.choices[number % len(column.choices)]
        case Kind.CHOICES:
            return column.choices[: 1 + number % 2]
        case Kind.TEXTS:
            return (f"one; {number}", "二", '"three"')
        case Kind.FLAG:
            return number % 2 == 0
        case Kind.DATE:
            return f"2021-08-{number % 28 + 1:02d}"
        case Kind.COUNT | Kind.WEEKS | Kind.MONEY:
            return float(number)
        case Kind.SHARE | Kind.NUMBER:
            return 1 / (number + 3)
        case _:
            return f"{column.name} {number} 名"


def every_column(table: str, number: int) -> Fact:
    values = {c.name: a_value(c, number + i) for i, c in enumerate(TABLES[table].columns)}
    if table == "links":
        values |= {"source": "a", "target": "b", "kind": "SUPPLIES"}
    values |= {f"unknown {i} 未知": str(2**53 + i) for i in range(30)}
    for first, last in (("since", "until"), ("made_from", "made_until")):
        if first in values:
            values |= {first: "2020-01-01", last: "2021-01-01"}
    return fact(table, values, source_ref=f"{table}.csv:{number}", loaded_at="2025-06-01T00:00:00+00:00")


@pytest.mark.parametrize("table", TABLES)
def test_every_column_comes_back(store: Store, table: str) -> None:
    if table == "links":
        put(store, company("a"), company("b"))
    facts = [every_column(table, 1), every_column(table, 12)]
    assert store.upsert(facts) == Written(added=2)
    facts.sort(key=lambda f: f.key)
    back = read_all(store, table)
    assert told(back) == told(facts)
    for found, given_ in zip(back, facts, strict=True):
        assert {n: type(v) for n, v in found.values.items()} == {n: type(v) for n, v in given_.values.items()}
    assert store.read(table, [f.key for f in facts]) == {f.key: f for f in facts}
    assert store.upsert(facts) == Written(unchanged=2)


@pytest.mark.parametrize("table", TABLES)
def test_a_fact_of_its_key_alone(store: Store, table: str) -> None:
    if table == "links":
        put(store, company("a"), company("b"))
    values = {c.name: a_value(c, 3) for c in TABLES[table].columns if c.required}
    bare = fact(
        table, values | ({"source": "a", "target": "b"} if table == "links" else {}), source_ref="f.csv:2"
    )
    assert store.upsert([bare]).added == 1
    assert store.upsert([bare]).unchanged == 1
    assert told(read_all(store, table)) == told([bare])


@settings(max_examples=15)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=3), TEXTS), min_size=1, max_size=6))
def test_texts_of_every_script_come_back(
    places: Iterator[Place], rows: list[tuple[str, str, str, list[str], str]]
) -> None:
    made = [
        company(id, file, name=name, aliases=aliases, **{"x" + extra: extra})
        for id, name, extra, aliases, file in rows
        if id.strip()
    ]
    companies = {f.id: f for f in made}
    ids = list(companies)
    links = [link(a, b, category=rows[0][1], period=rows[0][2]) for a, b in pairwise(ids)]
    with next(places).open() as store:
        put(store, *companies.values(), *links)
        assert told(read_all(store, "companies")) == told([companies[id] for id in sorted(ids)])
        assert told(read_all(store, "links")) == told(sorted(links, key=lambda f: f.key))
        assert store.snapshot().hash == content_hash([*companies.values(), *links])
        assert [f.id for f in store.page(limit=100)] == sorted(ids)
        for id in ids:
            assert store.search(id)[0][1] == 1.0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_data(store: Store, text: str) -> None:
    text = normal(text)
    a = company(text, text, name=text, aliases=[text, "x"], identifiers=[text], market=text, **{text: text})
    b = company("b", name="b")
    between = link(text, "b", category=text, period=text, evidence=text, assumed=[text], file=text)
    report = fact(
        "complaints", {"id": text, "company": text, "text": text, "component": [text]}, source_ref=text
    )
    put(store, a, b, between, report)
    assert told(store.page()) == told(sorted([a, b], key=lambda f: f.id))
    assert store.read("links", [between.key]) == {between.key: between}
    assert read_all(store, "complaints") == [report]
    for table in ("companies", "links", "complaints"):
        assert len(list(store.scan(table, text))) == 1
    assert (text in [f.id for f, _ in store.search(text)]) or not text.strip()
    assert store.search(text + text) is not None
    assert store.page(role=text) == []
    assert store.page(after=text) == ([b] if text < "b" else [])
    assert len(store.neighbourhood(text, 1, 5).companies) == 2
    _, columns = store.columns({"companies": ["id", "aliases"], "links": ["category"]})
    assert text in names(columns["companies"], "id")
    assert names(columns["links"], "category") == (text,)
    assert store.delete_source("nothing") == store.delete_source(text + "%")
    assert store.delete_company(text).counts == {"companies": 1, "links": 1, "complaints": 1}
    assert list(store.counts().values()).count(0) == len(TABLES) - 1


def test_what_cannot_be_a_text_is_not_there(store: Store) -> None:
    put(store, company("a"))
    for text in ("\ud800", "a\0", "\0", "", "a\udfff"):
        assert store.read("companies", [(text,)]) == {}
        assert store.neighbourhood(text, 1, 1).companies == ()
        assert all(f.id != text for f, _ in store.search(text))
        assert len(store.page(after=text)) in (0, 1)
        assert list(store.scan("links", text or "x")) == []
        with pytest.raises(NotFound):
            store.delete_company(text)


def test_long_texts(store: Store) -> None:
    text = "车 " * 5_000 + "车"
    put(
        store, company("a", name=text, city=text, unknown=text), fact("complaints", {"id": "1", "text": text})
    )
    assert store.read("companies", [("a",)])[("a",)].values["city"] == text
    assert store.search(text)[0][1] == 1.0
    assert read_all(store, "complaints")[0].values["text"] == text


def test_scan_keeps_what_refers_to_a_company(store: Store) -> None:
    facts = [
        company("a"),
        company("b"),
        link("a", "b"),
        link("b", "a", "COMPETES_WITH"),
        fact("products", {"id": "p", "company": "a"}),
        fact("parts", {"product": "p", "category": "cells", "supplier": "b"}),
        fact("complaints", {"id": "1", "company": "a", "courier": "b"}),
        fact("complaints", {"id": "2", "company": "a"}),
        fact("markets", {"id": "a"}),
    ]
    put(store, *facts)

    def of(id: str) -> dict[str, int]:
        return {table: n for table in TABLES if (n := len(list(store.scan(table, id))))}

    assert of("a") == {"companies": 1, "products": 1, "links": 2, "complaints": 2}
    assert of("b") == {"companies": 1, "parts": 1, "links": 2, "complaints": 1}
    assert of("c") == {}
    next(store.scan("links"))  # one that is left half-way blocks nobody
    put(store, company("c"))
    assert of("c") == {"companies": 1}


def test_scan_takes_little_memory(store: Store) -> None:
    store.upsert([company(f"{i:05d}", text="x" * 500) for i in range(8_000)])
    tracemalloc.start()
    try:
        for _ in store.scan("companies"):
            pass
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("whole", [True, False], ids=["in one transaction", "a batch a transaction"])
def test_what_was_written_is_not_kept_in_memory(store: Store, whole: bool) -> None:
    store.upsert([company(f"c{i}") for i in range(200)])
    pairs = [*permutations(range(200), 2)]
    held = []
    gc.disable()  # as while loading
    tracemalloc.start()
    try:
        with store.transaction() if whole else nullcontext():
            for part in range(4):
                some = pairs[part :: len(pairs) // 5000][:5000]
                store.upsert([link(f"c{a}", f"c{b}", share=a / 1e6, touch=b / 200) for a, b in some])
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        gc.enable()
    assert store.counts()["links"] == 20_000
    assert (held[3] - held[0]) / 15_000 < 40, f"bytes a link: a text alone takes 50 ({held})"


# -- merging -------------------------------------------------------------------------------------------

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


@settings(max_examples=40)
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


def test_contradiction_within_a_load(store: Store) -> None:
    put(store, company("a", "one.csv:5", cash=1.0, city="Ulm"), company("b", "one.csv:6", cash=1.0))
    given_ = {("a",): frozenset(("cash",)), ("b",): frozenset(("cash",))}
    written = store.upsert(
        [company("a", cash=2.0), company("b", cash=1.0, city="Bonn"), company("c", cash=3.0)], given_
    )
    assert (written.added, written.updated, written.unchanged) == (1, 1, 0)
    (refusal,) = written.refused
    assert (refusal.fact.id, refusal.column) == ("a", "cash")
    assert "one.csv:5" in refusal.reason
    assert refusal.remedy
    assert store.upsert([company("a", city="Köln")], given_).updated == 1  # the city was told in another load
    assert store.read("companies", [("a",)])[("a",)].values["cash"] == 1.0


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


# -- columns -------------------------------------------------------------------------------------------


def texts(columns: Columns, name: str) -> list[str]:
    column = columns[name]
    assert isinstance(column, Coded)
    assert list(column.names) == sorted(set(column.names))
    assert column.codes.dtype == np.int32
    return [column.names[c] if c >= 0 else "" for c in column.codes]


def names(columns: Columns, name: str) -> tuple[str, ...]:
    column = columns[name]
    assert isinstance(column, Coded)
    return column.names


def numbers(columns: Columns, name: str) -> list[float | None]:
    column = columns[name]
    assert isinstance(column, np.ndarray)
    assert column.dtype == np.float64
    return [None if np.isnan(x) else float(x) for x in column]


def in_order(table: str, facts: Sequence[Fact]) -> list[Fact]:
    """As columns come: links by buyer, category, seller, kind, period; the rest by key."""
    places = (2, 3, 0, 1, 4) if table == "links" else range(len(TABLES[table].key))
    return sorted(facts, key=lambda f: [f.key[i] for i in places])


def check_columns(store: Store, table: str, facts: Sequence[Fact]) -> None:
    facts = in_order(table, facts)
    wanted = [c.name for c in TABLES[table].columns]
    marked = [f"@assumed:{name}" for name in wanted]
    snapshot, tables = store.columns({table: [*wanted, *marked]})
    assert snapshot == store.snapshot()
    columns = tables[table]
    assert list(columns) == [*wanted, *marked]
    for column in TABLES[table].columns:
        cells = [f.values.get(column.name) for f in facts]
        if column.kind in NUMERIC:
            assert numbers(columns, column.name) == cells
        else:
            shown = [";".join(v) if isinstance(v, tuple) else v or "" for v in cells]
            assert texts(columns, column.name) == shown
        status = {"observed": 0.0, "inferred": 2.0, "assumed": 1.0}
        assert numbers(columns, f"@assumed:{column.name}") == [status[f.status(column.name)] for f in facts]
    if table == "links":
        _, tables = store.columns({"companies": ["id"], "links": ["source", "target"]})
        assert (
            names(tables["companies"], "id")
            == names(tables["links"], "source")
            == names(tables["links"], "target")
        )


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_the_facts(store: Store, table: str) -> None:
    put(store, company("a"), company("b"), company("c"))
    facts = [every_column(table, number) for number in (5, 40, 1)]
    if table == "links":
        facts += [
            link("b", "a", share=0.1),
            link("c", "a", share=0.2, assumed=["share"]),
            link("c", "b", "OWNS"),
        ]
    store.upsert(facts)
    check_columns(store, table, read_all(store, table))


def test_columns_after_the_last_value_went(store: Store) -> None:
    put(store, company("a", "a.csv:1", cash=1.0), company("b", "b.csv:1"), link("a", "b", file="a.csv:2"))
    store.delete_company("a")
    check_columns(store, "companies", read_all(store, "companies"))
    check_columns(store, "links", [])


# -- search, page, neighbourhood -----------------------------------------------------------------------

KNOWN = [
    company("gm", name="General Motors Company", aliases=["GM", "通用汽车"]),
    company("lges", name="LG Energy Solution, Ltd."),
    company("hyundai", name="Hyundai Motor Company", aliases=["现代汽车"]),
    company("hma", name="Hyundai Motor America"),
    company("catl", name="宁德时代新能源科技股份有限公司"),
    company("byd", name="比亚迪股份有限公司", aliases=["比亚迪"]),
    company("yum", name="百胜中国"),
    company("skoda", name="Škoda Auto a.s."),
    company("toyota", name="トヨタ自動車"),
    company("kia", name="기아"),
    company("gaz", name="Горьковский автомобильный завод"),
    company("x", name="X"),
]


@pytest.fixture
def known(store: Store) -> Store:
    store.upsert([*KNOWN, *batch(0)[0]])
    return store


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("gm", "gm"),
        ("GM", "gm"),
        ("general motors company", "gm"),
        ("通用汽车", "gm"),
        ("ｇｍ", "gm"),
        ("X", "x"),
        ("Skoda Auto a.s.", "skoda"),
        ("ŠKODA AUTO A.S.", "skoda"),
        ("比亚迪", "byd"),
        ("기아", "kia"),
        ("горьковский автомобильный завод", "gaz"),
        ("トヨタ自動車", "toyota"),
        ("c0000-0017", "c0000-0017"),
        ("company 0-17", "c0000-0017"),
    ],
)
def test_exact_names_are_found(known: Store, text: str, id: str) -> None:
    (best, likeness), *others = known.search(text)
    assert (best.id, likeness) == (id, 1.0)
    assert best == known.read("companies", [(id,)])[(id,)]
    assert all(0 < score < 1 for _, score in others)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Genral Motors", "gm"),
        ("Motors General", "gm"),
        ("Hyndai Motor Compny", "hyundai"),
        ("LG Enegry Soluton", "lges"),
        ("lg energy", "lges"),
        ("宁德", "catl"),
        ("宁德时代", "catl"),
        ("宁德时待新能源科技", "catl"),
        ("比呀迪", "byd"),
        ("比亚笛", "byd"),
        ("迪", "byd"),
        ("百胜", "yum"),
        ("トヨタ", "toyota"),
        ("автомобилный завод", "gaz"),
    ],
)
def test_typos_and_parts_are_forgiven(known: Store, text: str, id: str) -> None:
    (best, likeness), *_ = known.search(text)
    assert best.id == id
    assert 0.5 < likeness < 1


def test_search_is_in_order_and_limited(known: Store) -> None:
    found = known.search("Hyundai", 50)
    assert {f.id for f, _ in found[:2]} == {"hyundai", "hma"}
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert known.search("company", 7) == known.search("company", 100)[:7]
    assert len(known.search("company", 150)) == 150
    for nothing in ("", "   ", "\n", "\0", "zzzzqqqq", "？？"):
        assert known.search(nothing) == []
    assert isinstance(known.search("a" * 100_000), list)


def test_search_follows_changes(store: Store) -> None:
    def best(text: str) -> list[str]:
        return [f.id for f, score in store.search(text) if score == 1.0]

    put(store, company("a", "1.csv:2", name="Alpha Works"), company("b", "2.csv:2", name="Beta Mills"))
    put(store, company("a", "3.csv:2", name="Gamma Forge", aliases=["Alef"]))
    assert (best("alpha works"), best("gamma forge"), best("alef")) == ([], ["a"], ["a"])
    store.delete_source("3.csv")
    assert (best("gamma forge"), best("alef"), best("a")) == ([], [], ["a"])
    store.delete_company("b")
    assert best("beta mills") == []
    put(store, company("b", name="Delta"))
    assert (best("beta mills"), best("delta")) == ([], ["b"])


def test_pages(store: Store) -> None:
    ids = [f"c{i:02d}" for i in range(25)]
    roles = {id: ["dealer"] if i % 2 else ["brand", "supplier"] for i, id in enumerate(ids)}
    store.upsert(
        [company(id, roles=roles[id]) for id in random.Random(1).sample(ids, 25)] + [company("none")]
    )
    assert [f.id for f in store.page(limit=10)] == ids[:10]
    assert [f.id for f in store.page(after=ids[9], limit=10)] == ids[10:20]
    assert [f.id for f in store.page(after="c0", limit=3)] == ids[:3]
    assert [f.id for f in store.page("supplier")] == ids[::2]
    assert [f.id for f in store.page("dealer", ids[3], 2)] == [ids[5], ids[7]]
    assert store.page("regulator") == store.page("no role") == store.page(after="zzz") == []


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_neighbourhood(places: Iterator[Place], chance: random.Random) -> None:
    ids = [f"{i:02d}" for i in range(30)]
    graph = nx.Graph()
    graph.add_nodes_from(ids)
    links = {}
    for _ in range(chance.randrange(50)):
        a, b = chance.sample(ids, 2)
        made = link(a, b, chance.choice(tuple(LinkKind)))
        links[made.key] = made
        graph.add_edge(a, b)
    with next(places).open() as store:
        put(store, *map(company, ids), *links.values())
        for depth, limit in ((0, 5), (1, 30), (2, 5), (3, 12), (30, 30), (2, 1)):
            start = chance.choice(ids)
            found = store.neighbourhood(start, depth, limit)
            near = nx.single_source_shortest_path_length(graph, start, depth)
            expected = sorted(near.items(), key=lambda at: (at[1], at[0]))
            assert [(f.id, hops) for f, hops in found.companies] == expected[:limit]
            assert found.cut == (len(expected) > limit)
            kept = {id for id, _ in expected[:limit]}
            among = [f for _, f in sorted(links.items()) if {f.key[0], f.key[2]} <= kept]
            assert told(found.links) == told(among)


# -- deleting ------------------------------------------------------------------------------------------


def test_deleting_a_company(store: Store) -> None:
    kept = [
        company("a"),
        company("c"),
        link("c", "a"),
        fact("products", {"id": "pa", "company": "a"}),
        fact("complaints", {"id": "2", "company": "a", "product": "pb", "batch": "b1"}),
    ]
    put(store, *kept)
    before = store.snapshot()
    gone = [
        company("b"),
        link("a", "b"),
        link("b", "c"),
        link("b", "a", "COMPETES_WITH"),
        fact("products", {"id": "pb", "company": "b"}),
        fact("parts", {"product": "pb", "category": "x", "supplier": "a"}),
        fact("parts", {"product": "pa", "category": "x", "supplier": "b"}),
        fact("batches", {"id": "b1", "supplier": "b"}),
        fact("outlets", {"id": "o", "company": "b"}),
        fact("events", {"id": "e", "company": "b"}),
        fact("complaints", {"id": "1", "company": "b", "courier": "b"}),
    ]
    put(store, *gone)
    assert store.delete_company("b").counts == {
        **{"companies": 1, "products": 1, "batches": 1, "outlets": 1},
        **{"parts": 2, "links": 3, "events": 1, "complaints": 1},
    }
    assert sorted(told([f for t in TABLES for f in store.scan(t)]), key=str) == sorted(told(kept), key=str)
    assert store.snapshot().hash == before.hash
    with pytest.raises(NotFound, match="'b'") as error:
        store.delete_company("b")
    assert error.value.remedy


def test_deleting_a_source(store: Store) -> None:
    put(
        store,
        company("a", "one.csv:2", name="Alpha", cash=1.0, aliases=["x"]),
        company("b", "one.csv:3", name="Beta", cash=5.0),
        company("c", "one.csv:4"),
        company("d", "one.csv:40:5", name="Delta"),
        link("a", "b", share=0.5, file="one.csv:2"),
        link("b", "a", share=0.5, file="two.csv:2"),
    )
    put(
        store,
        company("a", "two.csv:2", city="Ulm", cash=2.0, assumed=["cash"]),
        company("e", "one.csv2:4"),
    )
    gone = store.delete_source("one.csv")
    assert gone.counts == {"companies": 2, "links": 1}
    assert gone.changed == {"companies": 2}
    a, b, e = read_all(store, "companies")
    assert dict(a.values) == {"id": "a", "name": "a", "city": "Ulm", "cash": 2.0, "assumed": ("cash",)}
    assert a.source_ref == "two.csv:2"
    assert dict(b.values) == {"id": "b", "name": "Beta"}  # told by nobody else, but the other link needs it
    assert e.id == "e"
    assert [f.key[0] for f in store.scan("links")] == ["b"]
    assert store.snapshot().hash == content_hash([*read_all(store, "companies"), *read_all(store, "links")])
    again = store.snapshot()
    assert (store.delete_source("one.csv").counts, store.snapshot()) == ({}, again)
    assert store.delete_source("two.csv").counts == {"companies": 2, "links": 1}  # a, and b with the link
    assert [f.id for f in store.scan("companies")] == ["e"]


@pytest.mark.parametrize("order", list(permutations(("companies.csv", "links.csv", "more.csv"))))
def test_the_order_of_deletions_does_not_matter(store: Store, order: tuple[str, ...]) -> None:
    put(store, company("mine", "mine.csv:2"), company("a"), company("b", name="Beta"), link("a", "b"))
    put(store, fact("products", {"id": "p", "company": "a"}, source_ref="more.csv:2"))
    put(store, company("a", "more.csv:3", city="Ulm"))
    for file in order:
        store.delete_source(file)
    assert [f.id for f in store.scan("companies")] == ["mine"]
    assert store.snapshot().hash == content_hash([company("mine")])
    assert store.search("Beta") == []


def test_load_after_delete_is_as_new(store: Store) -> None:
    companies, links = batch(3)
    put(store, *companies, *links)
    before = store.snapshot()
    store.delete_source("companies.csv")
    store.delete_source("links.csv")
    assert set(store.counts().values()) == {0}
    assert store.snapshot().hash == "0" * 64
    put(store, *companies, *links)
    assert store.snapshot().hash == before.hash
    assert store.upsert(links) == Written(unchanged=len(links))


# -- transactions, several at once ---------------------------------------------------------------------


def test_a_transaction_is_whole_or_not_at_all(place: Place) -> None:
    def change_and_stop() -> None:
        with store.transaction():
            store.set_currency("CNY")
            put(store, company("b"), link("a", "b"))
            with store.transaction():
                store.delete_company("a")
            assert [f.id for f in store.scan("companies")] == ["b"]
            assert store.search("a") == []
            assert other.snapshot() == before
            raise RuntimeError("stop")

    with place.open() as store, place.open() as other:
        put(store, company("a"))
        before = store.snapshot()
        with pytest.raises(RuntimeError, match="stop"):
            change_and_stop()
        assert store.snapshot() == other.snapshot() == before
        assert store.counts()["links"] == 0
        assert store.upsert([link("a", "b")]).refused
        with store.transaction():
            put(store, company("b"))
            put(store, link("a", "b"))
        assert other.snapshot().revision == before.revision + 1
        assert other.counts()["links"] == 1


def test_a_part_that_failed_fails_the_transaction(store: Store) -> None:
    broken = Fact("companies", ("z",), {"id": "z", "cash": "not a number"})

    def go_on_after_a_failure() -> None:
        with store.transaction():
            put(store, company("a"))
            with pytest.raises(KnockonError):
                store.upsert([company("b"), broken])

    with pytest.raises(StoreError) as error:
        go_on_after_a_failure()
    assert error.value.remedy
    assert store.snapshot().revision == 0
    with store.transaction():
        put(store, company("a"))
        with pytest.raises(NotFound):
            store.delete_company("nobody")  # changes nothing, so it spoils nothing
    assert store.counts()["companies"] == 1


def test_handles_follow_each_other(place: Place) -> None:
    with place.open() as one, place.open() as two:
        put(one, company("a"), company("b"), link("a", "b"))
        put(two, company("c"), link("a", "c"), link("b", "c", category="x"))
        one.delete_company("a")
        assert two.upsert([link("a", "c")]).refused
        put(two, company("d"), company("a"))
        assert one.upsert([link("d", "a"), link("c", "a", category="x")]).added == 2
        assert one.snapshot() == two.snapshot()
        ends = {(f.key[0], f.key[2]) for f in two.scan("links")}
        assert ends == {("b", "c"), ("d", "a"), ("c", "a")}
        assert one.snapshot().hash == content_hash(f for t in ("companies", "links") for f in two.scan(t))


def test_a_closed_store_says_so(place: Place) -> None:
    store = place.open()
    store.close()
    store.close()
    for question in (store.snapshot, store.page, lambda: store.upsert([company("a")])):
        with pytest.raises(StoreError, match="closed"):
            question()


def test_threads_share_a_store(store: Store) -> None:
    batches = [batch(number) for number in range(6)]
    failures: list[BaseException] = []
    done = threading.Event()

    def work(task: str) -> None:
        try:
            if task == "write":
                for companies, links in batches:
                    with store.transaction():
                        put(store, *companies, *links)
                done.set()
            while task == "read" and not done.is_set():
                snapshot, columns = store.columns({"companies": ["id"], "links": ["share"]})
                assert len(names(columns["companies"], "id")) == SIZE * snapshot.revision
                assert len(numbers(columns["links"], "share")) == 3 * SIZE * snapshot.revision
                assert len(store.search("company 0-3")) >= (snapshot.revision > 0)
                assert len(list(store.scan("companies"))) % SIZE == 0
        except BaseException as error:  # noqa: BLE001  # shown by the test
            failures.append(error)
            done.set()

    threads = [threading.Thread(target=work, args=(task,)) for task in ("write", "read", "read", "read")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.counts()["links"] == 3 * SIZE * len(batches)


# -- processes -----------------------------------------------------------------------------------------


def start(place: Place, first: int, last: int) -> subprocess.Popen[str]:
    """A process that loads these batches; it has opened the store."""
    command = [
        sys.executable,
        "-m",
        "tests.graph.store_process",
        place.url,
        place.chain,
        str(first),
        str(last),
    ]
    who = {"KNOCKON_STORE_USER": place.access.user, "KNOCKON_STORE_PASSWORD": place.access.password}
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, env=os.environ | who)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def acknowledged(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    return [int(line) for line in process.stdout]


def whole_batches(store: Store, count: int) -> set[int]:
    """The batches that are there; each is there whole."""
    there = set()
    found = {table: {f.key for f in store.scan(table)} for table in ("companies", "links")}
    for number in range(count):
        for facts in batch(number):
            keys = {f.key for f in facts}
            assert keys <= found[facts[0].table] or not keys & found[facts[0].table]
        if keys <= found["links"]:
            there.add(number)
    assert len(found["companies"]) == SIZE * len(there)
    assert len(found["links"]) == 3 * SIZE * len(there)
    return there


def kill_and_load_again(place: Place, kills: int, chance: random.Random) -> None:
    count = 6 * kills
    expected = content_hash(f for number in range(count) for facts in batch(number) for f in facts)
    kept: set[int] = set()
    for _ in range(kills):
        with start(place, max(kept, default=0), count) as process:
            time.sleep(chance.uniform(0.0, 0.2))
            process.kill()
            said = acknowledged(process)
        with place.open() as store:
            there = whole_batches(store, count)
            assert there >= kept | set(said)
            assert (
                len(there - kept - set(said)) <= 1
            )  # one may be there that could not be acknowledged any more
            facts = [f for table in ("companies", "links") for f in store.scan(table)]
            assert store.snapshot().hash == content_hash(facts)
            assert store.snapshot().revision == len(there)
            kept = there
    with start(place, 0, count) as process:
        assert acknowledged(process) == list(range(count))
    with place.open() as store:
        assert store.snapshot().hash == expected
        assert store.snapshot().revision == count


def test_a_load_killed_at_any_moment(place: Place) -> None:
    kill_and_load_again(place, 6, random.Random())


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_load_killed_at_fifty_moments(place: Place) -> None:
    kill_and_load_again(place, 50, random.Random())


def test_two_loads_at_once_end_in_the_union(place: Place) -> None:
    with start(place, 0, 16) as one, start(place, 8, 24) as two:
        assert acknowledged(one) == list(range(16))
        assert acknowledged(two) == list(range(8, 24))
    with place.open() as store:
        assert whole_batches(store, 24) == set(range(24))
        assert store.snapshot().hash == content_hash(
            f for n in range(24) for facts in batch(n) for f in facts
        )
        assert store.snapshot().revision == 24
        assert store.search("company 20-7")[0][1] == 1.0


def test_readers_see_whole_batches_while_another_process_writes(place: Place) -> None:
    count = 60
    hashes = [
        content_hash(f for n in range(done) for facts in batch(n) for f in facts) for done in range(count + 1)
    ]
    seen = set()
    with place.open() as store, start(place, 0, count) as writer:
        while writer.poll() is None or not seen:
            snapshot, columns = store.columns({"companies": ["id"], "links": ["share"]})
            seen.add(snapshot.revision)
            assert snapshot.hash == hashes[snapshot.revision]
            assert len(names(columns["companies"], "id")) == SIZE * snapshot.revision
            assert len(numbers(columns["links"], "share")) == 3 * SIZE * snapshot.revision
        assert acknowledged(writer) == list(range(count))
        assert store.snapshot().hash == hashes[count]
    assert len(seen) > 3
