"""What only the Neo4j store has: somebody else's graph beside it, other chains, the nodes people see."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import neo4j
import pytest

from graph.errors import StoreError, StoreOutdated
from graph.model import Fact, fact
from graph.ontology import TABLES
from graph.stores import neo4j as cypher
from graph.stores.base import Access, Store
from graph.stores.neo4j import LABELS, check_driver, check_server
from graph.stores.neo4j_facts import OTHER, OWN
from graph.stores.neo4j_store import Neo4jStore
from tests.conftest import CHECKOUT, Neo4j
from tests.graph.conftest import Place
from tests.graph.facts import company, content_hash, link

Ask = Callable[..., list[list[Any]]]


@pytest.fixture(scope="module")
def ask(neo4j_server: Neo4j) -> Iterator[Ask]:
    """Cypher of a test's own, beside the store."""
    auth = (neo4j_server.user, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.url, auth=auth, notifications_min_severity="OFF") as driver:

        def asked(query: Any, **parameters: Any) -> list[list[Any]]:
            with driver.session() as session:
                return session.run(query, parameters).values()

        yield asked


@pytest.fixture
def place(neo4j_place: Place) -> Place:
    """An empty chain on the server."""
    return neo4j_place


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An open, empty chain."""
    with place.open() as store:
        yield store


CHAIN: tuple[Fact, ...] = (
    fact("markets", {"id": "de", "name": "Germany"}, source_ref="m.csv:2"),
    company("acme", name="Acme Bikes", roles=["brand", "platform"], market="de"),
    company("cells", name="赤陵电芯", roles=["supplier"]),
    company("fast", name="Fast Parcel", roles=["logistics"]),
    fact("products", {"id": "e1", "company": "acme", "name": "E-bike 1"}, source_ref="p.csv:2"),
    fact("batches", {"id": "b7", "product": "e1", "supplier": "cells"}, source_ref="b.csv:2"),
    fact("outlets", {"id": "o1", "company": "acme", "city": "Ulm"}, source_ref="o.csv:2"),
    fact("parts", {"product": "e1", "category": "cells", "supplier": "cells"}, source_ref="p.csv:3"),
    link("cells", "acme", category="cells", annual_value=5.0, share=1.0),
    link("fast", "acme", "CARRIES_FOR"),
    fact("events", {"id": "r1", "company": "cells", "kind": "recall"}, source_ref="e.csv:2"),
    fact(
        "complaints",
        {"id": "c1", "company": "acme", "product": "e1", "batch": "b7", "outlet": "o9", "courier": "fast"},
        source_ref="c.csv:2",
    ),
)


def put(store: Store, facts: Sequence[Fact]) -> None:
    for table in TABLES:
        if some := [f for f in facts if f.table == table]:
            assert not store.upsert(some).refused


# -- what people see -----------------------------------------------------------------------------------


def test_nodes_and_relationships_are_what_a_person_expects(store: Store, ask: Ask) -> None:
    put(store, CHAIN)
    ours = {"chain": store.chain}
    labels = ask("MATCH (n:Knockon {chain: $chain}) RETURN n.id, labels(n)", **ours)
    seen = {id: set(names) - {"Knockon"} for id, names in labels if id}
    assert seen == {
        "de": {"Market"},
        "acme": {"Company", "Brand", "Platform"},
        "cells": {"Company", "Supplier"},
        "fast": {"Company", "Logistics"},
        "e1": {"Product"},
        "b7": {"Batch"},
        "o1": {"Outlet"},
        "r1": {"Event"},
        "c1": {"Complaint"},
        "o9": {"Missing"},
    }
    drawn = ask(
        "MATCH (a:Knockon {chain: $chain})-[r]->(b:Knockon) "
        "RETURN coalesce(a.id, 'part'), type(r), coalesce(b.id, 'part')",
        **ours,
    )
    assert sorted(map(tuple, drawn)) == sorted(
        [
            ("acme", "SERVES", "de"),
            ("acme", "MAKES", "e1"),
            ("acme", "OPERATES", "o1"),
            ("b7", "OF", "e1"),
            ("b7", "MADE_BY", "cells"),
            ("e1", "CONTAINS", "part"),
            ("part", "SUPPLIED_BY", "cells"),
            ("cells", "SUPPLIES", "acme"),
            ("fast", "CARRIES_FOR", "acme"),
            ("r1", "ABOUT", "cells"),
            *(("c1", "ABOUT", what) for what in ("acme", "e1", "b7", "o9", "fast")),
        ]
    )
    (told,) = ask(
        "MATCH (:Knockon {chain: $chain, id: 'cells'})-[r:SUPPLIES]->() RETURN properties(r)", **ours
    )
    kept = {name: told[0][name] for name in ("category", "annual_value", "share", "source_ref")}
    assert kept == {"category": "cells", "annual_value": 5.0, "share": 1.0, "source_ref": "links.csv:2"}


def test_what_was_missing_is_found_when_it_is_told(store: Store, ask: Ask) -> None:
    put(store, CHAIN)
    outlet = fact("outlets", {"id": "o9", "company": "fast"}, source_ref="o.csv:9")
    store.upsert([outlet])
    assert store.read("outlets", [("o9",)]) == {("o9",): outlet}
    about = "MATCH (c:Complaint {chain: $chain})-[:ABOUT]->(o {id: 'o9'}) RETURN labels(o)"
    assert [sorted(names) for (names,) in ask(about, chain=store.chain)] == [["Knockon", "Outlet"]]
    store.delete_source("o.csv")
    assert [sorted(names) for (names,) in ask(about, chain=store.chain)] == [["Knockon", "Missing"]]
    store.delete_source("c.csv")
    assert ask("MATCH (n:Missing {chain: $chain}) RETURN n.id", chain=store.chain) == []
    assert store.snapshot().hash == content_hash(f for t in TABLES for f in store.scan(t))


def test_a_reference_that_changes_is_drawn_anew(store: Store, ask: Ask) -> None:
    put(store, CHAIN)
    store.upsert([fact("complaints", {"id": "c1", "product": "e2"}, source_ref="c2.csv:2")])
    about = "MATCH (c:Complaint {chain: $chain})-[:ABOUT]->(n) RETURN n.id ORDER BY n.id"
    found = [id for (id,) in ask(about, chain=store.chain)]
    assert found == ["acme", "b7", "e2", "fast", "o9"]


def test_deleting_everything_leaves_the_stamp_alone(store: Store, ask: Ask) -> None:
    put(store, CHAIN)
    for file in {f.source_ref.partition(":")[0] for f in CHAIN}:
        store.delete_source(file)
    left = ask("MATCH (n:Knockon {chain: $chain}) RETURN labels(n)", chain=store.chain)
    assert sorted(sorted(names) for (names,) in left) == [["Chain", "Knockon"], ["Commits", "Knockon"]]
    assert store.snapshot().hash == "0" * 64


# -- beside others -------------------------------------------------------------------------------------

FOREIGN = """
CREATE (a:Company:Supplier {id: 'cells', name: 'Cells', chain: 'other', n: 3, stranger: $mark})
CREATE (b:Company {id: 'acme', stranger: $mark}) CREATE (c:Complaint {id: 'c1', stranger: $mark})
CREATE (a)-[:SUPPLIES {category: 'cells', stranger: $mark}]->(b) CREATE (c)-[:ABOUT {column: 'company'}]->(b)
CREATE (d:Product {id: 'e1', chain: $chain, key: 'k', loaded_at: '', source_ref: 'c.csv:1', stranger: $mark})
CREATE (e:Company {id: 'fast', chain: $chain, n: 1, name: 'Fast Parcel', loaded_at: '', stranger: $mark})
CREATE (e)-[:SUPPLIES {key: 'x', stranger: $mark}]->(d)
"""


def test_somebody_elses_graph_is_left_alone(store: Store, ask: Ask) -> None:
    def strangers() -> list[list[Any]]:
        return ask(
            "MATCH (n {stranger: $mark}) OPTIONAL MATCH (n)-[r]->(m) "
            "RETURN labels(n), properties(n), type(r), properties(r), m.id ORDER BY n.id, n.n, type(r)",
            mark=store.chain,
        )

    ask(FOREIGN, mark=store.chain, chain=store.chain)
    before = strangers()
    put(store, CHAIN)
    ask(  # one that hangs on a node of ours, and a link of somebody's between two of ours
        "MATCH (a:Knockon {chain: $chain, id: 'cells'}) MATCH (b:Knockon {chain: $chain, id: 'acme'}) "
        "MATCH (s:Company {stranger: $chain, id: 'acme'}) CREATE (s)-[:SUPPLIES {mine: true}]->(b) "
        "CREATE (a)-[:SUPPLIES {mine: true}]->(b)",
        chain=store.chain,
    )
    facts = list(CHAIN)
    assert store.snapshot().hash == content_hash(facts)
    assert [len(list(store.scan(t))) for t in TABLES] == [sum(f.table == t for f in facts) for t in TABLES]
    assert dict(store.counts()) == {t: sum(f.table == t for f in facts) for t in TABLES}
    _, columns = store.columns({"companies": ["id"], "links": ["share"], "products": ["name"]})
    assert len(columns["links"]["share"]) == 2  # type: ignore[arg-type]
    assert [f.id for f in store.page()] == ["acme", "cells", "fast"]
    assert [f.id for f, _ in store.search("Cells")][:1] == ["cells"]
    assert {f.id for f, _ in store.neighbourhood("cells", 3, 50).companies} == {"acme", "cells", "fast"}
    assert len(store.neighbourhood("cells", 3, 50).links) == 2
    assert len(list(store.scan("links", "acme"))) == 2
    store.delete_company("acme")
    store.delete_source("companies.csv")
    after = [row for row in strangers() if row[3] != {"mine": True}]
    assert after == before
    ask("MATCH (n {stranger: $mark}) DETACH DELETE n", mark=store.chain)


def test_a_constraint_of_somebody_else_is_named(place: Place, ask: Ask) -> None:
    ask("CREATE CONSTRAINT strangers IF NOT EXISTS FOR (r:Rate) REQUIRE r.theirs IS UNIQUE")
    try:
        with place.open() as store, pytest.raises(StoreError, match="constraint") as error:
            store.upsert([fact("rates", {"currency": c, "rate": 1.5, "theirs": "x"}) for c in ("EUR", "USD")])
        assert "KNOCKON_STORE_DATABASE" in error.value.remedy
    finally:
        ask("DROP CONSTRAINT strangers")
    with place.open() as store:
        assert store.snapshot().revision == 0


def test_chains_never_mix(neo4j_places: Iterator[Place]) -> None:
    one, two = next(neo4j_places), next(neo4j_places)
    with one.open() as first, two.open() as second:
        put(first, CHAIN)
        put(second, [f for f in CHAIN if f.table != "complaints"])
        second.upsert([company("cells", name="Other Cells", cash=7.0)])
        second.set_currency("CNY")
        kept = first.snapshot(), dict(first.counts())
        assert first.search("Other Cells")[0][1] < 1.0
        assert second.search("Other Cells")[0][1] == 1.0
        second.delete_company("acme")
        second.delete_source("companies.csv")
        assert (first.snapshot(), dict(first.counts())) == kept
        assert first.snapshot().hash == content_hash(CHAIN)
        assert first.snapshot().currency == ""


# -- versions ------------------------------------------------------------------------------------------


def upgraded(place: Place, *steps: Callable[[cypher.Run, str], None]) -> None:
    with place.open() as store:
        assert isinstance(store, Neo4jStore)
        store._upgrade(steps)


def test_a_newer_schema_is_refused(place: Place, ask: Ask) -> None:
    with place.open() as store:
        put(store, CHAIN)
    ask("MATCH (c:Chain {chain: $chain}) SET c.version = 99", chain=place.chain)
    with pytest.raises(StoreOutdated, match="99") as error:
        place.open()
    assert "newer" in error.value.remedy


def test_an_older_schema_is_brought_up_step_by_step(place: Place, ask: Ask) -> None:
    with place.open() as store:
        put(store, CHAIN)
        before = store.snapshot()

    def name_it(run: cypher.Run, chain: str) -> None:
        run("MATCH (c:Chain {chain: $chain}) SET c.first = 'done'", chain=chain)

    def spoil(run: cypher.Run, chain: str) -> None:
        run("MATCH (c:Chain {chain: $chain}) SET c.second = c.first + '!'", chain=chain)
        raise StoreError("half-way", remedy="")

    def name_it_again(run: cypher.Run, chain: str) -> None:
        run("MATCH (c:Chain {chain: $chain}) SET c.second = c.first + ' twice'", chain=chain)

    def state() -> list[Any]:
        return ask("MATCH (c:Chain {chain: $c}) RETURN c.version, c.first, c.second", c=place.chain)[0]

    with pytest.raises(StoreError, match="half-way"):
        upgraded(place, name_it, spoil)
    assert state() == [1, None, None]
    upgraded(place, name_it, name_it_again)
    assert state() == [3, "done", "done twice"]
    ask("MATCH (c:Chain {chain: $c}) SET c.version = 1", c=place.chain)  # as this knockon knows it
    with place.open() as store:
        assert store.snapshot() == before


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/5.26.31", "Neo4j/2025.04.0", "Neo4j/6.1"])
def test_servers_that_will_do(agent: str) -> None:
    check_server(agent)


@pytest.mark.parametrize("agent", ["Neo4j/4.4.40", "Neo4j/5.25.1", "Memgraph/2.0", ""])
def test_servers_that_are_too_old_or_something_else(agent: str) -> None:
    with pytest.raises(StoreOutdated, match=r"5\.26") as error:
        check_server(agent)
    assert error.value.remedy


def test_a_driver_that_is_too_old() -> None:
    check_driver("6.0.1")
    check_driver(neo4j.__version__)
    with pytest.raises(StoreError, match=r"5\.28") as error:
        check_driver("5.28.1")
    assert "make setup" in error.value.remedy


# -- names ---------------------------------------------------------------------------------------------


def test_the_stores_own_properties_are_no_columns() -> None:
    assert set(LABELS) | {"links"} == set(TABLES)
    for table in TABLES.values():
        assert not OWN & table.by_name.keys()
        assert not any(name.startswith(OTHER) for name in table.by_name)


def test_unknown_columns_that_are_called_like_the_stores_own(store: Store) -> None:
    told = {name: "x" + name for name in OWN} | {OTHER + "n": "y", "`a`": "z", "a b\n": "w", "Ω" * 300: "v"}
    a, b = company("a", **told), company("b")
    between = link("a", "b", **{name: value for name, value in told.items() if name != "column"})
    put(store, [a, b, between])
    assert list(store.scan("companies")) == [a, b]
    assert list(store.scan("links")) == [between]
    assert store.snapshot().hash == content_hash([a, b, between])


def test_a_property_that_somebody_changed_to_nonsense(store: Store, ask: Ask) -> None:
    put(store, [company("a", cash=1.0)])
    ask("MATCH (c:Company {chain: $chain}) SET c.cash = 'much'", chain=store.chain)
    with pytest.raises(StoreError, match="somebody else") as error:
        list(store.scan("companies"))
    assert error.value.remedy


def test_access_never_shows_the_password() -> None:
    assert "hush" not in repr(Access("neo4j", "hush"))


# -- the documents -------------------------------------------------------------------------------------

QUERIES = re.findall(r"```cypher\n(.*?)```", (CHECKOUT / "docs" / "neo4j.md").read_text("utf-8"), re.DOTALL)


def test_ten_queries_worth_trying(store: Store, ask: Ask) -> None:
    more = [
        company("deep", name="Deep Mines", roles=["supplier"]),
        company("other", name="Other Bikes", roles=["brand"]),
        company("glass", name="Glass Works", roles=["supplier"]),
        link("deep", "cells", category="ore"),
        link("deep", "glass", category="ore"),
        link("glass", "acme", category="glass"),
        link("cells", "other", category="cells"),
        fact("complaints", {"id": "c2", "company": "acme", "product": "e1", "component": ["brakes", "bell"]}),
    ]
    put(store, [*CHAIN, *more])
    assert len(QUERIES) == 10
    answers = [ask(query, chain=store.chain, name="赤陵") for query in QUERIES]
    assert all(answers)
    supplies, tiers, alone, diamonds, shared, by_component, to_maker, named, sources, missing = answers
    assert supplies[0][:4] == ["Acme Bikes", "赤陵电芯", "cells", 5.0]
    assert ["Acme Bikes", "Deep Mines", 2] in tiers
    assert ["赤陵电芯", "ore", "Deep Mines"] in alone
    assert [row[:2] for row in diamonds] == [["Acme Bikes", "Deep Mines"]]
    assert ["Acme Bikes", "Other Bikes", ["赤陵电芯"]] in shared
    assert sorted(row[1] for row in by_component) == ["bell", "brakes"]
    assert to_maker == [["赤陵电芯", "cells", 2]]
    assert named[0][0] == "cells"
    assert ["companies.csv", "Company", 6] in [[file, "Company", n] for file, _, n in sources]
    assert missing == [["outlets", "o9", 1]]
