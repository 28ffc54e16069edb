"""Batches of several parts on their way to Neo4j, and the indexes that they meet there."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import neo4j
import pytest

from graph.model import Fact, fact
from graph.ontology import TABLES
from graph.stores import neo4j as cypher
from graph.stores.base import Access
from graph.stores.neo4j_batch import ahead, parts, prepared, sendings
from graph.stores.neo4j_reading import CHUNK
from graph.stores.registry import open_store
from scripts.neo4j_server import USER, Server
from tests.graph.conftest import Place


def product(number: int, **more: object) -> Fact:
    told = {"id": f"p{number:05d}", "company": f"c{number % 7}", **more}
    return fact("products", told, source_ref=f"p.csv:{number}", loaded_at="2026-01-01T00:00:00Z")


def supply(seller: int, buyer: int, kind: str = "SUPPLIES", **more: object) -> Fact:
    told = {"source": f"c{seller}", "target": f"c{buyer}", "kind": kind, **more}
    return fact("links", told, source_ref="l.csv:2", loaded_at="2026-01-01T00:00:00Z")


def company(number: int, **more: object) -> Fact:
    told = {"id": f"c{number}", "name": f"Company {number}", **more}
    return fact("companies", told, source_ref=f"c.csv:{number}", loaded_at="2026-01-01T00:00:00Z")


def test_parts_hold_every_fact_once_and_links_of_one_kind() -> None:
    links = [supply(a, b, kind) for a in range(90) for b in range(91, 150) for kind in ("OWNS", "SUPPLIES")]
    made = list(parts(links))
    assert sorted(f.key for some in made for f in some) == sorted(f.key for f in links)
    assert all(len({f.key[1] for f in some}) == 1 and len(some) <= CHUNK for some in made)
    assert [len(some) for some in made] == [5000, 310, 5000, 310]


def test_the_next_is_made_while_the_one_before_is_used() -> None:
    begun = [threading.Event() for _ in range(3)]

    def make(number: int) -> int:
        begun[number].set()
        return number

    with ThreadPoolExecutor(1) as worker:
        for number in ahead(worker, make, range(3)):
            assert begun[min(number + 1, 2)].wait(10), "the worker had not begun with the next"
    with ThreadPoolExecutor(1) as worker:
        assert list(ahead(worker, make, [])) == []
        with pytest.raises(IndexError):
            list(ahead(worker, make, [0, 3, 1]))


def test_columns_of_ours_go_as_lists_and_others_as_rows() -> None:
    part = prepared("main", [company(1, country="DE"), company(2), company(3, mood="good")])
    told = {i: {"id": f.id, **f.values} for i, f in enumerate(part.facts)}
    (add, given), (fill, filled) = sendings("companies", part, told, {1}, {})
    assert (add, fill) == (cypher.ADD_NODES["companies"], cypher.FILL_NODES)
    assert given["told"]["country"] == ["DE", None]
    assert (given["top"], given["more"]) == (1, [{}, {"mood": "good"}])
    assert [row["key"] for row in filled["rows"]] == [part.keys[1]]


def test_a_batch_of_several_parts_is_what_the_embedded_store_makes_of_it(
    neo4j_place: Place, tmp_path: Path
) -> None:
    """What is missing and told later, changed, new and unchanged, told twice: all in one batch."""
    count = 2 * CHUNK + 500
    batches = [
        [product(n) for n in range(0, count, 2)],
        [product(n, name=f"Thing {n}", mood="good") for n in range(count)] + [product(1, name="Thing again")],
        [company(n) for n in range(9)],
        [supply(n % 9, (n + 1 + n // 9 % 8) % 9, category=f"part {n}") for n in range(CHUNK + 700)]
        + [supply(1, 2, "OWNS", mood="good"), supply(1, 77)],
        [supply(2, 3, category="part 2", share=0.5), supply(3, 2, "COMPETES_WITH")],
    ]
    with neo4j_place.open() as store, open_store(f"sqlite:///{tmp_path}/chain.db") as other:
        for facts in batches:
            assert store.upsert(facts) == other.upsert(facts)
        assert store.snapshot() == other.snapshot()
        assert store.counts() == other.counts()
        for table in TABLES:
            assert list(store.scan(table)) == list(other.scan(table))


def test_search_within_a_transaction_sees_what_it_wrote(neo4j_place: Place) -> None:
    with neo4j_place.open() as store, neo4j_place.open() as other:
        store.upsert([company(1)])
        with store.transaction():
            store.upsert([company(2, name="Quillmark")])
            assert [f.id for f, _ in store.search("Quillmark")] == ["c2"]
            assert other.search("Quillmark") == []
            store.delete_company("c1")
            assert store.search("c1") == [] or store.search("c1")[0][1] < 1
        assert [f.id for f, _ in other.search("Quillmark")] == ["c2"]


FIRST_SCHEMA = (
    "DROP INDEX knockon_supplies",
    "DROP INDEX knockon_names",
    "DROP INDEX knockon_grams",
    "CREATE CONSTRAINT knockon_supplies_key FOR ()-[r:SUPPLIES]-() REQUIRE r.key IS UNIQUE",
    "CREATE FULLTEXT INDEX knockon_names FOR (c:Company) ON EACH [c.id, c.name, c.aliases, c.chain] "
    "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk', `fulltext.eventually_consistent`: false}}",
    "CREATE FULLTEXT INDEX knockon_grams FOR (c:Company) ON EACH [c.grams] "
    "OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}}",
    "CALL db.awaitIndexes(60)",
)


def test_indexes_of_the_first_knockon_serve_until_the_next_write_and_are_made_anew(
    neo4j_of_its_own: Server,
) -> None:
    server = neo4j_of_its_own
    place = Place(server.url, f"old {uuid.uuid4().hex}", Access(USER, server.password))
    with place.open() as store:
        store.upsert([company(n) for n in range(3)])
        store.upsert([supply(0, 1)])
    with neo4j.GraphDatabase.driver(server.url, auth=(USER, server.password)) as driver:
        for statement in FIRST_SCHEMA:
            driver.execute_query(statement)
        with place.open() as store:
            assert store.read("links", [supply(0, 1).key])
            assert store.search("Company 2")[0][0].id == "c2"
            store.upsert([supply(1, 2), supply(0, 1)])
            assert store.counts()["links"] == 2
            assert store.search("Company 2")[0][0].id == "c2"
        names = list(cypher.SCHEMA)
        rows, *_ = driver.execute_query(cypher.HAS_SCHEMA, names=names)
        assert rows[0][0] == len(names)
        rows, *_ = driver.execute_query("SHOW CONSTRAINTS YIELD name RETURN name")
        assert [row[0] for row in rows if row[0].startswith("knockon_")] == ["knockon_key"]


def test_names_are_found_after_a_power_cut_right_after_the_commit(neo4j_of_its_own: Server) -> None:
    """They are put into their index after the commit, so the server owes them when it is killed."""
    server = neo4j_of_its_own
    place = Place(server.url, f"cut {uuid.uuid4().hex}", Access(USER, server.password))
    with place.open() as store:
        for first in range(0, 3000, 500):  # this server gives a transaction 24 MB
            store.upsert([company(n, name=f"Quillmark {n}") for n in range(first, first + 500)])
        server.kill()
        server.start()
    with place.open() as store:
        for number in (0, 1234, 2999):
            assert store.search(f"Quillmark {number}")[0][0].id == f"c{number}"
        assert len(store.search("Quillmark", 3000)) > 300
