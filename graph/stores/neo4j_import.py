"""A chain as the CSV files that `neo4j-admin database import` reads: the graph that the store would make.

Each file has its header in a file of its own, so that a column may turn up in any row. What this CSV cannot
hold, or holds only by luck, travels as JSON in one property, REST: names of properties that the header's own
syntax could be taken for, control characters, lists with the sign that separates lists. `finish` unpacks it.
"""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from graph.digests import digest
from graph.errors import InputError, StoreError
from graph.model import Fact
from graph.ontology import OUTWARD, TABLES
from graph.stores import neo4j as cypher
from graph.stores.base import Snapshot, Store
from graph.stores.neo4j_facts import fingerprint, key_of, labels, properties, references
from graph.stores.neo4j_reading import State, fill, new_state

REST = cypher.REST
SCRIPT = "import.sh"
_LIST = ".knockon-export"  # in the folder: the files that an export wrote there
_BATCH = 10_000
_COLUMNS = 1_000  # of a file; what more there are go into REST
_PLAIN = re.compile(r"\w{1,60}(?:[ .-]\w{1,60}){0,9}")
# Control characters, and those that are no characters: a reader of CSV may stop or stumble there.
_ODD = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff0-\uffff]")
_DELIMITER = ";"
_READ_AT_ONCE = 1_000_000  # characters of a row that the import reads without being told how much is coming
_NODES = ("key:ID", ":LABEL")
_RELATIONSHIPS = (":START_ID", ":END_ID", ":TYPE")
_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "long",
    float: "double",
    str: "string",
    list: "string[]",
}
_MOVED = "the store changed while it was written to files"

Told = Callable[[str, float, float], None]  # (table, done, total)


def write_import(
    store: Store, folder: Path, told: Told = lambda table, done, total: None
) -> tuple[Snapshot, Mapping[str, int]]:
    """Write the store's chain to CSV files, and beside them the script that imports them.

    Gives the stamp, and the number of facts by table. Works in bounded memory. Files of an earlier export are
    replaced; the script is written last, so a folder without it is not whole. Raises InputError where the
    folder holds other things or cannot be written, StoreError where the store changes meanwhile.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder)
        export = _Export(store, folder, told)
        with closing(sqlite3.connect("")) as missing:  # on disk, and gone when it is closed
            for table in TABLES:
                export.write_table(table, missing)
            export.write_missing(missing)
        stamp = export.write_stamp()
        (folder / SCRIPT).write_text(export.script(stamp), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror or error}",
            remedy="name another folder, or make room there",
            file=str(folder),
        ) from None
    return stamp, export.counts


_NAMES = (*(table for table in TABLES), "references", "missing", "chain")
_FILES = (SCRIPT, *(f"{name}{part}.csv" for name in _NAMES for part in ("", "-header")))


def _make_room(folder: Path) -> None:
    """Remove what an earlier export wrote. InputError where the folder holds other things only."""
    listed = folder / _LIST
    ours = _FILES if listed.is_file() and SCRIPT in listed.read_text("utf-8", errors="replace") else ()
    if not ours and any(folder.iterdir()):
        raise InputError(
            f"{folder} is not empty, and no export for neo4j-import wrote it; it was left as it is",
            remedy="name a new or an empty folder",
            file=str(folder),
        )
    listed.write_text("".join(f"{name}\n" for name in _FILES), encoding="utf-8")
    for name in ours:
        (folder / name).unlink(missing_ok=True)


class _Sheet:
    """One data file; its header is written in the end, when all its columns are known."""

    def __init__(self, data: IO[str], fixed: Sequence[str]) -> None:
        self._data = data
        self._fixed = fixed
        self._places: dict[str, int] = {}
        self._types: list[str] = []
        self.rested = 0
        self.multiline = False
        self.longest = 0

    def row(self, fixed: Iterable[str], told: Mapping[str, Any]) -> None:
        """A node or relationship: the cells before its properties, and those."""
        cells = [""] * len(self._types)
        rest: dict[str, Any] = {}
        for name, value in told.items():
            kind, cell = _cell(value)
            place = self._place(name, kind)
            if place is None or cell is None:
                rest[name] = value
                continue
            if place >= len(cells):
                cells += [""] * (place + 1 - len(cells))
            cells[place] = cell
        if rest:
            self.rested += 1
        # The last of the fixed cells, so that every file has it.
        line = ",".join((*fixed, _quoted(json.dumps(rest)) if rest else "", *cells))
        self.multiline = self.multiline or "\n" in line
        self.longest = max(self.longest, len(line))
        self._data.write(line + "\n")

    def _place(self, name: str, kind: str) -> int | None:
        """The column of a property; None where it has none."""
        place = self._places.get(name)
        if place is None:
            if len(self._places) >= _COLUMNS or not _PLAIN.fullmatch(name):
                return None
            place = self._places[name] = len(self._types)
            self._types.append(kind)
        return place if self._types[place] == kind else None

    def header(self) -> str:
        """The names and types of the columns."""
        typed = (f"{name}:{kind}" for name, kind in zip(self._places, self._types, strict=True))
        return ",".join((*self._fixed, f"{REST}:string", *typed)) + "\n"


def _cell(value: Any) -> tuple[str, str | None]:
    """The type of a property, and its cell; None where no cell can hold it."""
    kind = _TYPES[type(value)]
    if kind == "string":
        return kind, None if _ODD.search(value) else _quoted(value)
    if kind == "string[]":
        # An empty list would be taken for a blank, and an element that holds the sign for two.
        odd = not value or any(_DELIMITER in part or not part or _ODD.search(part) for part in value)
        return kind, None if odd else _quoted(_DELIMITER.join(value))
    return kind, str(value).lower() if kind == "boolean" else repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


class _Export:
    """The writing of one chain."""

    def __init__(self, store: Store, folder: Path, told: Told) -> None:
        self._store = store
        self._folder = folder
        self._told = told
        self._before = store.snapshot()
        self._expected = store.counts()
        self._chain = store.chain
        self._state: State = new_state(store.chain)
        self._hash = 0
        self._done = 0
        self._rested = 0
        self._longest = 0
        self._written: dict[str, bool] = {}  # the sheets; whether they have rows of several lines
        self.counts: dict[str, int] = dict.fromkeys(TABLES, 0)

    @contextmanager
    def _sheet(self, name: str, fixed: Sequence[str]) -> Iterator[_Sheet]:
        with (self._folder / f"{name}.csv").open("a", encoding="utf-8", newline="") as data:
            sheet = _Sheet(data, fixed)
            yield sheet
        (self._folder / f"{name}-header.csv").write_text(sheet.header(), encoding="utf-8", newline="")
        self._written[name] = sheet.multiline or self._written.get(name, False)
        self._rested += sheet.rested
        self._longest = max(self._longest, sheet.longest)

    def write_table(self, table: str, missing: sqlite3.Connection) -> None:
        """The facts of a table, and what they refer to."""
        if not self._expected[table]:
            return
        facts = self._store.scan(table)
        if table == "links":
            with self._sheet(table, _RELATIONSHIPS) as sheet:
                for some in self._batches(facts, table):
                    self._links(sheet, some)
            return
        with (
            self._sheet(table, _NODES) as sheet,
            (self._folder / "references.csv").open("a", encoding="utf-8", newline="") as drawn,
        ):
            for some in self._batches(facts, table):
                self._nodes(sheet, some)
                self._references(drawn, some, missing)

    def _batches(self, facts: Iterator[Fact], table: str) -> Iterator[list[Fact]]:
        """The facts in parts, counted into the stamp."""
        total = sum(self._expected.values())
        while some := list(islice(facts, _BATCH)):
            fill(self._state, table, some)
            yield some
            self.counts[table] += len(some)
            self._done += len(some)
            self._told(table, self._done, total)

    def _properties(self, fact: Fact, key: str) -> dict[str, Any]:
        number = digest(fact)
        self._hash += number
        return properties(fact, self._chain, key, fingerprint(fact, number))

    def _nodes(self, sheet: _Sheet, facts: Sequence[Fact]) -> None:
        for number, fact in enumerate(facts, self.counts[facts[0].table]):
            key = key_of(self._chain, fact.table, fact.key)
            told = self._properties(fact, key)
            if fact.table == "companies":
                told["n"] = number
            del told["key"]
            sheet.row((key, _quoted(_DELIMITER.join(labels(fact)))), told)

    def _links(self, sheet: _Sheet, facts: Sequence[Fact]) -> None:
        nodes = {id: key_of(self._chain, "companies", (id,)) for fact in facts for id in fact.key[0:3:2]}
        for fact in facts:
            told = self._properties(fact, key_of(self._chain, "links", fact.key))
            sheet.row((nodes[fact.key[0]], nodes[fact.key[2]], fact.key[1]), told)

    def _references(self, drawn: IO[str], facts: Sequence[Fact], missing: sqlite3.Connection) -> None:
        sought: dict[str, dict[str, str]] = {}
        for fact in facts:
            own = key_of(self._chain, fact.table, fact.key)
            for to in references(fact):
                there = sought.setdefault(to.table, {})
                target = there.get(to.id) or key_of(self._chain, to.table, (to.id,))
                there[to.id] = target
                ends = (target, own) if to.relation in OUTWARD else (own, target)
                drawn.write(f"{ends[0]},{ends[1]},{to.relation},{_quoted(to.column)}\n")
                self._written["references"] = False
        missing.execute("CREATE TABLE IF NOT EXISTS missing (key TEXT PRIMARY KEY, id TEXT, of TEXT)")
        for table, ids in sought.items():
            known = self._store.read(table, [(id,) for id in ids])
            rows = ((key, id, table) for id, key in ids.items() if (id,) not in known)
            missing.executemany("INSERT OR IGNORE INTO missing VALUES (?, ?, ?)", rows)

    def write_missing(self, missing: sqlite3.Connection) -> None:
        """What facts refer to and no fact told; and the header of the references."""
        header = (*_RELATIONSHIPS, "column:string")
        (self._folder / "references-header.csv").write_text(",".join(header) + "\n", encoding="utf-8")
        if "references" not in self._written or not missing.execute("SELECT 1 FROM missing").fetchone():
            return
        label = _quoted(_DELIMITER.join((cypher.OURS, cypher.MISSING)))
        with self._sheet("missing", _NODES) as sheet:
            for key, id, of in missing.execute("SELECT key, id, of FROM missing ORDER BY key"):
                sheet.row((key, label), {"chain": self._chain, "id": id, "of": of})

    def write_stamp(self) -> Snapshot:
        """The nodes that hold the chain's stamp. StoreError where the store changed meanwhile."""
        stamp = self._before
        moved = self.counts != dict(self._expected) or f"{self._hash % 2**256:064x}" != stamp.hash
        if moved or self._store.snapshot() != stamp:
            raise StoreError(_MOVED, remedy="wait until nobody else writes, and export again")
        state = self._state
        state |= {"revision": stamp.revision, "hash": stamp.hash, "currency": stamp.currency}
        state |= {"loaded_until": stamp.loaded_until, "companies_made": self.counts["companies"]}
        state |= {f"count_{table}": count for table, count in self.counts.items()}
        commits = {"chain": self._chain, "begun": stamp.revision, "done": stamp.revision}
        with self._sheet("chain", _NODES) as sheet:
            for name, label, told in (("chain", cypher.CHAIN, state), ("commits", cypher.COMMITS, commits)):
                written = _quoted(_DELIMITER.join((cypher.OURS, label)))
                if name == "chain":  # says to who opens it first that `finish` has work to do
                    told = told | {cypher.IMPORTED: self._rested}
                sheet.row((key_of(self._chain, name, ()), written), told)
        return stamp

    def script(self, stamp: Snapshot) -> str:
        """The script that imports the files."""
        options = ["--id-type=string"]
        if self._longest > _READ_AT_ONCE:
            options.append(f"--read-buffer-size={8 * self._longest}")
        if several := [f"{name}.csv" for name, multiline in self._written.items() if multiline]:
            options += ["--multiline-fields-format=v2", f"--multiline-fields={','.join(several)}"]
        for name in self._written:
            kind = "relationships" if name in ("links", "references") else "nodes"
            options.append(f"--{kind}={name}-header.csv,{name}.csv")
        counted = f"{self.counts['companies']} companies, {self.counts['links']} links"
        return _SCRIPT.format(
            chain=ascii(self._chain),
            hash=stamp.hash,
            counted=counted,
            options=" \\\n  ".join(map(shlex.quote, options)),
        )


_SCRIPT = """#!/bin/sh
# Imports a chain into a new Neo4j database. Chain {chain}: {counted}; hash {hash}.
#
# 1. Stop the server: the import writes its files. Run this on its machine, as the user it runs as:
#        sh import.sh [more options of neo4j-admin database import full]
#    It fails where the database holds anything. --overwrite-destination=true empties it first.
#    NEO4J_ADMIN names the neo4j-admin to use, NEO4J_DATABASE the database, if they are others than these.
# 2. Start the server, set KNOCKON_STORE to it and KNOCKON_CHAIN to the chain. The first command, such as
#    `knockon companies --json`, makes the constraints and indexes, waits for them, and counts the facts.
set -eu
CDPATH= cd -- "$(dirname -- "$0")"
exec "${{NEO4J_ADMIN:-neo4j-admin}}" database import full "${{NEO4J_DATABASE:-neo4j}}" \\
  {options} "$@"
"""


def _count(table: str, chain: str, run: cypher.Run) -> list[list[Any]]:
    return run(cypher.COUNT[table], chain=chain)


def finish(server: cypher.Server, chain: str, state: State) -> None:
    """Make an import what the store would have made; the constraints and indexes are there by now.

    Unpacks REST, and counts. It can be stopped and begun again. StoreError where facts are missing.
    """
    if state[cypher.IMPORTED]:
        for read, write in cypher.UNPACK:
            rows = server.stream(read)
            while some := list(islice(rows, 1_000)):
                unpacked = [{"key": key, "properties": json.loads(rest)} for key, rest in some]
                with server.writing() as (run, commit):
                    run(write, rows=unpacked)
                    commit()
    for table in TABLES:
        ((count,),) = server.read(partial(_count, table, chain))
        if count != state[f"count_{table}"]:
            raise StoreError(
                f"{server.url}: the import into chain {chain!r} is not whole: of "
                f"{state[f'count_{table}']} rows of {table} only {count} are there",
                remedy="import all files again: import.sh --overwrite-destination=true",
            )
    with server.writing() as (run, commit):
        run(cypher.SET_STAMP, key=key_of(chain, "chain", ()), stamp={cypher.IMPORTED: None})
        commit()
