"""Facts into the store, a batch at a time: repeated rows merged, contradictions within a load refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.model import Fact, contradiction, merge
from graph.ontology import TABLES
from graph.stores.base import Key, Refusal, Store
from loaders.base import Problem, Reject
from loaders.slots import Slots
from loaders.told import Told, claimed

_CONTRADICTS = "the same load told something else before"
_REMEDY = "Keep one of the two rows."


@dataclass
class Outcome:
    """What became of the facts of one table: rows added, updated, unchanged; and those rejected."""

    table: str
    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "updated": 0, "unchanged": 0})
    rejects: list[Reject] = field(default_factory=list)


class Writer:
    """Writes the facts of one load and remembers what it told."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.forget()

    def forget(self) -> None:
        """Nothing was told so far."""
        self._told: defaultdict[str, Told] = defaultdict(Told)
        self._slots = Slots(self._store)

    def write(
        self, facts: Sequence[Fact], mentioned: Sequence[Fact], settled: bool = False
    ) -> Iterator[Outcome]:
        """Facts of any tables, those first that others refer to; and companies that were only mentioned, of
        whom nothing is stated that another row could contradict. `settled`: neither do these facts contradict
        what the load told before; they replace it."""
        by_table: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            by_table[fact.table].append(fact)
        for table in TABLES:
            if table == "companies" and mentioned:
                written = self._store.upsert(mentioned)
                yield Outcome(table, {"added": written.added})
            if rows := by_table.get(table):
                yield self._table(table, rows, settled)

    def _table(self, table: str, facts: Sequence[Fact], settled: bool) -> Outcome:
        outcome = Outcome(table)
        told = self._told[table]
        merged = {fact.key: fact for fact in facts}
        repeats: dict[Key, list[Fact]] = {}  # all rows of what is told more than once
        if len(merged) < len(facts):
            merged, repeats = _grouped(facts)
        for key, rows in repeats.items():
            merged[key], repeats[key] = self._merge(rows, outcome)
        if table == "links":
            for key, total in self._slots.over(list(merged.values()), told).items():
                outcome.rejects += [_over(fact, total) for fact in repeats.pop(key, [merged[key]])]
                del merged[key]
        before = self._store.read(table, list(repeats)) if repeats else {}
        given = {} if settled else told.given(list(merged))
        written = self._store.upsert(list(merged.values()), given)
        self._count(outcome, written.added, written.updated, written.unchanged)
        for refusal in written.refused:
            key = refusal.fact.key
            del merged[key]
            if key in repeats:  # one of several rows is refused: which one?
                self._one_by_one(repeats.pop(key), given.get(key, frozenset()), outcome)
            else:
                outcome.rejects.append(_refused(refusal))
        for key, rows in repeats.items():
            _count_each(before.get(key), rows, outcome)
        told.add(list(merged.values()))
        return outcome

    @staticmethod
    def _count(outcome: Outcome, added: int, updated: int, unchanged: int) -> None:
        outcome.counts["added"] += added
        outcome.counts["updated"] += updated
        outcome.counts["unchanged"] += unchanged

    @staticmethod
    def _merge(rows: Sequence[Fact], outcome: Outcome) -> tuple[Fact, list[Fact]]:
        """Several rows of one batch about one thing as one, and those of them that went into it."""
        fact, *others = rows
        kept = [fact]
        for row in others:
            if column := contradiction(fact.values, row.values, frozenset(claimed(fact.values))):
                outcome.rejects.append(_contradicts(row, column))
            else:
                kept.append(row)
                fact = merge(fact, row) or fact
        return fact, kept

    def _one_by_one(self, rows: Sequence[Fact], columns: frozenset[str], outcome: Outcome) -> None:
        """Rows about one thing, each for itself."""
        told = self._told[rows[0].table]
        for row in rows:
            written = self._store.upsert([row], {row.key: columns} if columns else None)
            self._count(outcome, written.added, written.updated, written.unchanged)
            if written.refused:
                outcome.rejects.append(_refused(written.refused[0]))
            else:
                columns |= set(claimed(row.values))
                told.add([row])


def _grouped(facts: Sequence[Fact]) -> tuple[dict[Key, Fact], dict[Key, list[Fact]]]:
    """The first fact of each key; all facts of those keys that have several."""
    first: dict[Key, Fact] = {}
    repeats: dict[Key, list[Fact]] = {}
    for fact in facts:
        before = first.setdefault(fact.key, fact)
        if before is not fact:
            repeats.setdefault(fact.key, [before]).append(fact)
    return first, repeats


def _count_each(before: Fact | None, rows: Sequence[Fact], outcome: Outcome) -> None:
    """What each of several rows did that the store counted as one."""
    ways = []
    fact = before
    for row in rows:
        more = row if fact is None else merge(fact, row)
        ways.append("added" if fact is None else "unchanged" if more is None else "updated")
        fact = more or fact
    outcome.counts[max(ways, key=("unchanged", "updated", "added").index)] -= 1
    for way in ways:
        outcome.counts[way] += 1


def _row(fact: Fact) -> int:
    return int(fact.source_ref.rpartition(":")[2])


def _contradicts(fact: Fact, column: str) -> Reject:
    problem = Problem(column, _shown(fact.values, column), _CONTRADICTS, _REMEDY)
    return Reject(_row(fact), (problem,))


def _refused(refusal: Refusal) -> Reject:
    value = _shown(refusal.fact.values, refusal.column)
    return Reject(_row(refusal.fact), (Problem(refusal.column, value, refusal.reason, refusal.remedy),))


def _over(fact: Fact, total: float) -> Reject:
    buyer, category = fact.key[2], fact.key[3]
    reason = f"the shares of what {buyer} buys{f' of {category}' if category else ''} add up to {total:.6g}"
    remedy = "Lower this share or another of them, or leave it blank; all together are at most 1."
    return Reject(_row(fact), (Problem("share", _shown(fact.values, "share"), reason, remedy),))


def _shown(values: Mapping[str, object], column: str) -> object:
    value = values.get(column, "")
    return "; ".join(value) if isinstance(value, tuple) else value
