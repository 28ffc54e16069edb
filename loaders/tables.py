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
from loaders.columns import Bad, Convert, Values, chunks, converter, currencies, text_converter
from loaders.companyrows import CompanyRows
from loaders.currency import code
from loaders.headers import columns_of, implies_supply, likeness, missing, slip
from loaders.reading.cells import CellError
from loaders.reading.rows import Cell
from loaders.reading.sources import Source
from loaders.reading.spreadsheet import meant
from loaders.references import References

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
        self._implied = table.name == "links" and "kind" not in known and implies_supply(header)
        if self._implied:
            known.add("kind")
        if column := missing(table, known):
            raise LoadError(
                f"{source.name}: has no column {column!r}",
                remedy=f"Add it ({table.by_name[column].doc}), or say with --as what the file holds.",
                file=source.name,
            )
        unknown: list[str] = []
        for place, (name, column_or_none) in enumerate(zip(header, found, strict=True)):
            if column_or_none is None:
                unknown.append(name or f"column {place + 1}")
                self._plan.append(self._unknown(unknown[-1]))
            else:
                self._plan.append((column_or_none.name, converter(column_or_none)))
                context.headers[column_or_none.name] = name
        self._tell(unknown, known)
        self._companies = [c for c in table.columns if c.kind is Kind.COMPANY and c.name in known]
        self._references = [c for c in table.columns if c.kind is Kind.REFERENCE and c.name in known]
        self._rows = {
            c.refers: References(context.store, c.refers, context.loaded_at) for c in self._references
        }
        self._money = [c.name for c in table.columns if c.kind is Kind.MONEY and c.name in known]
        self._required = [c.name for c in table.columns if c.required and c.name in known]
        self._met: dict[str, set[Value]] = {}  # by column: the texts that accepted rows mentioned
        self._ids: dict[str, dict[Value | None, Value | None]] = {}  # by column: the ids that texts mean
        self._wrong: dict[tuple[str, Value | None], CellError] = {}  # column and text that means no company
        self._written = CompanyRows(source.name, context) if table.name == "companies" else None

    def _tell(self, unknown: Sequence[str], known: set[str]) -> None:
        """One warning for all columns that are unknown."""
        if not unknown:
            return
        near = {name: column for name in unknown if (column := slip(self.table, name, known))}
        shown = [*near, *(name for name in unknown if name not in near)][:NAMED]
        named = ", ".join(f"{n!r} (if it is {near[n]}, write that)" if n in near else repr(n) for n in shown)
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        many = "columns {} are" if len(unknown) > 1 else "column {} is"
        self.context.warn(f"{many.format(named + more)} unknown and kept as text")

    def _unknown(self, name: str) -> tuple[str, Convert]:
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
        if self._implied:
            values["kind"] = [str(LinkKind.SUPPLIES)] * len(numbers)  # as its cells would say it
        named = {column.name: values[column.name] for column in self._companies}
        for column in self._companies:
            values[column.name] = self._company_ids(column, values[column.name], bad)
        if self.table.name == "rates":
            self._codes(values, bad)
        elif self._money or "currency" in values:
            written = {
                name: currencies(column)
                for (name, _), column in zip(self._plan, columns, strict=True)
                if name in self._money
            }
            self._exchange(values, written, bad)
        for name in self._required:
            if None in values[name] and not (self._written and name == "id"):
                self._note_missing(name, values[name], bad)
        self._check_whole(values, bad)
        for column in self._references:
            self._check_references(column, values, bad)
        # A row that is rejected makes nothing, so what others make comes after all that may be wrong.
        self._meet(named, values, numbers, bad)
        for column in self._references:
            values[column.name] = self._row_ids(column, values, numbers, bad)
        for reference in self._rows.values():
            self._made(reference)
        if self.table.name == "links":
            yield from self._links(numbers, values, bad)
        elif self._written is not None:
            yield from self._written.facts(numbers, _rows(values), bad)
        else:
            yield from self._plain(numbers, values, bad)

    def _made(self, reference: References) -> None:
        if made := reference.made:
            table = made[0].table
            named = ", ".join(fact.id for fact in made[:NAMED]) + (", …" if len(made) > NAMED else "")
            self.context.warn(
                f"{table} that no table lists: {named}; they are kept with no more than their name"
            )
            for fact in made:
                self.context.mention(fact)
            made.clear()

    def _note_missing(self, name: str, values: Values, bad: Bad) -> None:
        doc = self.table.by_name[name].doc
        for i, value in enumerate(values):
            if value is None and not any(problem.column == name for problem in bad.get(i, ())):
                bad.setdefault(i, []).append(Problem(name, "", "missing", f"Give {name}: {doc}."))

    def _check_whole(self, values: Mapping[str, Values], bad: Bad) -> None:
        """What is wrong with rows whose cells are right one by one."""
        if self._written is not None:
            unnamed = zip(*(values[name] for name in ("id", "name") if name in values), strict=True)
            for i, row in enumerate(unnamed):
                if not any(row) and i not in bad:
                    bad[i] = [Problem("name", "", "missing", "Give the company's name, or its id.")]
        for first, last in _PERIODS:
            if first in values and last in values:
                for i, (begin, end) in enumerate(zip(values[first], values[last], strict=True)):
                    if begin is not None and end is not None and str(end) < str(begin):
                        remedy = f"Write a date not before {first}."
                        bad.setdefault(i, []).append(Problem(last, end, f"before {first} {begin}", remedy))

    def _company_ids(self, column: Column, values: Values, bad: Bad) -> Values:
        """Ids for the texts of a column of companies; makes none."""
        wrong, registry = self._wrong, self.context.companies.registry
        if not wrong and (self.table.name, column.name) not in _MET and registry.ids >= set(values):
            return values  # by far the most columns
        known = self._ids.setdefault(column.name, {})
        found: Values = list(map(known.get, values))
        if None in found:
            for i, text in enumerate(values):
                if text is not None and found[i] is None:
                    found[i] = known[text] = known.get(text) or self._company_id(column.name, str(text))
        for i, text in enumerate(values if wrong else ()):
            if (error := wrong.get((column.name, text))) is not None:
                bad.setdefault(i, []).append(Problem(column.name, text, error.reason, error.remedy))
        return found

    def _company_id(self, column: str, text: str) -> str | None:
        """The id that a text means, None where it means none: then `_wrong` says why."""
        if (column, text) in self._wrong:
            return None
        companies = self.context.companies
        try:
            if (self.table.name, column) not in _MET:
                return companies.find(text)
            found = companies.known_as(text)
            return companies.find(text) if isinstance(found, CellError) else found.id
        except CellError as error:
            self._wrong[column, text] = error
            return None

    def _meet(
        self, named: Mapping[str, Values], values: Mapping[str, Values], numbers: Sequence[int], bad: Bad
    ) -> None:
        """Makes the companies that accepted rows are the first to name. `named`: columns as written."""
        companies = self.context.companies
        for column, texts in named.items():
            role = _MET.get((self.table.name, column))
            if role is None:
                continue
            known, met = self._ids[column], self._met.setdefault(column, set())
            for i, text in enumerate(texts):
                if text is None or i in bad:
                    continue
                if text not in met:
                    met.add(text)
                    known[text] = companies.meet(str(text), f"{self.file}:{numbers[i]}", role)
                values[column][i] = known[text]  # two new names of one slug have two ids

    def _check_references(self, column: Column, values: Mapping[str, Values], bad: Bad) -> None:
        rows = self._rows[column.refers]
        owners = values.get("company") or repeat(None)
        for i, (text, owner) in enumerate(zip(values[column.name], owners, strict=False)):
            if text is not None and i not in bad:
                try:
                    rows.known(str(text), str(owner or ""))
                except CellError as error:
                    bad[i] = [Problem(column.name, text, error.reason, error.remedy)]

    def _row_ids(
        self, column: Column, values: Mapping[str, Values], numbers: Sequence[int], bad: Bad
    ) -> Values:
        """Ids for the texts of a column that refers to another table."""
        rows = self._rows[column.refers]
        owners = values.get("company") or [None] * len(numbers)
        found: Values = []
        for i, (text, owner) in enumerate(zip(values[column.name], owners, strict=True)):
            if text is None or i in bad:
                found.append(text)
                continue
            try:
                found.append(rows.find(str(text), f"{self.file}:{numbers[i]}", str(owner or "")))
            except CellError as error:  # a row of this chunk made the second that bears the name
                bad.setdefault(i, []).append(Problem(column.name, text, error.reason, error.remedy))
                found.append(None)
        return found

    def _codes(self, values: Mapping[str, Values], bad: Bad) -> None:
        """The currencies of a table of rates as codes: RMB and 人民币 are one."""
        named = values["currency"]
        for i, text in enumerate(named):
            try:
                named[i] = None if text is None else code(str(text))
            except CellError as error:
                bad.setdefault(i, []).append(Problem("currency", text, error.reason, error.remedy))
            rate = values["rate"][i]
            if rate == 0.0:
                remedy = "Write what one unit of the currency is worth."
                bad.setdefault(i, []).append(Problem("rate", 0, "a rate of 0", remedy))
            if named[i] and named[i] == self.context.money.currency and rate not in (1.0, None):
                problem = Problem("rate", rate, "the store's own currency", "Write 1, or remove the row.")
                bad.setdefault(i, []).append(problem)

    def _exchange(
        self, values: dict[str, Values], written: Mapping[str, Mapping[int, tuple[str, ...]]], bad: Bad
    ) -> None:
        """Money into the store's currency; what it was stands in the evidence. `written`: what the cells of
        each column of money say of their currency."""
        stated = values.pop("currency", None)
        if stated is None and not any(written.values()):
            return
        size = len(next(iter(values.values())))
        named = stated or [None] * size
        money = self.context.money
        rates: dict[tuple[Value | None, ...], tuple[str, float]] = {}
        for i, text in enumerate(named):
            places = [name for name, found in written.items() if i in found]
            marks = tuple(mark for name in places for mark in written[name][i])
            if text is None and not marks:
                continue
            try:
                rate = rates.get((text, *marks)) or self._rate(str(text or ""), marks)
            except CellError as error:
                column, value = ("currency", text) if text else (places[0], "; ".join(marks))
                bad.setdefault(i, []).append(Problem(column, value, error.reason, error.remedy))
                continue
            rates[text, *marks] = rate
            if rate[0] != money.currency:
                told = []
                for name in self._money:
                    if isinstance(amount := values[name][i], float):
                        values[name][i] = amount * rate[1]
                        told.append(f"{name} {amount:.12g} {rate[0]} at {rate[1]:.12g}")
                if told:
                    evidence = values.setdefault("evidence", [None] * size)
                    evidence[i] = "; ".join(filter(None, (str(evidence[i] or ""), *told)))

    def _rate(self, stated: str, marks: Sequence[str]) -> tuple[str, float]:
        currency = self.context.money.named(stated, marks)
        if self.table.name == "companies":
            self.context.money.settle(currency)
        return currency, self.context.money.rate(currency)

    def _plain(
        self, numbers: Sequence[int], values: Mapping[str, Values], bad: Bad
    ) -> Iterator[Fact | Reject]:
        """Rows of tables without rules of their own."""
        table, file, loaded_at = self.table, self.file, self.context.loaded_at
        for i, (number, row) in enumerate(zip(numbers, _rows(values), strict=True)):
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
        if not bad and set(kind) == {LinkKind.SUPPLIES} and not any(map(eq, source, target)):
            blank = repeat("")  # by far the most rows: nothing can be wrong with them any more
            category, period = values.get("category"), values.get("period")
            keys = zip(source, kind, target, _texts(category) or blank, _texts(period) or blank, strict=False)
            for number, key, row in zip(numbers, keys, _rows(values), strict=True):
                yield Fact("links", key, row, f"{file}:{number}", loaded_at)  # type: ignore[arg-type]
            return
        for i, (number, row) in enumerate(zip(numbers, _rows(values), strict=True)):
            problem = None if i in bad else self._wrong_ends(row)
            if problem:
                bad.setdefault(i, []).append(problem)
            if i in bad:
                yield Reject(number, tuple(bad[i]))
            else:
                yield Fact("links", _key(row), row, f"{file}:{number}", loaded_at)

    def _wrong_ends(self, row: Mapping[str, Value]) -> Problem | None:
        source, kind, target = row["source"], row["kind"], row["target"]
        if source == target:
            return Problem("target", target, "a company linked to itself", "Name the other company.")
        if kind not in _LIMITED:
            return None
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


def _facts(table: Table, source: Source, context: Context) -> Iterator[Fact | Reject]:
    yield from _Reader(table, source, context).facts(source)


def _loader(table: Table) -> Loader:
    recognises: Callable[[Source], float] = partial(likeness, table)
    return Loader(table.name, f"a table of {table.name}", table.name, recognises, partial(_facts, table))


LOADERS: Final = tuple(_loader(table) for table in TABLES.values())
