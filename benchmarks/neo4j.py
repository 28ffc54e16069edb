"""The Neo4j store beside plain driver code, batch by batch in turn on one throw-away server."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import neo4j
import networkx as nx
import numpy as np

from benchmarks.chains import company_rows, facts, link_rows, write_csv
from benchmarks.measure import Line, best, resident
from graph.network import compile_network
from graph.stores.base import Access, Store
from graph.stores.registry import open_store
from loaders.session import LoadOptions, load
from scripts.neo4j_jars import ServerFailed
from scripts.neo4j_server import LASTING, USER, Server, throw_away

COMPANIES = 200_000
LINKS_EACH = 5
BATCH = 20_000  # rows, as `knockon load` writes them
PLAIN = 10_000  # rows of a transaction, as the driver's manual advises
HEAP = "2g"
ASKED = 60  # times that each question is asked
WORDS = ("汽车零部件", "电子科技", "精密制造", "Automotive", "Präzision", "Holdings")
# Exact, with typos, cut off, Chinese, Chinese with one character wrong, mixed, a frequent word, an id.
QUESTIONS = (
    "Company {}", "Compnay {} Automotiv", "Comp {}", "汽车零部件", "汽车另部件", "{} 电子科技", "精",
    "Holdings", "c{:07d}",
)  # fmt: skip

# What a good engineer has in a first version: ids are unique, and names can be sought, Chinese ones too.
PLAIN_SCHEMA = (
    "CREATE CONSTRAINT plain_id FOR (f:Firm) REQUIRE f.id IS UNIQUE",
    "CREATE FULLTEXT INDEX plain_names FOR (f:Firm) ON EACH [f.id, f.name] "
    "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}",
    "CALL db.awaitIndexes(60)",
)
PLAIN_COMPANIES = "UNWIND $rows AS row MERGE (f:Firm {id: row.id}) SET f += row"
PLAIN_LINKS = (
    "UNWIND $rows AS row MATCH (s:Firm {id: row.source}) MATCH (t:Firm {id: row.target}) "
    "MERGE (s)-[r:SOLD_TO {category: row.category}]->(t) SET r.annual_value = row.annual_value, "
    "r.substitutability = row.substitutability, r.criticality = row.criticality, "
    "r.inventory_weeks = row.inventory_weeks"
)
PLAIN_READ = (
    "MATCH (s:Firm)-[r:SOLD_TO]->(t:Firm) RETURN s.id, t.id, r.category, r.annual_value, r.substitutability, "
    "r.criticality, r.inventory_weeks"
)


def run(companies: int = COMPANIES) -> Iterator[Line]:
    """The lines of this benchmark; one that says what is missing where no server can be had."""
    try:
        with throw_away(heap=HEAP, life=LASTING) as server, _driver(server) as driver:
            access = Access(USER, server.password)
            with open_store(server.url, "bench", access) as store:
                yield from _loads(server, store, driver, companies)
                yield from _reads(server, store, driver, companies)
            yield _files(server, companies)
    except ServerFailed as error:
        yield Line("Neo4j", f"left out: {' '.join(str(error).split())}")


def _driver(server: Server) -> neo4j.Driver:
    auth = (USER, server.password)
    return neo4j.GraphDatabase.driver(server.url, auth=auth, notifications_min_severity="OFF")


class Clock:
    """Seconds, and processor seconds of the server and of ourselves, that several runs took together."""

    def __init__(self, server: Server) -> None:
        self._server = server.pid or 0
        self.seconds = self.busy = self.own = 0.0

    def __call__(self, run: Callable[[], object]) -> None:
        busy, own, start = processor(self._server), time.process_time(), time.perf_counter()
        run()
        self.seconds += time.perf_counter() - start
        self.busy += processor(self._server) - busy
        self.own += time.process_time() - own

    def rate(self, rows: int) -> str:
        """Rows a second, and the processor time of server and client a row."""
        server, client = 1e6 * self.busy / rows, 1e6 * self.own / rows
        return f"{rows / self.seconds:,.0f}/s ({server:.0f} + {client:.0f} µs)"


def processor(pid: int) -> float:
    """Processor seconds that a process has used; 0 where the system does not tell."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _parts(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def named(rows: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Companies with names in two scripts, whose words are frequent."""
    for n, row in enumerate(rows):
        yield row | {"name": f"{row['name']} {WORDS[n % len(WORDS)]}"}


def merge(driver: neo4j.Driver, query: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """What one writes first: each part in a transaction of its own."""
    for some in _parts(rows, PLAIN):
        driver.execute_query(query, rows=list(some))


def _loads(server: Server, store: Store, driver: neo4j.Driver, companies: int) -> Iterator[Line]:
    """The same rows into our store and as plain nodes, a batch to each in turn."""
    for statement in PLAIN_SCHEMA:
        driver.execute_query(statement)
    rows = [*named(company_rows(companies))]
    yield from _in_turn(server, store, (driver, PLAIN_COMPANIES), "companies", rows)
    links = [*link_rows(companies, LINKS_EACH * companies)]
    yield from _in_turn(server, store, (driver, PLAIN_LINKS), "links", links)


def _in_turn(
    server: Server, store: Store, plainly: tuple[neo4j.Driver, str], table: str, rows: list[dict[str, Any]]
) -> Iterator[Line]:
    driver, query = plainly
    told = facts(table, iter(rows))
    batches = [*zip(_parts(told, BATCH), _parts(rows, BATCH), strict=True)]
    ours, plain, again, plain_again = (Clock(server) for _ in range(4))
    for mine, theirs in ((ours, plain), (again, plain_again)):
        for some, same in batches:
            mine(lambda some=some: store.upsert(some))
            theirs(lambda same=same: merge(driver, query, same))
    aims = ("≥ 12,000/s; plain ≥ 1×", "≥ 3× the first time") if table == "links" else ("", "")
    against = f"plain UNWIND MERGE {plain.seconds / ours.seconds:.2f}×: {plain.rate(len(rows))}"
    yield Line(f"Neo4j: first load of {len(rows):,} {table}", ours.rate(len(rows)), aims[0], against)
    against = (
        f"{ours.seconds / again.seconds:.1f}× the first; plain {plain_again.seconds / again.seconds:.1f}×"
    )
    yield Line("… again, unchanged", again.rate(len(rows)), aims[1], against)


def record_a_link(driver: neo4j.Driver) -> nx.MultiDiGraph:
    """What one reads first, and what one makes of it."""
    graph = nx.MultiDiGraph()
    with driver.session() as session:
        for source, target, category, *numbers in session.run(PLAIN_READ):
            graph.add_edge(source, target, category, numbers=numbers)
    return graph


def _reads(server: Server, store: Store, driver: neo4j.Driver, companies: int) -> Iterator[Line]:
    links = LINKS_EACH * companies
    ours, plain = [], []
    for _ in range(2):
        ours.append(best(lambda: compile_network(store), 1))
        plain.append(best(lambda: record_a_link(driver), 1))
    ratio = f"a record a link, into NetworkX {min(plain) / min(ours):.1f}×"
    yield Line(f"Neo4j: columns and compile, {links:,} links", f"{min(ours):.2f} s", "< 6 s; ≥ 5×", ratio)
    rng = np.random.default_rng(4)
    ids = [f"c{i:07d}" for i in (*range(10), *rng.integers(0, companies, ASKED - 10))]
    yield _asked(
        "Neo4j: 3 hops, 200 companies, hubs among them", ids, lambda id: store.neighbourhood(id, 3, 200)
    )
    numbers = rng.integers(0, companies, ASKED)
    texts = [QUESTIONS[n % len(QUESTIONS)].format(number) for n, number in enumerate(numbers)]
    yield _asked(f"Neo4j: search among {companies:,} names", texts, lambda text: store.search(text))


def _asked(what: str, questions: Sequence[str], ask: Callable[[str], object]) -> Line:
    """The median and the 95th of a hundred, once each was asked: the server's plans and pages are warm."""
    for question in questions:
        ask(question)
    taken = [1e3 * best(lambda question=question: ask(question), 1) for question in questions]
    middle, slow = np.percentile(taken, (50, 95))
    return Line(what, f"{middle:.0f} ms, p95 {slow:.0f} ms", "p95 < 100 ms")


def _files(server: Server, companies: int) -> Line:
    """CSV files into the store, by a process of its own, whose memory nobody else has filled."""
    links = LINKS_EACH * companies
    with TemporaryDirectory() as folder, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another:
        here = Path(folder)
        write_csv(here / "companies.csv", company_rows(companies))
        write_csv(here / "links.csv", link_rows(companies, links))
        rate, first, last = another.submit(_filed, server, here, links).result()
    held = f"at most {first:.0f} MB in the first tenth of them, {last:.0f} MB in the last"
    return Line(f"Neo4j: CSV to store, {links:,} links", rate, "flat memory", held)


def _filed(server: Server, here: Path, links: int) -> tuple[str, float, float]:
    """How fast links were loaded, and the most that the loader held in the first and last tenth [MB]."""
    first, last = [0.0], [0.0]

    def progress(file: str, done: int, total: int, rows: int) -> None:
        if rows <= links // 10:
            first.append(resident())
        elif rows > links - links // 10:
            last.append(resident())

    with open_store(server.url, "files", Access(USER, server.password)) as store:
        options = LoadOptions(rejects=here)
        load(store, [here / "companies.csv"], options)
        clock = Clock(server)
        clock(lambda: load(store, [here / "links.csv"], options, progress))
    return clock.rate(links), max(first), max(last)


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else COMPANIES):
        print(f"{line.what}: {line.figure} | {line.ratio}", flush=True)
