"""Loading and compiling a million links, beside plain sqlite3 and NetworkX doing less with the same rows."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx

from benchmarks.chains import company_rows, facts, link_rows, write_csv
from benchmarks.measure import Line, best, once
from graph.network import compile_network
from graph.stores.registry import open_store
from loaders.session import LoadOptions, load

COMPANIES, LINKS, BATCH = 200_000, 1_000_000, 100_000


def plain_load(path: Path, store: Path) -> None:
    """What one writes first: the csv module, one table of texts and numbers, no check, no key, no hash."""
    with sqlite3.connect(store) as con, path.open(newline="", encoding="utf-8") as file:
        con.execute("PRAGMA journal_mode=WAL")
        con.execute("CREATE TABLE links (source, target, kind, category, value, sub, crit, stock)")
        rows = csv.reader(file)
        next(rows)
        numbers = ((*row[:4], *map(float, row[4:])) for row in rows)
        con.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?)", numbers)


def plain_compile(store: Path) -> nx.MultiDiGraph:
    """The same rows as a NetworkX graph."""
    graph = nx.MultiDiGraph()
    with sqlite3.connect(store) as con:
        for source, target, _, category, value, sub, crit, stock in con.execute("SELECT * FROM links"):
            graph.add_edge(source, target, category, value=value, sub=sub, crit=crit, stock=stock)
    return graph


def run() -> Iterator[Line]:
    """The lines of this benchmark."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        yield from _upserts(here)
        yield from _files(here)


def _upserts(here: Path) -> Iterator[Line]:
    companies, links = (
        facts("companies", company_rows(COMPANIES)),
        facts("links", link_rows(COMPANIES, LINKS)),
    )
    batches = [links[first : first + BATCH] for first in range(0, LINKS, BATCH)]
    with open_store(str(here / "upserts.db")) as store:
        seconds = once(lambda: store.upsert(companies))
        yield Line(
            f"upsert {COMPANIES:,} companies, with their names' index", f"{COMPANIES / seconds:,.0f}/s"
        )
        seconds = once(lambda: [store.upsert(batch) for batch in batches])
        yield Line(f"upsert {LINKS:,} links of five properties", f"{LINKS / seconds:,.0f}/s", "≥ 60,000/s")
        again = once(lambda: [store.upsert(batch) for batch in batches])
        yield Line(
            "… again, unchanged", f"{LINKS / again:,.0f}/s", "", f"{seconds / again:.1f}× the first time"
        )


def _files(here: Path) -> Iterator[Line]:
    companies, links = here / "companies.csv", here / "links.csv"
    write_csv(companies, company_rows(COMPANIES))
    write_csv(links, link_rows(COMPANIES, LINKS))
    with open_store(str(here / "files.db")) as store:
        options = LoadOptions(rejects=here)
        once(lambda: load(store, [companies], options))
        seconds = once(lambda: load(store, [links], options))
        plain = once(lambda: plain_load(links, here / "plain.db"))
        yield Line(
            f"CSV to store, {LINKS:,} links, every row validated",
            f"{LINKS / seconds:,.0f}/s",
            "≥ 40,000/s",
            f"{seconds / plain:.1f}× the time of plain sqlite3, which checks nothing",
        )
        seconds = best(lambda: compile_network(store), 2)
    plain = once(lambda: plain_compile(here / "plain.db"))
    yield Line(
        f"compile {LINKS:,} links", f"{seconds:.2f} s", "< 3 s", f"NetworkX takes {plain / seconds:.1f}×"
    )
