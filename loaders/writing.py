"""Facts into the store, a batch at a time: repeated rows merged, contradictions within a load refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.model import Fact, contradiction, merge
from graph.ontology import TABLES
from graph.stores.base import Key, Refusal, Store
from loaders.base import Problem, Reject
from loaders.companies import Companies
from loaders.mentions import Mentions
from loaders.slots import Slots
from loaders.told import Told, claimed

_REMEDY = "Keep one of the two rows, or leave this cell blank."


@dataclass
class Outcome:
    """What became of the facts of one table: rows added, updated, unchanged; and those rejected."""

    table: str
    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "updated": 0, "unchanged": 0})
    rejects: list[Reject] = field(default_factory=list)


@dataclass
class _Judged:
    """The facts of one table that may be written, each key once; `repeats`: of several rows about one thing
    those that went into it; `before`: what the store held of what the load tells again."""

    outcome: Outcome
    facts: dict[Key, Fact]
    repeats: dict[Key, list[Fact]]
    before: dict[Key, Fact]


class Writer:
    """Writes the facts of one load and remembers what it told.

    All facts of a batch are judged before any is written, so that what only refused rows mention is not.
    """

    def __init__(self, store: Store, companies: Companies, loaded_at: str) -> None:
        self._store = store
        self._loaded_at = loaded_at
        self.forget(companies)

    def forget(self, companies: Companies) -> None:
        """Nothing was told so far. `companies`: those that the load knows."""
        self._companies = companies
        self.mentions = Mentions()
        self._told: defaultdict[str, Told] = defaultdict(Told)
        self._slots = Slots(self._store)

    def settle(self) -> tuple[str, ...]:
        """See Companies.settle."""
        self._slots = Slots(self._store)
        return self._companies.settle()

    def write(self, facts: Sequence[Fact], settled: bool = False) -> Iterator[Outcome]:
        """Facts of any tables, those first that others refer to, and with them what was only mentioned so far
        and one of them refers to. `settled`: the facts do not contradict what the load told before; they
        replace it."""
        by_table: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            by_table[fact.table].append(fact)
        judged = {table: self._judge(table, rows, settled) for table, rows in by_table.items()}
        mentioned: Mapping[str, Sequence[Fact]] = {}
        if self.mentions or self._companies.is_waiting():
            written = (fact for each in judged.values() for fact in each.facts.values())
            needed, ids = self.mentions.needed(written)
            mentioned = {**needed, "companies": self._companies.mentioned(ids, self._loaded_at)}
        for table in TABLES:
            if rows := mentioned.get(table):
                yield Outcome(table, {"added": self._store.upsert(rows).added})
            if table in judged:
                yield self._write(table, judged[table])

    def _judge(self, table: str, facts: Sequence[Fact], settled: bool) -> _Judged:
        outcome, told = Outcome(table), self._told[table]
        merged = {fact.key: fact for fact in facts}
        repeats: dict[Key, list[Fact]] = {}
        if len(merged) < len(facts):
            merged, repeats = _grouped(facts)
        given = {} if settled else told.given(list(merged))
        again = list(repeats.keys() | given.keys())
        before = self._store.read(table, again) if again else {}
        for key in again:
            rows = repeats.pop(key, [merged[key]])
            kept = _agreeing(before.get(key), rows, given.get(key, frozenset()), outcome)
            if not kept:
                del merged[key]
                continue
            merged[key] = _as_one(kept)
            if len(kept) > 1:
                repeats[key] = kept
        if table == "links":
            for key, total in self._slots.over(list(merged.values()), told).items():
                outcome.rejects += [_over(fact, total) for fact in repeats.pop(key, [merged[key]])]
                del merged[key]
        return _Judged(outcome, merged, repeats, before)

    def _write(self, table: str, judged: _Judged) -> Outcome:
        outcome, merged = judged.outcome, judged.facts
        written = self._store.upsert(list(merged.values()))
        for way in outcome.counts:
            outcome.counts[way] += getattr(written, way)
        for refusal in written.refused:  # a link that lacks an end
            key = refusal.fact.key
            outcome.rejects += [_refused(refusal, row) for row in judged.repeats.pop(key, [merged[key]])]
            del merged[key]
        for key, rows in judged.repeats.items():
            _count_each(judged.before.get(key), rows, outcome)
        self._told[table].add(list(merged.values()))
        return outcome


def _agreeing(
    known: Fact | None, rows: Sequence[Fact], columns: frozenset[str], outcome: Outcome
) -> list[Fact]:
    """Of the rows about one thing those that contradict neither what the load told of `columns` before, nor
    each other; the others are rejected. `known`: what the store holds of it."""
    kept = []
    for row in rows:
        if known and columns and (column := contradiction(known.values, row.values, columns)):
            outcome.rejects.append(_contradicts(row, column, known))
            continue
        kept.append(row)
        known = row if known is None else merge(known, row) or known
        columns |= set(claimed(row.values))
    return kept


def _as_one(rows: Sequence[Fact]) -> Fact:
    fact, *others = rows
    for row in others:
        fact = merge(fact, row) or fact
    return fact


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


def _contradicts(fact: Fact, column: str, known: Fact) -> Reject:
    where = known.refs.get(column, known.source_ref)
    reason = f"contradicts {_shown(known.values, column)} in {where}, which the same load told"
    return Reject(_row(fact), (Problem(column, _shown(fact.values, column), reason, _REMEDY),))


def _refused(refusal: Refusal, fact: Fact) -> Reject:
    value = _shown(fact.values, refusal.column)
    return Reject(_row(fact), (Problem(refusal.column, value, refusal.reason, refusal.remedy),))


def _over(fact: Fact, total: float) -> Reject:
    buyer, category = fact.key[2], fact.key[3]
    reason = f"the shares of what {buyer} buys{f' of {category}' if category else ''} add up to {total:.6g}"
    remedy = "Lower this share or another of them, or leave it blank; all together are at most 1."
    return Reject(_row(fact), (Problem("share", _shown(fact.values, "share"), reason, remedy),))


def _shown(values: Mapping[str, object], column: str) -> object:
    value = values.get(column, "")
    return "; ".join(value) if isinstance(value, tuple) else value
