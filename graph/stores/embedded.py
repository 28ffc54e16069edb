"""The embedded store: one chain in one SQLite file, for any number of readers and writers in turn."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.errors import StoreError
from graph.model import Fact
from graph.ontology import TABLES, Role
from graph.stores.base import (
    Columns,
    Key,
    Neighbourhood,
    Snapshot,
    storable,
)
from graph.stores.names_index import CANDIDATES, grams, names_of, ranked
from graph.stores.sqlite_columns import read_columns
from graph.stores.sqlite_connections import Connections
from graph.stores.sqlite_schema import LAYOUTS, Damaged, quoted, referring
from graph.stores.sqlite_writing import Memory, Writing
from graph.stores.writable import WritableStore

_POSTINGS = 60_000  # entries of the index of names that one search may read
_FETCH = 1000


class EmbeddedStore(WritableStore[Writing]):
    """Facts in an SQLite file; made where there is none. Threads may share it.

    A writer waits for others `wait` seconds [s], then StoreUnavailable. StoreError where the file is
    something else, damaged, of another chain, or its folder is not there; StoreOutdated where a newer
    knockon made it.
    """

    def __init__(self, path: Path, chain: str = "main", wait: float = 30.0) -> None:
        self.url = f"sqlite:///{path}"
        self.chain = chain
        self._connections = Connections(path, chain, wait)
        self._memory = Memory()
        self._open: Writing | None = None
        self._broken = False

    def close(self) -> None:
        """See Store.close."""
        self._connections.close()

    # -- what is there -------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """See Store.snapshot. StoreUnavailable where the store's file was replaced or removed."""
        self._connections.same_file()
        with self._connections.reading() as con:
            return _snapshot(con)

    def counts(self) -> Mapping[str, int]:
        """See Store.counts."""
        with self._connections.reading() as con:
            return {t: con.execute(f"SELECT count(*) FROM {quoted(t)}").fetchone()[0] for t in TABLES}

    def read(self, table: str, keys: Sequence[Key]) -> dict[Key, Fact]:
        """See Store.read."""
        layout = LAYOUTS[table]
        select = f"{layout.select} WHERE {layout.by_key}"
        found = {}
        with self._connections.reading() as con:
            for key in keys:
                if all(map(storable, key)) and (row := con.execute(select, key).fetchone()):
                    found[key] = layout.fact(row)
        return found

    def scan(self, table: str, company: str = "") -> Iterator[Fact]:
        """See Store.scan."""
        layout = LAYOUTS[table]
        with self._connections.reading() as con:
            if not company:
                cursor = con.execute(layout.scan)
            elif (about := _about(table)) and storable(company):
                cursor = con.execute(f"{layout.select} WHERE {about} {layout.order}", {"company": company})
            else:
                return
            while rows := cursor.fetchmany(_FETCH):
                yield from map(layout.fact, rows)

    def columns(self, wanted: Mapping[str, Sequence[str]]) -> tuple[Snapshot, Mapping[str, Columns]]:
        """See Store.columns. StoreUnavailable as for `snapshot`."""
        self._connections.same_file()
        with self._connections.reading() as con:
            try:
                return _snapshot(con), read_columns(con, wanted)
            except (ValueError, TypeError, IndexError, OverflowError) as error:
                raise Damaged(str(error)) from error

    def search(self, text: str, limit: int = 20) -> list[tuple[Fact, float]]:
        """See Store.search."""
        with self._connections.reading() as con:
            chosen = _candidates(con, text, max(CANDIDATES, 2 * limit))
            rows = con.execute(
                f"{LAYOUTS['companies'].select} WHERE n IN (SELECT value FROM json_each(?))",
                (json.dumps(chosen),),
            )
            companies = {fact.id: fact for fact in map(LAYOUTS["companies"].fact, rows)}
        best = ranked(text, [(id, names_of(fact)) for id, fact in companies.items()])
        return [(companies[id], likeness) for id, likeness in best[:limit]]

    def page(self, role: str = "", after: str = "", limit: int = 100) -> list[Fact]:
        """See Store.page."""
        layout = LAYOUTS["companies"]
        if role and role not in tuple(Role):
            return []
        plays = "AND instr(roles, json_quote(:role))" if role else ""
        # What comes after half a character comes after what stands before it.
        values = {"after": after.encode(errors="ignore").decode(), "role": role, "limit": limit}
        with self._connections.reading() as con:
            rows = con.execute(
                f"{layout.select} WHERE id > :after {plays} {layout.order} LIMIT :limit", values
            )
            return [layout.fact(row) for row in rows]

    def neighbourhood(self, company: str, depth: int, limit: int) -> Neighbourhood:
        """See Store.neighbourhood; of companies equally near, those come first whose ids do."""
        with self._connections.reading() as con:
            start = (
                con.execute("SELECT n FROM companies WHERE id = ?", (company,)).fetchone()
                if storable(company)
                else None
            )
            if start is None:
                return Neighbourhood((), (), False)
            distance, cut = _within(con, start[0], depth, limit)
            chosen = json.dumps(list(distance))
            rows = con.execute(
                f"{LAYOUTS['companies'].select} WHERE n IN (SELECT value FROM json_each(?))", (chosen,)
            )
            companies = [(LAYOUTS["companies"].fact(row), distance[row[0]]) for row in rows]
            # By the index of targets; + keeps SQLite from trying all pairs of ends.
            links = con.execute(
                f"{LAYOUTS['links'].select} WHERE links.target IN (SELECT value FROM json_each(:all)) "
                f"AND +links.source IN (SELECT value FROM json_each(:all)) {LAYOUTS['links'].order}",
                {"all": chosen},
            )
            companies.sort(key=lambda at: (at[1], at[0].id))
            return Neighbourhood(tuple(companies), tuple(map(LAYOUTS["links"].fact, links)), cut)

    # -- what changes it -----------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        """The open transaction, or one of its own. One that failed half-way cannot be committed."""
        with self._connections.writing() as (con, begun):
            changes = con.total_changes
            writing = Writing(con, self._memory) if begun or self._open is None else self._open
            if begun:
                self._open, self._broken = writing, False
            try:
                yield writing
                if begun and self._broken:
                    raise StoreError(
                        "a part of this transaction failed, so none of it was kept",
                        remedy="run it again as a whole",
                    )
            except BaseException:
                self._broken = self._broken or con.total_changes != changes
                self._memory.clear()
                raise
            finally:
                if begun:
                    self._open = None


def _snapshot(con: sqlite3.Connection) -> Snapshot:
    return Snapshot(*con.execute("SELECT revision, hash, currency, loaded_until FROM state").fetchone())


def _about(table: str) -> str:
    """The condition under which a row refers to :company, or is that company; '' where none can."""
    if table == "links":
        number = "(SELECT n FROM companies WHERE id = :company)"
        return f"links.source = {number} OR links.target = {number}"
    columns = ("id",) if table == "companies" else referring(TABLES[table])
    return " OR ".join(f"{quoted(table)}.{quoted(c)} = :company" for c in columns)


def _within(con: sqlite3.Connection, start: int, depth: int, limit: int) -> tuple[dict[int, int], bool]:
    """The companies within `depth` links with their distance, at most `limit`; whether there were more."""
    neighbours = (
        "SELECT target FROM links WHERE source IN (SELECT value FROM json_each(:ring)) UNION "
        "SELECT source FROM links WHERE target IN (SELECT value FROM json_each(:ring))"
    )
    nearest = "SELECT n FROM companies WHERE n IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?"
    distance = {start: 0}
    ring = [start]
    for hops in range(1, depth + 1):
        near = {n for (n,) in con.execute(neighbours, {"ring": json.dumps(ring)})} - distance.keys()
        if not near:
            break
        room = limit - len(distance)
        ring = [n for (n,) in con.execute(nearest, (json.dumps(list(near)), max(room, 0)))]
        distance.update(dict.fromkeys(ring, hops))
        if len(near) > room:
            return distance, True
    return distance, False


def _candidates(con: sqlite3.Connection, text: str, count: int) -> list[int]:
    """The numbers of companies whose names share the rarest trigrams with a text, at most `count`."""
    exact: set[int] = set()
    if storable(text):
        exact = {n for (n,) in con.execute("SELECT n FROM companies WHERE id = ?", (text,))}
    frequency = "SELECT doc FROM grams WHERE term = ?"
    known = sorted((row[0], g) for g in grams(text) for row in con.execute(frequency, (g,)))
    (companies,) = con.execute("SELECT ifnull(max(n), 0) FROM companies").fetchone()
    postings: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    read = 0
    for documents, gram in known:
        read += documents
        if postings and read > _POSTINGS:
            break
        quoted_gram = '"' + gram.replace('"', '""') + '"'
        rows = con.execute("SELECT rowid FROM names WHERE names MATCH ? LIMIT ?", (quoted_gram, _POSTINGS))
        postings.append(np.fromiter((n for (n,) in rows), np.int64))
        weights.append(np.full(len(postings[-1]), np.log((companies + 1) / documents)))
    if not postings:
        return sorted(exact)
    numbers, where = np.unique(np.concatenate(postings), return_inverse=True)
    best = _best(con, numbers, np.bincount(where, np.concatenate(weights)).astype(np.float64), count)
    return sorted(exact.union(best.tolist()))


def _best(
    con: sqlite3.Connection, numbers: NDArray[np.int64], scores: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """The companies of the highest scores; among those that share the last place, the shortest names."""
    if len(numbers) <= count:
        return numbers
    least = np.partition(scores, -count)[-count]
    better = numbers[scores > least + 1e-9]
    equal = numbers[np.abs(scores - least) <= 1e-9]
    shortest = con.execute(
        "SELECT n FROM companies WHERE n IN (SELECT value FROM json_each(?)) "
        "ORDER BY length(name), id LIMIT ?",
        (json.dumps(equal.tolist()), count - len(better)),
    )
    return np.concatenate((better, np.fromiter((n for (n,) in shortest), np.int64)))
