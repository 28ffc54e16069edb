"""What changes an SQLite store: facts merged in, taken out, and the stamp kept up to date with them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from graph.digests import digests
from graph.errors import NotFound, StoreError
from graph.model import Fact, Value, forget
from graph.ontology import TABLES
from graph.stores.base import Deleted, Key, Refusal, Written, storable
from graph.stores.names_index import indexed, names_of
from graph.stores.sqlite_batch import Batch, Head
from graph.stores.sqlite_schema import LAYOUTS, quoted, referring

_CHUNK = 1000
_MODULUS = 2**256
_NOBODY = "(deleted)"  # source_ref of a company whose file was deleted, kept since others refer to it


@dataclass
class Memory:
    """What a writer knows of the file from one transaction to the next.

    Numbers stay true as long as no company goes (`epoch`); terms and filled columns only grow.
    """

    epoch: int = 0
    companies: dict[str, int] = field(default_factory=dict)
    terms: dict[Key, int] = field(default_factory=dict)
    filled: dict[str, set[str]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all: what was learnt in a transaction that was rolled back is not true."""
        self.companies.clear()
        self.terms.clear()
        self.filled.clear()


class Writing:
    """One open transaction."""

    def __init__(self, con: sqlite3.Connection, memory: Memory) -> None:
        self.con = con
        self.memory = memory
        self.revision, text, self.epoch = con.execute("SELECT revision, hash, epoch FROM state").fetchone()
        self.hash = int(text, 16)
        self.moved = False
        if memory.epoch != self.epoch:
            memory.clear()
            memory.epoch = self.epoch

    def _move(self, *, gone: bool = False, loaded: str = "") -> None:
        """Write the stamp after a change; the revision moves once.

        `gone`: companies went; `loaded`: the newest moment of loading among the facts that changed.
        """
        self.epoch += gone
        self.memory.epoch = self.epoch
        self.revision += not self.moved
        self.moved = True
        self.con.execute(
            "UPDATE state SET revision = ?, hash = ?, loaded_until = max(loaded_until, ?), epoch = ?",
            (self.revision, f"{self.hash % _MODULUS:064x}", loaded, self.epoch),
        )

    def set_currency(self, currency: str) -> None:
        """See graph.stores.base.Store.set_currency."""
        (there,) = self.con.execute("SELECT currency FROM state").fetchone()
        if there == currency:
            return
        if there:
            raise StoreError(
                f"the store keeps its money in {there}, not in {currency}",
                remedy=f"load with the currency {there}, or into a new store",
            )
        self.con.execute("UPDATE state SET currency = ?", (currency,))
        self._move()

    # -- merging in ------------------------------------------------------------------------------------

    def upsert(self, facts: Sequence[Fact]) -> Written:
        """See graph.stores.base.Store.upsert."""
        table = facts[0].table
        refused: list[Refusal] = []
        heads: Sequence[Head] = [fact.key for fact in facts]
        if table == "links":
            facts, heads = self._link_heads(facts, refused)
        batch = Batch(self.con, LAYOUTS[table], facts, heads)
        self._fill(table, batch.filled)
        # In the order of the key: neighbours in the file are written together.
        order = _ordered(heads)
        for start in range(0, len(order), _CHUNK):
            batch.add(order[start : start + _CHUNK])
        if table == "companies":
            self._index(batch)
        if batch.added or batch.updated:
            added = [facts[i] for i in sorted(batch.added)]
            changed = [new for _, new in batch.updated]
            self.hash += digests(added) + digests(changed) - digests(old for old, _ in batch.updated)
            self._move(loaded=max(fact.loaded_at for fact in (*added, *changed)))
        count, updated = len(batch.added), len(batch.updated)
        return Written(count, updated, len(facts) - count - updated, tuple(refused))

    def _link_heads(self, facts: Sequence[Fact], refused: list[Refusal]) -> tuple[Sequence[Fact], list[Head]]:
        """The links whose ends are there, and their keys in numbers; the others are refused."""
        companies, terms = self.memory.companies, self.memory.terms
        sources, kinds, targets, categories, periods = zip(*(fact.key for fact in facts), strict=True)
        named = list(zip(kinds, categories, periods, strict=True))
        if unknown := {*sources, *targets} - companies.keys():
            self._learn(unknown)
            if not unknown <= companies.keys():
                refused += [
                    _endless(f, companies) for f in facts if not companies.keys() >= {f.key[0], f.key[2]}
                ]
                facts = [f for f in facts if companies.keys() >= {f.key[0], f.key[2]}]
                return self._link_heads(facts, refused) if facts else (facts, [])
        self._name(named)
        numbers = map(companies.__getitem__, sources), map(companies.__getitem__, targets)
        return facts, list(zip(*numbers, map(terms.__getitem__, named), strict=True))

    def _learn(self, ids: set[str]) -> None:
        """The numbers of these companies into memory, as far as they are there."""
        companies = self.memory.companies
        for id in ids - companies.keys():
            if row := self.con.execute("SELECT n FROM companies WHERE id = ?", (id,)).fetchone():
                companies[id] = row[0]

    def _name(self, named: Iterable[Key]) -> None:
        """The numbers of these terms into memory, new ones for those that are not there."""
        terms = self.memory.terms
        for name in sorted(set(named) - terms.keys()):
            self.con.execute(
                "INSERT INTO terms(kind, category, period) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", name
            )
            found = "SELECT n FROM terms WHERE kind = ? AND category = ? AND period = ?"
            (terms[name],) = self.con.execute(found, name).fetchone()

    def _fill(self, table: str, names: Iterable[str]) -> None:
        filled = self.memory.filled.setdefault(table, set())
        for name in sorted(set(names) - filled):
            self.con.execute("INSERT INTO filled VALUES (?, ?) ON CONFLICT DO NOTHING", (table, name))
            filled.add(name)

    def _index(self, batch: Batch) -> None:
        """Keep the index of names in step with the companies of a batch."""
        numbers = self.memory.companies
        numbers.update(batch.numbers)
        added = (batch.facts[i] for i in batch.added)
        self._enter((numbers[fact.id], indexed(names_of(fact))) for fact in added)
        self._learn({new.id for _, new in batch.updated})
        self._reindex((numbers[new.id], old, new) for old, new in batch.updated)

    def _enter(self, rows: Iterable[tuple[int, str]]) -> None:
        self.con.executemany("INSERT INTO names(rowid, text) VALUES (?, ?)", rows)

    def _unindex(self, rows: Iterable[tuple[int, str]]) -> None:
        self.con.executemany("INSERT INTO names(names, rowid, text) VALUES ('delete', ?, ?)", rows)

    def _reindex(self, rows: Iterable[tuple[int, Fact, Fact]]) -> None:
        for n, old, new in rows:
            before, after = indexed(names_of(old)), indexed(names_of(new))
            if before != after:
                self._unindex([(n, before)])
                self._enter([(n, after)])

    # -- taking out ------------------------------------------------------------------------------------

    def delete_company(self, company: str) -> Deleted:
        """See graph.stores.base.Store.delete_company."""
        owner = self._rows("companies", "id = ?", company)
        if not owner:
            raise NotFound(
                f"there is no company {company!r}", remedy="see the companies by: knockon companies"
            )
        counts: Counter[str] = Counter()
        for table in TABLES.values():
            for column in referring(table):
                self._remove_referring(table.name, column, company, counts)
        self._remove("companies", self._facts("companies", owner), counts)
        self._move(gone=True)
        return Deleted(_by_table(counts))

    def _remove_referring(self, table: str, column: str, id: str, counts: Counter[str]) -> None:
        """Remove the rows whose column names this id, and those whose key names one of them."""
        of_links = "= (SELECT n FROM companies WHERE id = ?)"
        rows = self._rows(table, f"{quoted(column)} {of_links if table == 'links' else '= ?'}", id)
        for facts in self._batches(table, rows):
            self._remove(table, facts, counts)
            for other in TABLES.values():
                for reference in other.columns:
                    if reference.refers == table and reference.name in other.key:
                        for _, fact in facts:
                            self._remove_referring(other.name, reference.name, fact.id, counts)

    def delete_source(self, file: str) -> Deleted:
        """See graph.stores.base.Store.delete_source."""
        gone: Counter[str] = Counter()
        changed: Counter[str] = Counter()
        for table in sorted(
            TABLES, key=lambda name: name == "companies"
        ):  # last, since the others refer to them
            # Only these rows can have to do with the file; `forget` decides.
            rows = self._rows(table, "refs IS NOT NULL OR substr(source_ref, 1, length(?1)) = ?1", file)
            for facts in self._batches(table, rows):
                kept = [(n, fact, self._without(fact, file)) for n, fact in facts]
                self._remove(table, [(n, old) for n, old, new in kept if new is None], gone)
                rewritten = [(n, old, new) for n, old, new in kept if new is not None and new != old]
                self._rewrite(table, rewritten)
                changed[table] += len(rewritten)
        self._drop_leftovers(gone)
        if gone.total() or changed.total():
            self._move(gone=gone["companies"] > 0)
        return Deleted(_by_table(gone), _by_table(changed))

    def _without(self, fact: Fact, file: str) -> Fact | None:
        """The fact without a file's tellings; a company that others refer to keeps its id and name."""
        rest = forget(fact, file)
        if rest is None and fact.table == "companies" and self._is_referred(fact.id):
            bare: dict[str, Value] = {
                name: fact.values[name] for name in ("id", "name") if name in fact.values
            }
            return replace(fact, values=bare, source_ref=_NOBODY, refs={})
        return rest

    def _drop_leftovers(self, counts: Counter[str]) -> None:
        """Remove companies that only references had kept, now that nobody refers to them."""
        rows = self._rows("companies", "source_ref = ? AND refs IS NULL", _NOBODY)
        for facts in self._batches("companies", rows):
            unused = [(n, fact) for n, fact in facts if not self._is_referred(fact.id)]
            self._remove("companies", unused, counts)

    def _is_referred(self, company: str) -> bool:
        for table in TABLES.values():
            for column in referring(table):
                value = "(SELECT n FROM companies WHERE id = ?)" if table.name == "links" else "?"
                found = f"SELECT 1 FROM {quoted(table.name)} WHERE {quoted(column)} = {value}"
                if self.con.execute(found, (company,)).fetchone():
                    return True
        return False

    def _rows(self, table: str, condition: str, value: str) -> list[int]:
        if not storable(value):
            return []
        found = self.con.execute(f"SELECT rowid FROM {quoted(table)} WHERE {condition}", (value,))
        return [n for (n,) in found]

    def _batches(self, table: str, rows: Sequence[int]) -> Iterator[list[tuple[int, Fact]]]:
        for start in range(0, len(rows), _CHUNK):
            yield self._facts(table, rows[start : start + _CHUNK])

    def _facts(self, table: str, rows: Sequence[int]) -> list[tuple[int, Fact]]:
        layout = LAYOUTS[table]
        chosen = f"{layout.select} WHERE {quoted(table)}.rowid IN (SELECT value FROM json_each(?))"
        return [(row[0], layout.fact(row)) for row in self.con.execute(chosen, (json.dumps(rows),))]

    def _remove(self, table: str, facts: Sequence[tuple[int, Fact]], counts: Counter[str]) -> None:
        self.con.executemany(f"DELETE FROM {quoted(table)} WHERE rowid = ?", ((n,) for n, _ in facts))
        self.hash -= digests(fact for _, fact in facts)
        counts[table] += len(facts)
        if table == "companies":
            self._unindex((n, indexed(names_of(fact))) for n, fact in facts)
            for _, fact in facts:
                self.memory.companies.pop(fact.id, None)

    def _rewrite(self, table: str, facts: Sequence[tuple[int, Fact, Fact]]) -> None:
        layout = LAYOUTS[table]
        self.con.executemany(layout.update, (layout.replacing(n, new) for n, _, new in facts))
        self.hash += digests(new for _, _, new in facts) - digests(old for _, old, _ in facts)
        if table == "companies":
            self._reindex(facts)


def _ordered(heads: Sequence[Head]) -> list[int]:
    """The places of keys in the order of these."""
    if heads and isinstance(heads[0][0], int):
        columns = np.array(heads, np.int64).T
        places: list[int] = np.lexsort(columns[::-1]).tolist()
        return places
    return sorted(range(len(heads)), key=heads.__getitem__)


def _endless(link: Fact, companies: Mapping[str, int]) -> Refusal:
    """The refusal of a link that lacks an end."""
    column = next(c for c in ("source", "target") if link.values[c] not in companies)
    reason = f"there is no company {link.values[column]!r}"
    return Refusal(link, column, reason, "add it to the companies, or correct it")


def _by_table(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in TABLES if counts[name]}
