"""The generic tables: a loader for each table of the ontology, in any order and language of its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from operator import eq
from typing import Final

from graph.errors import LoadError
from graph.model import Fact, Value
from graph.ontology import ENDS, SYMMETRIC, TABLES, Column, Kind, LinkKind, Role, Table, default_category
from graph.stores.base import Key
from loaders.base import Context, Loader, Problem, Reject
from loaders.cells import CellError
from loaders.columns import Bad, Convert, Values, chunks, converter, text_converter
from loaders.companyrows import CompanyRows
from loaders.currency import code
from loaders.headers import columns_of, likeness, missing, slip
from loaders.references import References
from loaders.rows import Cell
from loaders.sources import Source
from loaders.spreadsheet import meant

# Complaints come from outside the chain and may be the first to name a company; all else refers to companies
# that are there, since a slip of the pen must not make a new one.
_MET: Final[Mapping[tuple[str, str], str]] = {
    ("complaints", "company"): Role.BRAND,
    ("complaints", "courier"): Role.LOGISTICS,
}
_PERIODS: Final = (("since", "until"), ("made_from", "made_until"))
_LIMITED: Final = tuple(kind for kind, ends in ENDS.items() if ends.source or ends.target)
NAMED: Final = 5  # missing rows that a warning names


class _Reader:
    """One source read as one table."""

    def __init__(self, table: Table, source: Source, context: Context) -> None:
        header = source.header or ()
        self.table = table
        self.file = source.name
        self.context = context
        self._plan: list[tuple[str, Convert]] = []
        found = columns_of(table, header)
        known = {column.name for column in found if column is not None}
        if column := missing(table, known):
            raise LoadError(
                f"{source.name}: has no column {column!r}",
                remedy=f"Add it ({table.by_name[column].doc}), or say with --as what the file holds.",
                file=source.name,
            )
        for place, (name, column_or_none) in enumerate(zip(header, found, strict=True)):
            if column_or_none is None:
                self._plan.append(self._unknown(name or f"column {place + 1}", known))
            else:
                self._plan.append((column_or_none.name, converter(column_or_none)))
                context.headers[column_or_none.name] = name
        self._companies = [c for c in table.columns if c.kind is Kind.COMPANY and c.name in known]
        self._references = [c for c in table.columns if c.kind is Kind.REFERENCE and c.name in known]
        self._rows = {
            c.refers: References(context.store, c.refers, context.loaded_at) for c in self._references
        }
        self._money = [c.name for c in table.columns if c.kind is Kind.MONEY and c.name in known]
        self._required = [c.name for c in table.columns if c.required and c.name in known]
        self._ids: dict[str, dict[Value | None, Value | None]] = {}  # by column: the ids that texts mean
        self._wrong: dict[tuple[str, Value | None], CellError] = {}  # column and text that means no company
        self._written = CompanyRows(source.name, context) if table.name == "companies" else None

    def _unknown(self, name: str, known: set[str]) -> tuple[str, Convert]:
        near = slip(self.table, name, known)
        better = f"; if it is {near}, write that" if near else ""
        self.context.warn(f"column {name!r} is unknown and kept as text{better}")
        name = meant(name)
        if name in self.table.by_name:  # its column was taken by a header that names it as well
            name = f"{name} (2)"
        return name, text_converter(name)

    def facts(self, source: Source) -> Iterator[Fact | Reject]:
        """All rows, as facts or rejects."""
        for numbers, columns, rejects in chunks(source.rows()):
            yield from rejects
            if numbers:
                yield from self._chunk(numbers, columns)
        if self._written is not None:
            yield from self._written.held()

    def _chunk(self, numbers: Sequence[int], columns: Sequence[Sequence[Cell]]) -> Iterator[Fact | Reject]:
        bad: Bad = {}
        values = {
            name: convert(column, bad) for (name, convert), column in zip(self._plan, columns, strict=True)
        }
        for column in self._companies:
            values[column.name] = self._company_ids(column, values[column.name], numbers, bad)
        for column in self._references:
            values[column.name] = self._row_ids(column, values, numbers, bad)
        if "currency" in values and self.table.name != "rates":
            self._exchange(values, bad)
        for name in self._required:
            if None in values[name] and not (self._written and name == "id"):
                self._note_missing(name, values[name], bad)
        for reference in self._rows.values():
            yield from self._made(reference)
        if self.table.name == "links":
            yield from self._links(numbers, values, bad)
        elif self._written is not None:
            yield from self._written.facts(numbers, _rows(values), bad)
        else:
            yield from self._plain(numbers, values, bad)

    def _made(self, reference: References) -> Iterator[Fact]:
        if made := reference.made:
            table = made[0].table
            named = ", ".join(fact.id for fact in made[:NAMED]) + (", …" if len(made) > NAMED else "")
            self.context.warn(
                f"{table} that no table lists: {named}; they are kept with no more than their name"
            )
            yield from made
            made.clear()

    def _note_missing(self, name: str, values: Values, bad: Bad) -> None:
        doc = self.table.by_name[name].doc
        for i, value in enumerate(values):
            if value is None and not any(problem.column == name for problem in bad.get(i, ())):
                bad.setdefault(i, []).append(Problem(name, "", "missing", f"Give {name}: {doc}."))

    def _company_ids(self, column: Column, values: Values, numbers: Sequence[int], bad: Bad) -> Values:
        """Ids for the texts of a column of companies."""
        known = self._ids.setdefault(column.name, {})
        found: Values = list(map(known.get, values))
        if None in found:
            met = (self.table.name, column.name) in _MET
            for i, text in enumerate(values):
                # A row that is rejected makes no company.
                if text is not None and found[i] is None and not (met and i in bad):
                    found[i] = known.get(text) or self._company_id(column.name, str(text), numbers[i])
                    known[text] = found[i]
        wrong = self._wrong
        if wrong:
            for i, text in enumerate(values):
                if (error := wrong.get((column.name, text))) is not None:
                    bad.setdefault(i, []).append(Problem(column.name, text, error.reason, error.remedy))
        return found

    def _company_id(self, column: str, text: str, number: int) -> str | None:
        """The id that a text means, None where it means none: then `_wrong` says why."""
        if (column, text) in self._wrong:
            return None
        companies, role = self.context.companies, _MET.get((self.table.name, column))
        try:
            if role is None:
                return companies.find(text)
            found = companies.known_as(text)
            is_new = not isinstance(found, CellError) and found.how == "new"
            return companies.meet(text, f"{self.file}:{number}", role if is_new else "")
        except CellError as error:
            self._wrong[column, text] = error
            return None

    def _row_ids(
        self, column: Column, values: Mapping[str, Values], numbers: Sequence[int], bad: Bad
    ) -> Values:
        """Ids for the texts of a column that refers to another table."""
        rows = self._rows[column.refers]
        owners = values.get("company") or [None] * len(numbers)
        found: Values = []
        for i, (text, owner) in enumerate(zip(values[column.name], owners, strict=True)):
            if text is None or i in bad:  # a row that is rejected makes nothing
                found.append(text)
                continue
            try:
                found.append(rows.find(str(text), f"{self.file}:{numbers[i]}", str(owner or "")))
            except CellError as error:
                bad.setdefault(i, []).append(Problem(column.name, text, error.reason, error.remedy))
                found.append(None)
        return found

    def _exchange(self, values: dict[str, Values], bad: Bad) -> None:
        """Money into the store's currency; what it was stands in the evidence."""
        named = values.pop("currency")
        money = self.context.money
        rates: dict[Value, tuple[str, float] | CellError] = {}
        for i, text in enumerate(named):
            if text is None:
                continue
            if text not in rates:
                rates[text] = self._rate(str(text))
            rate = rates[text]
            if isinstance(rate, CellError):
                bad.setdefault(i, []).append(Problem("currency", text, rate.reason, rate.remedy))
            elif rate[0] != money.currency:
                told = []
                for name in self._money:
                    if isinstance(amount := values[name][i], float):
                        values[name][i] = amount * rate[1]
                        told.append(f"{name} {amount:.12g} {rate[0]} at {rate[1]:.12g}")
                if told:
                    evidence = values.setdefault("evidence", [None] * len(named))
                    evidence[i] = "; ".join(filter(None, (str(evidence[i] or ""), *told)))

    def _rate(self, text: str) -> tuple[str, float] | CellError:
        try:
            currency = code(text)
            if self.table.name == "companies":
                self.context.money.settle(currency)
            return currency, self.context.money.rate(currency)
        except CellError as error:
            return error

    def _plain(
        self, numbers: Sequence[int], values: Mapping[str, Values], bad: Bad
    ) -> Iterator[Fact | Reject]:
        """Rows of tables without rules of their own."""
        table, file, loaded_at = self.table, self.file, self.context.loaded_at
        check = self.table.name == "rates" or any(last in values for _, last in _PERIODS)
        for i, (number, row) in enumerate(zip(numbers, _rows(values), strict=True)):
            if check and (problem := _wrong_whole(table, row)):
                bad.setdefault(i, []).append(problem)
            if i in bad:
                yield Reject(number, tuple(bad[i]))
            else:
                key = tuple([str(row.get(name, "")) for name in table.key])
                yield Fact(table.name, key, row, f"{file}:{number}", loaded_at)

    def _links(
        self, numbers: Sequence[int], values: Mapping[str, Values], bad: Bad
    ) -> Iterator[Fact | Reject]:
        """Links: their ends may stand there, and their key is in canonical order."""
        file, loaded_at = self.file, self.context.loaded_at
        source, kind, target = (values[name] for name in ("source", "kind", "target"))
        periods = "until" in values and "since" in values
        if not bad and not periods and set(kind) == {LinkKind.SUPPLIES} and not any(map(eq, source, target)):
            blank = repeat("")  # by far the most rows: nothing can be wrong with them any more
            category, period = values.get("category"), values.get("period")
            keys = zip(source, kind, target, _texts(category) or blank, _texts(period) or blank, strict=False)
            for number, key, row in zip(numbers, keys, _rows(values), strict=True):
                yield Fact("links", key, row, f"{file}:{number}", loaded_at)  # type: ignore[arg-type]
            return
        for i, (number, row) in enumerate(zip(numbers, _rows(values), strict=True)):
            problem = None if i in bad else self._wrong_link(row, periods)
            if problem:
                bad.setdefault(i, []).append(problem)
            if i in bad:
                yield Reject(number, tuple(bad[i]))
            else:
                yield Fact("links", _key(row), row, f"{file}:{number}", loaded_at)

    def _wrong_link(self, row: Mapping[str, Value], periods: bool) -> Problem | None:
        source, kind, target = row["source"], row["kind"], row["target"]
        wrong = self._wrong_ends(kind, source, target) if source == target or kind in _LIMITED else None
        return wrong or (_wrong_whole(self.table, row) if periods else None)

    def _wrong_ends(self, kind: Value, source: Value, target: Value) -> Problem | None:
        if source == target:
            return Problem("target", target, "a company linked to itself", "Name the other company.")
        found = self.context.companies.misplaced(str(kind), str(source), str(target))
        return Problem(*found) if found else None


def _texts(values: Values | None) -> list[str] | None:
    """A column of texts, '' for blanks."""
    return [str(value) if value is not None else "" for value in values] if values else None


def _key(row: dict[str, Value]) -> Key:
    """The key of a link, its category filled in or, where links of its kind have none, taken out."""
    source, kind, target = str(row["source"]), str(row["kind"]), str(row["target"])
    if kind in SYMMETRIC or kind == LinkKind.OWNS:
        row.pop("category", None)
    elif category := default_category(kind, source):
        row.setdefault("category", category)
    if kind in SYMMETRIC and source > target:
        source, target = target, source
    return (source, kind, target, str(row.get("category", "")), str(row.get("period", "")))


def _rows(values: Mapping[str, Values]) -> Iterator[dict[str, Value]]:
    """Columns into rows that hold what is not blank."""
    full = [name for name, column in values.items() if None not in column]
    rest = [(name, column) for name, column in values.items() if None in column]
    if not full:
        return _completed(({} for _ in rest[0][1]), rest)
    columns = [values[name] for name in full]
    rows: Iterator[dict[str, Value]] = map(dict, map(zip, repeat(full), zip(*columns, strict=True)))
    return _completed(rows, rest) if rest else rows


def _completed(
    rows: Iterator[dict[str, Value]], rest: Sequence[tuple[str, Values]]
) -> Iterator[dict[str, Value]]:
    for i, row in enumerate(rows):
        for name, column in rest:
            value = column[i]
            if value is not None:
                row[name] = value
        yield row


def _wrong_whole(table: Table, row: Mapping[str, Value]) -> Problem | None:
    """What is wrong with a row whose cells are right one by one."""
    if table.name == "rates" and row.get("rate") == 0.0:
        return Problem("rate", 0, "a rate of 0", "Write what one unit of the currency is worth.")
    for first, last in _PERIODS:
        if first in row and last in row and str(row[last]) < str(row[first]):
            return Problem(
                last, row[last], f"before {first} {row[first]}", f"Write a date not before {first}."
            )
    return None


def _facts(table: Table, source: Source, context: Context) -> Iterator[Fact | Reject]:
    yield from _Reader(table, source, context).facts(source)


def _loader(table: Table) -> Loader:
    recognises: Callable[[Source], float] = partial(likeness, table)
    return Loader(table.name, f"a table of {table.name}", table.name, recognises, partial(_facts, table))


LOADERS: Final = tuple(_loader(table) for table in TABLES.values())
