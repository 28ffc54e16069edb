"""Shares of a supplier's net sales that 10-K filings state by customer and fiscal year (SEC, item 1).

One row: supplier, customer, fiscal year, share. The newest year known of a pair is the link as it is, from
the first day of that year; earlier years are its history, as closed periods named FY2018 that end where the
next year known begins. A file that comes later may be older or newer than what the store holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from graph.errors import LoadError
from graph.model import Fact, Value
from graph.ontology import LinkKind, Role
from loaders.base import Context, Loader, Problem, Reject, reject
from loaders.headers import label
from loaders.reading import cells
from loaders.reading.cells import CellError
from loaders.reading.rows import BadRow, Cell, Row
from loaders.reading.sources import Source

_SUPPLIER: Final = ("supplier", "seller", "filer", "供应商")
_CUSTOMER: Final = ("customer", "buyer", "客户")
_YEAR: Final = ("fiscalyear", "fy", "year", "财年", "年度")
_EVIDENCE: Final = ("evidencesentence", "evidence", "sentence", "quote", "依据")
_SHARE: Final = re.compile(r"share|pct|percent|占比")
_PERCENT: Final = re.compile(r"pct|percent|%")
_TOO_OLD, _TOO_NEW = 1900, 2200


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns stand; `evidence` -1 if there is none. `percent`: shares are numbers of percent."""

    supplier: int
    customer: int
    year: int
    share: int
    evidence: int
    percent: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What one row tells of a pair in a year."""

    row: int
    share: float
    evidence: str


def _columns(header: Sequence[str]) -> _Columns | None:
    labels = [label(name) for name in header]

    def place(names: Sequence[str]) -> int:
        return next((labels.index(name) for name in names if name in labels), -1)

    share = next((i for i, name in enumerate(header) if _SHARE.search(name.casefold())), -1)
    found = (place(_SUPPLIER), place(_CUSTOMER), place(_YEAR), share)
    if -1 in found:
        return None
    percent = bool(_PERCENT.search(header[share].casefold()))
    return _Columns(*found, place(_EVIDENCE), percent)


def _recognises(source: Source) -> float:
    return 1.0 if source.header is not None and _columns(source.header) else 0.0


def _facts(source: Source, context: Context) -> Iterator[Fact | Reject]:
    columns = _columns(source.header or ())
    if columns is None:
        raise LoadError(
            f"{source.name}: lacks one of the columns supplier, customer, fiscal_year, share",
            remedy="Name them so.",
            file=source.name,
        )
    pairs: dict[tuple[str, str], dict[int, _Told]] = {}
    for row in source.rows():
        if isinstance(row, BadRow):
            yield reject(row.number, row)
            continue
        problem = _read(row, columns, source.name, context, pairs)
        if problem:
            yield Reject(row.number, (problem,))
    history = _History(context)
    for (supplier, customer), years in sorted(pairs.items()):
        yield from _links((supplier, customer), years, history.of(supplier, customer), source.name, context)


def _read(
    row: Row,
    columns: _Columns,
    file: str,
    context: Context,
    pairs: dict[tuple[str, str], dict[int, _Told]],
) -> Problem | None:
    """One row into `pairs`; what is wrong with it, if anything."""
    column, cell = "", None
    try:
        column, cell = "fiscal_year", row.cells[columns.year]
        year = _year(cell)
        column, cell = "share", row.cells[columns.share]
        share = _share(cell, columns.percent)
        column, cell = "supplier", row.cells[columns.supplier]
        supplier = context.companies.meet(cells.text(cell), f"{file}:{row.number}", Role.SUPPLIER)
        column, cell = "customer", row.cells[columns.customer]
        customer = context.companies.meet(cells.text(cell), f"{file}:{row.number}")
    except CellError as error:
        return Problem(column, cell, error.reason, error.remedy)
    if supplier == customer:
        return Problem("customer", cell, "a company linked to itself", "Name the other company.")
    years = pairs.setdefault((supplier, customer), {})
    evidence = cells.text(row.cells[columns.evidence]) if columns.evidence >= 0 else ""
    told = years.setdefault(year, _Told(row.number, share, evidence))
    if told.share != share:
        reason = f"row {told.row} states {told.share:.6g} for the same two companies and year"
        return Problem("share", row.cells[columns.share], reason, "Keep one of the two rows.")
    return None


def _year(cell: Cell) -> int:
    text = cells.text(cell).upper().removeprefix("FY").strip()
    year = cells.integer(text)
    if not _TOO_OLD <= year <= _TOO_NEW:
        raise CellError("not a year", "Write the fiscal year with four digits.")
    return year


def _share(cell: Cell, percent: bool) -> float:
    if not percent or (isinstance(cell, str) and "%" in cell):
        return cells.share(cell)
    value = round(cells.number(cell) / 100.0, 12)
    if not 0.0 <= value <= 1.0:
        raise CellError("not from 0 to 100 percent", "Write the percentage of the supplier's net sales.")
    return value


class _History:
    """The years of pairs that the store holds: the link as it is, if a year began it, and closed ones."""

    def __init__(self, context: Context) -> None:
        self._store = context.store
        self._supplier = ""
        self._found: dict[str, dict[int, Fact]] = {}

    def of(self, supplier: str, customer: str) -> dict[int, Fact]:
        """Links by year. Cheap where suppliers come one after the other."""
        if supplier != self._supplier:
            self._supplier, self._found = supplier, {}
            for link in self._store.scan("links", supplier):
                source, kind, target, category, period = link.key
                since = str(link.values.get("since", ""))
                is_year = since.endswith("-01-01") and (not period or period == f"FY{since[:4]}")
                if (source, kind, category) == (supplier, LinkKind.SUPPLIES, "") and is_year:
                    self._found.setdefault(target, {})[int(since[:4])] = link
        return self._found.get(customer, {})


def _links(
    ends: tuple[str, str], years: dict[int, _Told], stored: dict[int, Fact], file: str, context: Context
) -> Iterator[Fact | Reject]:
    """The links of a pair that are new or other than they were: its newest year, and the closed ones."""
    for year in sorted(years.keys() & stored.keys()):
        before, told = stored[year], years[year]
        if before.loaded_at == context.loaded_at and before.values.get("seller_share") != told.share:
            reason = f"{before.source_ref} states {before.values.get('seller_share')} for the same year"
            yield Reject(told.row, (Problem("share", told.share, reason, "Keep one of the two rows."),))
            del years[year]
    known = sorted(years.keys() | stored.keys())
    for year, following in zip(known, [*known[1:], 0], strict=True):
        values: dict[str, Value] = {
            "source": ends[0], "kind": LinkKind.SUPPLIES.value, "target": ends[1], "since": f"{year}-01-01",
        }  # fmt: skip
        if following:
            values |= {"period": f"FY{year}", "until": f"{following}-01-01"}
        period = str(values.get("period", ""))
        if year in years:
            ref = f"{file}:{years[year].row}"
            values["seller_share"] = years[year].share
            if years[year].evidence:
                values["evidence"] = years[year].evidence
        else:
            was = stored[year]
            if was.key[4] == period and was.values.get("until", "") == values.get("until", ""):
                continue
            ref = was.source_ref
            values |= {k: v for k, v in was.values.items() if k in ("seller_share", "evidence")}
        key = (ends[0], LinkKind.SUPPLIES.value, ends[1], "", period)
        yield Fact("links", key, values, ref, context.loaded_at)


LOADER: Final = Loader(
    "sec_customer_shares",
    "shares of a supplier's net sales by customer and fiscal year, from 10-K filings",
    "links",
    _recognises,
    _facts,
    settles=True,
)
