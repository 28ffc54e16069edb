"""What changes a Neo4j store: facts merged in, taken out, and the stamp kept up to date with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from graph.digests import digest
from graph.errors import NotFound, StoreError
from graph.model import Fact, Value, forget, merge
from graph.ontology import TABLES, LinkKind
from graph.stores import neo4j as cypher
from graph.stores.base import Deleted, Key, Refusal, Written, storable
from graph.stores.neo4j_batch import Part, Sending, ahead, parts, prepared, sendings
from graph.stores.neo4j_facts import (
    Reference,
    fingerprint,
    key_of,
    labels,
    link,
    node,
    properties,
    references,
)
from graph.stores.neo4j_reading import State, chunks, facts_about, fill, new_state, read_facts

_MODULUS = 2**256
_UNTOLD = -1  # stands for the fingerprint, which is never negative, of what others only refer to
_NOBODY = "(deleted)"  # source_ref of a company whose file was deleted, kept since others refer to it


@dataclass
class Memory:
    """Where the companies are, as long as none went (`epoch`): their nodes by id."""

    epoch: int = -1
    companies: dict[str, int] = field(default_factory=dict)

    def forget(self) -> None:
        """What was learnt in a transaction that is rolled back is not true."""
        self.companies.clear()
        self.epoch = -1


class Writing:
    """One open transaction; it holds the chain's lock."""

    def __init__(self, run: cypher.Run, chain: str, memory: Memory) -> None:
        self.run = run
        self.chain = chain
        self.memory = memory
        self.key = key_of(chain, "chain", ())
        ((state,),) = run(cypher.LOCK, key=self.key, new=new_state(chain))
        self.before: State = state
        self.state: State = dict(state)
        self.hash = int(state["hash"], 16)
        self.touched = False
        self.half_way = False  # in the middle of a change: one that fails there spoils the transaction
        if memory.epoch != state["epoch"]:
            memory.companies.clear()
            memory.epoch = state["epoch"]

    def _moved(self) -> None:
        self.touched = True
        self.state["revision"] = self.before["revision"] + 1
        self.state["hash"] = f"{self.hash % _MODULUS:064x}"

    def write_stamp(self) -> None:
        """Put what changed of the stamp into the chain's node."""
        changed = {name: value for name, value in self.state.items() if self.before.get(name) != value}
        if changed:
            self.run(cypher.SET_STAMP, key=self.key, stamp=changed)

    def set_currency(self, currency: str) -> None:
        """See graph.stores.base.Store.set_currency."""
        there = self.state["currency"]
        if there == currency:
            return
        if there:
            raise StoreError(
                f"the store keeps its money in {there}, not in {currency}",
                remedy=f"load with the currency {there}, or into a new store",
            )
        self.state["currency"] = currency
        self._moved()

    # -- merging in ------------------------------------------------------------------------------------

    def upsert(self, facts: Sequence[Fact]) -> Written:
        """See graph.stores.base.Store.upsert."""
        table = facts[0].table
        refused: list[Refusal] = []
        self.half_way = True
        if table == "links":
            facts = self._with_ends(facts, refused)
        added = updated = 0
        total = len(facts)
        while facts:  # once, unless a key stands there twice
            first: dict[Key, Fact] = {}
            again = []
            for fact in facts:
                if first.setdefault(fact.key, fact) is not fact:
                    again.append(fact)
            more = self._merge(table, list(first.values()))
            added, updated = added + more[0], updated + more[1]
            facts = again
        self.half_way = False
        return Written(added, updated, total - added - updated, tuple(refused))

    def _with_ends(self, facts: Sequence[Fact], refused: list[Refusal]) -> list[Fact]:
        """The links whose ends are there; the others are refused."""
        there = self._find({f.key[0] for f in facts} | {f.key[2] for f in facts})
        kept = []
        for fact in facts:
            if fact.key[0] in there and fact.key[2] in there:
                kept.append(fact)
            else:
                column = next(c for c in ("source", "target") if fact.values[c] not in there)
                reason = f"there is no company {fact.values[column]!r}"
                refused.append(Refusal(fact, column, reason, "add it to the companies, or correct it"))
        return kept

    def _find(self, ids: set[str]) -> Mapping[str, int]:
        """The nodes of companies, those among them that are there."""
        companies = self.memory.companies
        keys = [key_of(self.chain, "companies", (id,)) for id in sorted(ids - companies.keys())]
        for some in chunks(keys):
            ((found, nodes),) = self.run(cypher.WHERE_COMPANIES, keys=some)
            companies.update(zip(found, nodes, strict=True))
        return companies

    def _merge(self, table: str, facts: Sequence[Fact]) -> tuple[int, int]:
        """Facts of different keys; how many were added, and how many changed.

        While the server works on one part, another thread makes the next ready: its keys and digests, then
        what is to be sent. Keys differ, so the server is asked for a part before the last one is there.
        """
        new: list[tuple[Fact, str]] = []
        differ: list[tuple[Fact, str]] = []
        making: Future[list[Sending]] = Future()
        making.set_result([])
        with ThreadPoolExecutor(1) as worker:
            for part in ahead(worker, partial(prepared, self.chain), parts(facts)):
                there = self._marks(table, part)
                untold = [i for i in range(len(part.keys)) if there.get(i, _UNTOLD) == _UNTOLD]
                making, before = worker.submit(self._made, table, part, untold, there.keys()), making
                self._send(table, before.result())
                new += [(part.facts[i], part.keys[i]) for i in untold]
                marked = [i for i, mark in there.items() if mark not in (part.marks[i], _UNTOLD)]
                differ += [(part.facts[i], part.keys[i]) for i in marked]
            self._send(table, making.result())
        if table != "links":  # once all are there: they may refer to each other
            for some in chunks(new):
                self._refer((key, to) for fact, key in some for to in references(fact))
        changed = self._changed(differ)
        self._replace(table, changed)
        self.hash += sum(digest(after) - digest(before) for _, before, after in changed)
        if changed:
            self._told(table, [after for _, _, after in changed])
        if new or changed:
            self.state[f"count_{table}"] += len(new)
            self._moved()
        return len(new), len(changed)

    def _marks(self, table: str, part: Part) -> dict[int, int]:
        """The fingerprints of those that are there, by place; _UNTOLD for what others only refer to."""
        if not self.state["count_links" if table == "links" else "revision"]:
            return {}
        query = cypher.LINK_PRINTS[part.facts[0].key[1]] if table == "links" else cypher.PRINTS
        ((at, marks),) = self.run(query, keys=part.keys)
        return dict(zip(at, marks, strict=True))

    def _made(self, table: str, part: Part, new: Sequence[int], there: Container[int]) -> list[Sending]:
        """What makes the new facts of a part, counted into the stamp; `there` is what others refer to."""
        if not new:
            return []
        told = {i: properties(part.facts[i], self.chain, part.keys[i], part.marks[i]) for i in new}
        if table == "companies":
            for number, i in enumerate(new, self.state["companies_made"]):
                told[i]["n"] = number
            self.state["companies_made"] += len(new)
        self.hash += sum(part.digests[i] for i in new)
        self._told(table, [part.facts[i] for i in new])
        return sendings(table, part, told, there, self.memory.companies)

    def _send(self, table: str, made: Iterable[Sending]) -> None:
        for query, given in made:
            rows = self.run(query, **given)
            if table == "companies":
                ((ids, nodes),) = rows
                self.memory.companies.update(zip(ids, nodes, strict=True))

    def _told(self, table: str, facts: Sequence[Fact]) -> None:
        """Put into the stamp which columns facts fill, and when they were loaded."""
        fill(self.state, table, facts)
        latest = max(fact.loaded_at for fact in facts)
        self.state["loaded_until"] = max(self.state["loaded_until"], latest)

    def _changed(self, facts: Sequence[tuple[Fact, str]]) -> list[tuple[str, Fact, Fact]]:
        """Those that say something new of what is there: key, before, after."""
        changed = []
        if not facts:
            return []
        before = self.read(facts[0][0].table, [fact.key for fact, _ in facts])
        for fact, key in facts:
            old = before[fact.key]
            if merged := merge(old, fact):
                changed.append((key, old, merged))
        return changed

    def read(self, table: str, keys: Sequence[Key]) -> dict[Key, Fact]:
        """See graph.stores.base.Store.read."""
        return read_facts(self.run, self.chain, table, keys)

    def _replace(self, table: str, changed: Sequence[tuple[str, Fact, Fact]]) -> None:
        """Put what is now known in place of what was: key, before, after."""
        for part in chunks(changed):
            rows: list[dict[str, Any]] = []
            for key, _, after in part:
                told = properties(after, self.chain, key, fingerprint(after, digest(after)))
                rows.append(
                    {"key": key, "properties": told, "labels": labels(after) if table != "links" else []}
                )
            if table == "links":
                kinds = [(after, row) for (_, _, after), row in zip(part, rows, strict=True)]
                for kind, some in _by_kind(kinds):
                    self.run(cypher.REPLACE_LINKS[kind], rows=[row for _, row in some])
                continue
            self.run(cypher.REPLACE_NODES, rows=rows)
            turned = [
                (key, after)
                for key, before, after in part
                if tuple(references(before)) != tuple(references(after))
            ]
            self._unrefer([key for key, _ in turned])
            self._refer((key, reference) for key, after in turned for reference in references(after))

    def _refer(self, drawn: Iterable[tuple[str, Reference]]) -> None:
        by_relation: dict[str, list[dict[str, str]]] = {}
        for key, to in drawn:
            target = key_of(self.chain, to.table, (to.id,))
            row = {"key": key, "target": target, "id": to.id, "of": to.table, "column": to.column}
            by_relation.setdefault(to.relation, []).append(row)
        targets = {row["target"]: row for rows in by_relation.values() for row in rows}
        if targets:
            ((absent,),) = self.run(cypher.ABSENT, keys=list(targets))
            rows = list(targets.values())
            self.run(cypher.ADD_MISSING, rows=[rows[at] for at in absent], chain=self.chain)
        for relation, rows in by_relation.items():
            self.run(cypher.REFER[relation], rows=rows)

    def _unrefer(self, keys: Sequence[str]) -> None:
        if keys:
            for statement in cypher.UNREFER:
                self.run(statement, keys=keys)

    # -- taking out ------------------------------------------------------------------------------------

    def delete_company(self, company: str) -> Deleted:
        """See graph.stores.base.Store.delete_company."""
        owner = self.read("companies", [(company,)]) if storable(company) else {}
        if not owner:
            raise NotFound(
                f"there is no company {company!r}", remedy="see the companies by: knockon companies"
            )
        counts: Counter[str] = Counter()
        self.half_way = True
        for table in TABLES:
            if table != "companies":
                about = list(facts_about(self.run, self.chain, table, company))
                self._remove(table, about, counts)
                self._remove_dependent(table, about, counts)
        self._remove("companies", list(owner.values()), counts)
        self.run(cypher.DROP_MISSING, chain=self.chain)
        self._moved()
        self.half_way = False
        return Deleted(_by_table(counts))

    def _remove_dependent(self, table: str, gone: Sequence[Fact], counts: Counter[str]) -> None:
        """Remove what cannot be without a row that went, since its key names it."""
        for other in TABLES.values():
            for column in other.columns:
                if column.refers == table and column.relation and column.name in other.key:
                    keys = [key_of(self.chain, table, fact.key) for fact in gone]
                    rows = self.run(cypher.DEPENDENT[other.name], keys=keys, column=column.name)
                    self._remove(other.name, [node(other.name, told) for ((_, told),) in rows], counts)

    def delete_source(self, file: str) -> Deleted:
        """See graph.stores.base.Store.delete_source."""
        gone: Counter[str] = Counter()
        changed: Counter[str] = Counter()
        self.half_way = True
        # Companies last, since the others refer to them.
        for table in sorted(TABLES, key=lambda name: name == "companies"):
            for facts in self._told_by(table, file):
                kept = [(fact, self._without(fact, file)) for fact in facts]
                self._remove(table, [old for old, new in kept if new is None], gone)
                rewritten = [
                    (key_of(self.chain, table, old.key), old, new)
                    for old, new in kept
                    if new is not None and new != old
                ]
                self._replace(table, rewritten)
                self.hash += sum(digest(new) - digest(old) for _, old, new in rewritten)
                changed[table] += len(rewritten)
        self._drop_leftovers(gone)
        if gone.total() or changed.total():
            self.run(cypher.DROP_MISSING, chain=self.chain)
            self._moved()
        self.half_way = False
        return Deleted(_by_table(gone), _by_table(changed))

    def _told_by(self, table: str, file: str) -> Iterator[list[Fact]]:
        """The facts that can have to do with a file, `forget` decides; in parts."""
        if not storable(file):
            return
        if table == "links":
            for kind in self.state["link_kinds"]:
                keys = self.run(cypher.LINKS_FROM_FILE[kind], chain=self.chain, file=file)
                for some in chunks([key for (key,) in keys]):
                    yield [link(*row) for (row,) in self.run(cypher.READ_LINKS[kind], keys=some)]
            return
        keys = self.run(cypher.FROM_FILE[table], chain=self.chain, file=file)
        for some in chunks([key for (key,) in keys]):
            yield [node(table, told) for ((_, told),) in self.run(cypher.READ_NODES, keys=some)]

    def _without(self, fact: Fact, file: str) -> Fact | None:
        """The fact without a file's tellings; a company that others refer to keeps its id and name."""
        rest = forget(fact, file)
        if rest is None and fact.table == "companies" and self._referred([fact]):
            bare: dict[str, Value] = {
                name: fact.values[name] for name in ("id", "name") if name in fact.values
            }
            return replace(fact, values=bare, source_ref=_NOBODY, refs={})
        return rest

    def _drop_leftovers(self, counts: Counter[str]) -> None:
        """Remove companies that only references had kept, now that nobody refers to them."""
        for facts in self._told_by("companies", _NOBODY):
            bare = [fact for fact in facts if fact.source_ref == _NOBODY and not fact.refs]
            needed = self._referred(bare)
            self._remove("companies", [f for f in bare if f.key not in needed], counts)

    def _referred(self, facts: Sequence[Fact]) -> set[Key]:
        """The keys of those that others refer to."""
        keys = {key_of(self.chain, fact.table, fact.key): fact.key for fact in facts}
        ((found,),) = self.run(cypher.REFERRED, keys=list(keys))
        return {keys[key] for key in found}

    def _remove(self, table: str, facts: Sequence[Fact], counts: Counter[str]) -> None:
        if not facts:
            return
        counts[table] += len(facts)
        self.state[f"count_{table}"] -= len(facts)
        self.hash -= sum(map(digest, facts))
        keyed = [(fact, key_of(self.chain, table, fact.key)) for fact in facts]
        if table == "links":
            for kind, some in _by_kind(keyed):
                self.run(cypher.REMOVE_LINKS[kind], keys=[key for _, key in some])
            return
        keys = [key for _, key in keyed]
        self._unrefer(keys)
        needed = self._referred(facts)
        self.run(cypher.DELETE_NODES, keys=[key for fact, key in keyed if fact.key not in needed])
        missing = [{"key": key, "id": f.id, "of": table} for f, key in keyed if f.key in needed]
        self.run(cypher.FORGET_NODES, rows=missing, chain=self.chain)
        if table == "companies":
            self.state["epoch"] += 1
            self.memory.epoch = self.state["epoch"]
            for fact in facts:
                self.memory.companies.pop(fact.id, None)


def _by_kind(rows: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Rows that begin with a link, by its kind; sellers in order, so that neighbours are written together."""
    for kind in LinkKind:
        if some := [row for row in rows if row[0].key[1] == kind]:
            yield kind, sorted(some, key=lambda row: row[0].key)


def _by_table(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in TABLES if counts[name]}
