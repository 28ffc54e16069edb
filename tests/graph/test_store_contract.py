"""The contract of a store, run over every store: what goes in comes out."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import NotFound
from graph.model import fact, normal
from graph.ontology import TABLES
from graph.stores.base import Coded, Store, Written
from tests.graph.conftest import Place
from tests.graph.facts import company, content_hash, link
from tests.graph.told import a_value, every_column, names, put, read_all, told

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
    for table, wanted_names in wanted.items():
        for name in wanted_names:
            column = columns[table][name]
            assert len(column.codes if isinstance(column, Coded) else column) == 0


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
