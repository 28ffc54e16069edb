"""One batch of facts of one table on its way into SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter

from graph.model import Fact, Value, merge
from graph.stores.sqlite_schema import Layout, Row, quoted

Head = tuple[int, ...] | tuple[str, ...]  # a key as it lies in the table


class Batch:
    """What became of a batch: places of what was `added`, `updated` as (before, after); the rest was known.

    `numbers` are those that new companies got.
    """

    def __init__(
        self, con: sqlite3.Connection, layout: Layout, facts: Sequence[Fact], heads: Sequence[Head]
    ) -> None:
        self.con = con
        self.layout = layout
        self.facts = facts
        self.heads = heads
        self.added: list[int] = []
        self.updated: list[tuple[Fact, Fact]] = []
        self.numbers: dict[str, int] = {}
        shapes = {tuple(fact.values) for fact in facts}
        names = set().union(*shapes)
        # Only what this batch fills is bound: binding all 30 columns takes longer than writing the row.
        self._columns = [c for c in layout.columns if c in names]
        self._extras = not names <= layout.known
        self._refs = any(fact.refs for fact in facts)
        self._turned = layout.table.name == "links" and any(f.values["source"] != f.key[0] for f in facts)
        self.filled = (names & layout.known) | ({"turned"} if self._turned else set())
        self._prepare()
        # In the order of the facts, one after the other in memory, whatever that of writing is.
        cells = self._plain_cells() if len(shapes) == 1 else None
        self._rows = [self._row(i, cells) for i in range(len(facts))]

    def _prepare(self) -> None:
        table = quoted(self.layout.table.name)
        told = [*self._columns, *(["extras"] if self._extras else ())]
        columns = [*self.layout.head, *told, "source_ref", "loaded_at"]
        columns += [name for there, name in ((self._refs, "refs"), (self._turned, "turned")) if there]
        marks = ", ".join("?" * len(columns))
        self._insert = f"INSERT INTO {table} ({', '.join(map(quoted, columns))}) VALUES ({marks})"
        self._probe = (
            f"SELECT rowid, {', '.join(map(quoted, told)) or 'NULL'} FROM {table} WHERE {self.layout.find}"
        )
        self._told = slice(len(self.layout.head), len(self.layout.head) + len(told))
        self._reread = f"{self.layout.select} WHERE {table}.rowid = ?"
        self._numbered = self.layout.table.name == "companies"
        (self._top,) = self.con.execute("SELECT ifnull(max(n), 0) FROM companies").fetchone()

    def _plain_cells(self) -> Callable[[Mapping[str, Value]], Row] | None:
        """What takes the cells from facts that fill all columns of the batch with no lists; None if it must
        look at each."""
        if self._extras or len(self._columns) < 2 or not self.layout.lists.isdisjoint(self._columns):
            return None
        return itemgetter(*self._columns)

    def _row(self, i: int, cells: Callable[[Mapping[str, Value]], Row] | None) -> Row:
        fact = self.facts[i]
        told = self.layout.cells(fact, self._columns) if cells is None else cells(fact.values)
        if not (self._extras or self._refs or self._turned):
            return (*self.heads[i], *told, fact.source_ref, fact.loaded_at)
        row = [*self.heads[i], *told]
        if self._extras:
            row.append(self.layout.extras(fact))
        row += fact.source_ref, fact.loaded_at
        if self._refs:
            row.append(self.layout.tail(fact)[2])
        if self._turned:
            row.append(int(fact.values["source"] != fact.key[0]))
        return tuple(row)

    def add(self, items: Sequence[int]) -> None:
        """Insert facts that are probably new; from the first one that is there already, merge the rest.

        So a first load looks nothing up, and one that repeats what is there tries one insert a call.
        """
        before = self.con.total_changes
        with suppress(sqlite3.IntegrityError):
            self.con.executemany(self._insert, map(self._rows.__getitem__, items))
        done = self.con.total_changes - before
        self._count(items[:done])
        self._merge(items[done:])

    def _count(self, items: Sequence[int]) -> None:
        self.added += items
        if self._numbered:  # SQLite numbers a new row one above the highest
            self.numbers.update((self.facts[i].id, number) for number, i in enumerate(items, self._top + 1))
            self._top += len(items)

    def _merge(self, items: Sequence[int]) -> None:
        """Merge facts that are probably there."""
        for i in items:
            fact = self.facts[i]
            there = self.con.execute(self._probe, self.heads[i]).fetchone()
            if there is None:
                self.con.execute(self._insert, self._rows[i])
                self._count([i])
            elif there[1:] != (self._rows[i][self._told] or (None,)):
                self._merge_into(there[0], fact)

    def _merge_into(self, row: int, fact: Fact) -> None:
        old = self.layout.fact(self.con.execute(self._reread, (row,)).fetchone())
        merged = merge(old, fact)
        if merged is not None:
            self.con.execute(self.layout.update, self.layout.replacing(row, merged))
            self.updated.append((old, merged))
