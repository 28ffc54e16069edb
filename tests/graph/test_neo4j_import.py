"""The files for neo4j-admin: imported for real, they are the graph that the store makes itself."""

import csv
import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.copying import copy
from graph.errors import InputError, StoreError
from graph.explorer import Explorer
from graph.model import fact
from graph.ontology import TABLES
from graph.scenario import Outage, Scenario
from graph.stores.base import Access, Store
from graph.stores.neo4j import UNPACK
from graph.stores.neo4j_import import SCRIPT, write_import
from graph.stores.registry import open_store
from scripts.neo4j_jars import find_java, jars_folder
from scripts.neo4j_server import JAVA_OPTIONS, USER, Server, throw_away
from tests.conftest import Neo4j
from tests.graph.facts import company, link
from tests.graph.wild import told, wild_facts, write

CHAIN = f"imported 电 {uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An embedded store that holds the facts that are hard to carry."""
    with open_store(str(tmp_path_factory.mktemp("embedded") / "wild.db"), CHAIN) as store:
        write(store, wild_facts())
        store.set_currency("EUR")
        yield store


@pytest.fixture(scope="module")
def server(neo4j_parts: tuple[str, Path]) -> Iterator[Server]:
    """A server of its own, since an import replaces all it holds."""
    with throw_away() as server:
        yield server


def bring_in(server: Server, folder: Path, *options: str) -> str:
    """Import by the script, with Neo4j's own tool as `neo4j-admin`, while the server is stopped."""
    java, _ = find_java()
    tool = folder.parent / "neo4j-admin"
    words = [java, "-Xmx1g", *JAVA_OPTIONS, "-cp", f"{jars_folder()}/*", "org.neo4j.cli.AdminTool"]
    tool.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in words) + ' "$@"\n')
    tool.chmod(0o700)
    server.stop()
    places = {"NEO4J_HOME": str(server.home), "NEO4J_CONF": str(server.home / "conf")}
    ran = subprocess.run(
        ["sh", str(folder / SCRIPT), *options], capture_output=True, text=True, check=False, cwd="/",
        env={**os.environ, **places, "NEO4J_ADMIN": str(tool), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-3000:]
    server.start()
    return ran.stdout


def graph(url: str, user: str, password: str) -> tuple[Any, Any]:
    """All nodes of the chain (labels, properties) and relationships between them, in order."""
    with neo4j.GraphDatabase.driver(url, auth=(user, password)) as driver, driver.session() as session:
        nodes = session.run(
            "MATCH (n:Knockon {chain: $chain}) RETURN labels(n), properties(n)", chain=CHAIN
        ).values()
        drawn = session.run(
            "MATCH (s:Knockon {chain: $chain})-[r]->(t) RETURN s.key, type(r), t.key, properties(r)",
            chain=CHAIN,
        ).values()
    for labels, properties in nodes:
        labels.sort()
        for moved in ("revision", "begun", "done"):  # how often it was written to
            properties.pop(moved, None)
    return sorted(nodes, key=lambda n: n[1]["key"]), sorted(drawn, key=repr)


def statement(server: Server, text: str, **parameters: Any) -> list[list[Any]]:
    """What Cypher says, sent past the store."""
    auth = (USER, server.password)
    with neo4j.GraphDatabase.driver(server.url, auth=auth) as driver, driver.session() as session:
        return session.run(text, parameters).values()  # type: ignore[arg-type]


def come_half_way(server: Server) -> None:
    """Do a part of what the first to open an import does, as one who was killed at it."""
    find, put = UNPACK[0]
    [[[key, rest]], *more] = statement(server, find)
    assert more
    statement(server, put, rows=[{"key": key, "properties": json.loads(rest)}])
    assert len(statement(server, find)) == len(more)


def assert_same_graph(server: Server, neo4j_server: Neo4j) -> None:
    own = graph(server.url, USER, server.password)
    other = graph(neo4j_server.url, neo4j_server.user, neo4j_server.password)
    for imported, made in zip(own, other, strict=True):
        for one, two in zip(imported, made, strict=True):
            assert one == two


@pytest.mark.timeout(900)  # three starts of Java, on a machine that may have other work
def test_an_import_is_the_graph_that_the_store_makes(
    embedded: Store, server: Server, neo4j_server: Neo4j, tmp_path: Path
) -> None:
    stamp, counts = write_import(embedded, tmp_path / "files")
    assert stamp == embedded.snapshot()
    assert counts == embedded.counts()
    said = bring_in(server, tmp_path / "files", "--overwrite-destination=true")
    assert "IMPORT DONE" in said
    come_half_way(server)
    own, other = Access(USER, server.password), Access(neo4j_server.user, neo4j_server.password)
    with (
        open_store(server.url, CHAIN, own) as imported,
        open_store(neo4j_server.url, CHAIN, other) as made,
    ):
        copy(embedded, made)
        assert_same_graph(server, neo4j_server)
        assert imported.snapshot() == stamp
        assert imported.counts() == counts
        assert told(imported) == told(embedded)
        assert [f.id for f, _ in imported.search("B")] == [f.id for f, _ in made.search("B")] != []
        assert imported.page() == embedded.page()
        around = [store.neighbourhood("a", 1, 20) for store in (embedded, imported)]
        assert around[0] == around[1]
        scenario = Scenario((Outage("a", 1.0, 4),), horizon_weeks=12)
        one, two = (Explorer(store).what_if(scenario) for store in (embedded, imported))
        assert one.revenue_loss.tobytes() == two.revenue_loss.tobytes()

        more = [company("new"), company("b", cash=7.0), link("new", "b"), fact("products", {"id": "missing"})]
        for store in (imported, made):
            write(store, more)
            store.delete_company("a")
        assert told(imported) == told(made)
        assert imported.snapshot().hash == made.snapshot().hash
        assert_same_graph(server, neo4j_server)

    assert statement(server, "MATCH (n:Chain) RETURN n.imported") == [[None]]
    statement(server, "MATCH (n:Chain) SET n.imported = 0")
    statement(server, "MATCH (:Company {id: 'new'})-[r:SUPPLIES]->() DELETE r")
    with pytest.raises(StoreError, match=r"is not whole: of \d+ rows of links only") as raised:
        open_store(server.url, CHAIN, own)
    assert SCRIPT in raised.value.remedy


def test_both_stores_write_the_same_files(embedded: Store, neo4j_server: Neo4j, tmp_path: Path) -> None:
    access, chain = Access(neo4j_server.user, neo4j_server.password), f"again {CHAIN}"
    with open_store(neo4j_server.url, chain, access) as store, open_store(str(tmp_path / "e.db"), chain) as e:
        copy(embedded, store)
        copy(embedded, e)
        write_import(store, tmp_path / "two")
        write_import(e, tmp_path / "three")
    names = {path.name for path in (tmp_path / "two").iterdir()}
    assert names == {path.name for path in (tmp_path / "three").iterdir()} > {"links.csv", "references.csv"}
    for name in names & {f"{table}.csv" for table in (*TABLES, "missing")}:
        rows = [list(read_sheet(tmp_path / one, name.removesuffix(".csv"))) for one in ("two", "three")]
        assert rows[0] == rows[1] != []
    ends = [(tmp_path / one / "references.csv").read_bytes() for one in ("two", "three")]
    assert ends[0] == ends[1]


# -- the writer ----------------------------------------------------------------------------------------

HARD = st.sampled_from(tuple('";:,`{}[]\\\n \t\x1f\x85\uffff\ufeff\u2028a1é公🏭')) | st.characters(
    exclude_characters="\0", exclude_categories=("Cs",)
)
TEXTS = st.text(HARD, min_size=1, max_size=12)


def read_sheet(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows as neo4j-admin reads them: by the types of the header, blanks left out."""
    header = (folder / f"{name}-header.csv").read_text("utf-8").rstrip("\n").split(",")
    assert len(set(header)) == len(header)
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert not set(text) & set("\0\r\x0b\x1f\x85\u2028\ufeff\uffff")
    csv.field_size_limit(1 << 24)
    for row in csv.reader(text.splitlines(keepends=True), strict=True):
        assert len(row) <= len(header)
        values: dict[str, Any] = {}
        for column, cell in zip(header, row, strict=False):
            property_, _, kind = column.partition(":")
            assert re.fullmatch(r"[\w .-]*", property_)
            if cell and kind not in ("LABEL", "TYPE", "START_ID", "END_ID"):
                values[property_] = {
                    "ID": str, "string": str, "long": int, "double": float, "boolean": "true".__eq__,
                    "string[]": lambda cell: cell.split(";"),
                }[kind](cell)  # fmt: skip
        yield values | json.loads(values.pop("knockon_rest", "{}"))


ROWS = st.lists(st.dictionaries(TEXTS, TEXTS, max_size=6), min_size=1, max_size=4)
OWN = frozenset((
    "key", "chain", "n", "fingerprint", "source_ref", "loaded_at", "refs", "turned", "of", "column", "grams",
    "knockon_rest",
))  # fmt: skip


@settings(max_examples=150)
@given(ROWS, st.lists(TEXTS, max_size=4))
@example([dict.fromkeys(OWN, "0")], [])
def test_no_name_and_no_text_is_lost(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], aliases: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    known = TABLES["companies"].by_name
    with open_store(str(folder / "x.db")) as store:
        facts = []
        for number, row in enumerate(rows):
            unknown = {n: t for n, t in row.items() if n.strip() and n.strip() not in known}
            values = {**unknown, "id": f"c{number}", "aliases": aliases, "cash": 1e300 / 3, "founder": "x"}
            facts.append(fact("companies", values, source_ref="".join(row), loaded_at=""))
        write(store, facts)
        write_import(store, folder / "files")
    for found, made in zip(read_sheet(folder / "files", "companies"), facts, strict=True):
        expected = {n: list(v) if isinstance(v, tuple) else v for n, v in made.values.items()}
        renamed = {f"other:{n}" if n in OWN else n: v for n, v in expected.items()}
        assert {n: v for n, v in found.items() if n not in OWN} == renamed
        assert found.get("source_ref", "") == made.source_ref


def test_a_folder_with_other_things_is_left_as_it_is(tmp_path: Path, embedded: Store) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(InputError, match="not empty"):
        write_import(embedded, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match="cannot be written"):
        write_import(embedded, tmp_path / "mine.txt")


def test_an_export_replaces_the_one_before(tmp_path: Path, embedded: Store) -> None:
    write_import(embedded, tmp_path / "files")
    with open_store(str(tmp_path / "small.db")) as store:
        write(store, [company("only")])
        write_import(store, tmp_path / "files")
    assert len(list(read_sheet(tmp_path / "files", "companies"))) == 1
    assert not (tmp_path / "files/links.csv").exists()
    assert "complaints" not in (tmp_path / "files" / SCRIPT).read_text()


def test_a_change_while_writing_is_noticed(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "x.db")) as store:
        write(store, [company("a"), company("b"), link("a", "b")])
        with pytest.raises(StoreError, match="changed"):
            write_import(store, tmp_path / "files", lambda table, *_: write(store, [company("c")]))
    assert not (tmp_path / "files" / SCRIPT).exists()
