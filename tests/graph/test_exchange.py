"""GraphML and node-link JSON hold all facts of a store and give the same ones back; bad files do no harm."""

import json
import random
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import exchange
from graph.errors import LoadError, ValueRejected
from graph.exchange import Contents
from graph.model import Fact, Value, fact
from graph.ontology import NUMERIC, TABLES, Column, Kind
from graph.stores.base import Store
from tests.graph.conftest import Place
from tests.graph.facts import company, link

Read = Callable[[Path], Contents]
FORMATS: dict[str, tuple[Callable[[Store], str], Read]] = {
    "graphml": (exchange.graphml, exchange.read_graphml),
    "json": (exchange.node_link, exchange.read_node_link),
}


def facts(contents: Contents) -> list[Fact]:
    """The facts of a file, as they can be stored one after the other."""
    return [fact(row.table, row.values) for row in contents if not row.lacking]


# What breaks careless writers: markup, what XML cannot hold or would change, our own escapes and marks.
NASTY = (
    "</data><data>",
    "]]>",
    "&amp; &lt;",
    "\x01\x1f\x7f\x85",
    "\r\n",
    "\ttab",
    " lead and trail ",
    " \r\n",
    "\u2028",
    "\ufffe",
    "\\u0041",
    "\\u005cu0041",
    "a;b",
    ";",
    "@companies/x",
    "a/b",
    "电池",
    "\U0001f697",
    "\u202eRTL",
    "1e5",
    "true",
)
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12),
)
IDS = ("A", "B", *NASTY[:6], "\\u0041", "@companies/x", "a/b", "电池")


def value_of(column: Column) -> st.SearchStrategy[object]:
    if column.kind in (Kind.TEXTS, Kind.CHOICES):
        one = st.sampled_from(column.choices) if column.choices else texts
        return st.lists(one, min_size=1, max_size=3).map(tuple)
    if column.kind is Kind.CHOICE:
        return st.sampled_from(column.choices)
    if column.kind is Kind.FLAG:
        return st.booleans()
    if column.kind is Kind.COUNT:
        return st.integers(0, 10**12).map(float)
    if column.kind in NUMERIC:
        return st.floats(column.low or 0.0, 1.0 if column.high == 1.0 else 85.0)
    if column.kind is Kind.DATE:
        return st.dates().map(str)
    if column.kind in (Kind.COMPANY, Kind.REFERENCE):
        return st.sampled_from(IDS)
    return texts


@st.composite
def facts_of(draw: st.DrawFn, table: str) -> list[Fact]:
    """A few facts of a table, with unknown columns as well, each key once."""
    found: dict[tuple[str, ...], Fact] = {}
    columns = TABLES[table].columns
    for name in draw(st.lists(st.sampled_from(IDS), max_size=3, unique=True)):
        values: dict[str, object] = {
            c.name: draw(value_of(c)) for c in columns if c.required or draw(st.booleans())
        }
        unknown = st.one_of(
            st.sampled_from(("id", "key", "source", "self", "@table", "node_for_adding")), texts
        )
        values |= draw(
            st.dictionaries(unknown.filter(lambda c: c not in TABLES[table].by_name), texts, max_size=2)
        )
        if "id" in values:
            values["id"] = name
        try:
            made = fact(table, values, source_ref="x.csv:1", loaded_at="2025-01-01T00:00:00+00:00")
        except ValueRejected:
            continue  # dates in the wrong order, a company tied to itself
        found[made.key] = made
    return list(found.values())


@st.composite
def chains(draw: st.DrawFn) -> list[Fact]:
    """Facts of every table; all companies that links name are there."""
    told = [made for table in TABLES if table != "companies" for made in draw(facts_of(table))]
    named = {end for f in told if f.table == "links" for end in (f.key[0], f.key[2])}
    there = {f.key: f for f in draw(facts_of("companies"))}
    there |= {(name,): company(name) for name in sorted(named) if (name,) not in there}
    return [*there.values(), *told]


def keep(store: Store, facts: Sequence[Fact]) -> None:
    order = list(TABLES)
    for _, some in groupby(sorted(facts, key=lambda f: order.index(f.table)), key=lambda f: f.table):
        assert not store.upsert(list(some)).refused


def back(place: Place, facts: Sequence[Fact]) -> dict[tuple[str, tuple[str, ...]], dict[str, Value]]:
    """What a new store holds that these facts were loaded into."""
    with place.open() as store:
        keep(store, facts)
        return held(store)


def held(store: Store) -> dict[tuple[str, tuple[str, ...]], dict[str, Value]]:
    return {(t, f.key): dict(f.values) for t in TABLES for f in store.scan(t)}


# A file is written from what the contract of stores promises, whichever it is.
@pytest.mark.parametrize("places", ["embedded", pytest.param("neo4j", marks=pytest.mark.long)], indirect=True)
@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(chain=chains())
def test_all_facts_come_back(form: str, chain: list[Fact], places: Iterator[Place], tmp_path: Path) -> None:
    write, read = FORMATS[form]
    with next(places).open() as store:
        keep(store, chain)
        before, snapshot = held(store), store.snapshot()
        file = tmp_path / f"chain.{form}"
        file.write_text(write(store), encoding="utf-8", newline="")
    told = facts(read(file))
    place = next(places)
    assert back(place, told) == before
    with place.open() as store:
        assert store.snapshot().hash == snapshot.hash


@pytest.mark.parametrize("form", FORMATS)
def test_the_currency_is_told(form: str, store: Store, tmp_path: Path) -> None:
    store.set_currency("CNY")
    keep(store, [company("A")])
    file = tmp_path / "chain"
    file.write_text(FORMATS[form][0](store), encoding="utf-8", newline="")
    contents = FORMATS[form][1](file)
    assert (contents.currency, len(contents.rows)) == ("CNY", 1)


def test_companies_are_nodes_links_edges_and_the_rest_is_tied_to_them(store: Store) -> None:
    keep(
        store,
        [
            company("A", name="Alpha", roles=("supplier",), market="m"),
            company("B", roles=("brand",)),
            link("A", "B", category="cells", annual_value=5.0),
            fact("markets", {"id": "m", "name": "Cars"}),
            fact("products", {"id": "car", "company": "B"}),
            fact("parts", {"product": "car", "category": "cells", "supplier": "A"}),
            fact("events", {"id": "fire", "company": "nobody"}),
        ],
    )
    graph = exchange.to_networkx(store)
    assert graph.nodes["A"]["name"] == "Alpha"
    assert graph.nodes["A"]["roles"] == ("supplier",)
    assert graph.edges["A", "B", "e0"]["annual_value"] == 5.0
    relations = {(a, r, b) for a, b, r in graph.edges(data="@relation") if r}
    assert relations == {
        ("A", "SERVES", "@markets/m"),
        ("B", "MAKES", "@products/car"),
        ("@products/car", "CONTAINS", "@parts/car/cells/A"),
        ("@parts/car/cells/A", "SUPPLIED_BY", "A"),
    }
    assert "nobody" not in graph


def test_other_programs_read_them(store: Store, tmp_path: Path) -> None:
    keep(store, [company("A", name="甲公司", annual_revenue=2.5), company("B"), link("A", "B")])
    (tmp_path / "a.graphml").write_text(exchange.graphml(store), encoding="utf-8")
    assert nx.read_graphml(tmp_path / "a.graphml").nodes["A"]["name"] == "甲公司"
    told = json.loads(exchange.node_link(store))
    assert [node["id"] for node in told["nodes"]] == ["A", "B"]
    assert {(edge["source"], edge["target"]) for edge in told["edges"]} == {("A", "B")}
    assert "甲公司" in exchange.node_link(store)


def test_a_graph_drawn_elsewhere_is_companies_and_links(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("A", name="Alpha", colour="red")
    graph.add_node("B")
    graph.add_edge("A", "B", kind="SUPPLIES", category="cells")
    nx.write_graphml(graph, tmp_path / "g.graphml")
    (tmp_path / "g.json").write_text(json.dumps(nx.node_link_data(graph, edges="links")))
    for told in (
        facts(exchange.read_graphml(tmp_path / "g.graphml")),
        facts(exchange.read_node_link(tmp_path / "g.json")),
    ):
        assert [f.key for f in told] == [("A",), ("B",), ("A", "SUPPLIES", "B", "cells", "")]
        assert told[0].values["colour"] == "red"


@pytest.mark.parametrize(("source", "target", "lacking"), [("A", "B", "target"), ("B", "A", "source")])
def test_an_edge_makes_no_company(source: str, target: str, lacking: str, tmp_path: Path) -> None:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(["A", "C"])
    graph.add_edge("A", "C", kind="SUPPLIES")
    (tmp_path / "g.json").write_text(
        json.dumps(
            nx.node_link_data(graph, edges="edges")
            | {"edges": [{"source": source, "target": target, "kind": "SUPPLIES"}]}
        )
    )
    nx.write_graphml(graph, tmp_path / "g.graphml")
    text = (tmp_path / "g.graphml").read_text()
    written = text.replace('source="A" target="C"', f'source="{source}" target="{target}"')
    (tmp_path / "g.graphml").write_text(written)
    assert written != text
    for contents in (
        exchange.read_graphml(tmp_path / "g.graphml"),
        exchange.read_node_link(tmp_path / "g.json"),
    ):
        assert [row.values["id"] for row in contents if row.table == "companies"] == ["A", "C"]
        assert [(row.number, row.lacking) for row in contents if row.table == "links"] == [(3, lacking)]


GROWTH = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE g [<!ENTITY a0 "aaaaaaaaaa">{GROWTH}]><graphml>&a9;</graphml>'
XXE = '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]><graphml>&x;</graphml>'


@pytest.mark.parametrize("text", [BOMB, XXE, '<!DOCTYPE graphml SYSTEM "http://127.0.0.1/x.dtd"><graphml/>'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(text: str, encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb.graphml"
    file.write_bytes(text.encode(encoding))
    tracemalloc.start()
    with pytest.raises(LoadError, match="document type"):
        exchange.read_graphml(file)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


BAD_XML = ["", "no xml", "<graphml", "\x00\x01", "<a/>", '<?xml version="1.0" encoding="klingon"?><graphml/>']
NAMESPACE = 'xmlns="http://graphml.graphdrawing.org/xmlns"'
BAD_GRAPHS = [
    f'<graphml {NAMESPACE}><graph edgedefault="directed"><node id="a"><data key="k">1</data></node></graph>'
    "</graphml>",
    f'<graphml {NAMESPACE}><key id="k" for="node" attr.name="x" attr.type="double"/>'
    '<graph edgedefault="directed"><node id="a"><data key="k">many</data></node></graph></graphml>',
]
BAD_JSON = [
    "",
    "{",
    "[]",
    "3",
    "null",
    '{"nodes": 5, "edges": []}',
    '{"nodes": []}',
    '{"nodes": ["a"], "edges": []}',
    '{"nodes": [{"id": {}}], "edges": []}',
    '{"nodes": [{"id": "a", "annual_revenue": NaN}], "edges": []}',
    '{"nodes": [{"id": "a"}], "edges": [{"source": "a"}]}',
    '{"nodes": [{"id": "a", "@table": "spells"}], "edges": []}',
    "[" * 200_000,
    '{"nodes": [{"id": ' + "[" * 900 + "]" * 900 + '}], "edges": []}',
]


@pytest.mark.parametrize("text", [*BAD_XML, *BAD_GRAPHS], ids=range(len(BAD_XML + BAD_GRAPHS)))
def test_what_is_no_graphml_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.graphml").write_text(text)
    with pytest.raises(LoadError) as raised:
        exchange.read_graphml(tmp_path / "bad.graphml")
    assert raised.value.remedy


@pytest.mark.parametrize("text", BAD_JSON, ids=range(len(BAD_JSON)))
def test_what_is_no_node_link_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(LoadError) as raised:
        exchange.read_node_link(tmp_path / "bad.json")
    assert raised.value.remedy


@pytest.mark.parametrize("read", [exchange.read_graphml, exchange.read_node_link])
def test_a_file_that_is_not_there(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        read(tmp_path / "nowhere")


def test_a_wrong_value_is_rejected_by_name(tmp_path: Path) -> None:
    file = tmp_path / "g.json"
    file.write_text('{"nodes": [{"id": "a", "annual_revenue": -1}], "edges": []}')
    with pytest.raises(ValueRejected) as raised:
        facts(exchange.read_node_link(file))
    assert raised.value.column == "annual_revenue"


def test_ten_thousand_links_come_back(store: Store, tmp_path: Path) -> None:
    chance = random.Random(1)
    ids = [f"c{i}" for i in range(2000)]
    links = {(a, b) for a, b in ((chance.choice(ids), chance.choice(ids)) for _ in range(10_000)) if a != b}
    keep(store, [company(i, market="m") for i in ids] + [link(a, b) for a, b in sorted(links)])
    keep(store, [fact("markets", {"id": "m"})])
    (tmp_path / "g.graphml").write_text(exchange.graphml(store), encoding="utf-8")
    assert len(exchange.read_graphml(tmp_path / "g.graphml").rows) == len(ids) + len(links) + 1
