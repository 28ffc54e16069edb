"""What files of NHTSA (the US office for vehicle safety) have in common: fields, dates, brands and products.

Flat files are TAB delimited, without header and without quoting (official layouts CMPL.txt and RCL.txt); the
API's tables have headers, dates such as /Date(991195200000-0400)/, and components joined by " | ".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graph.model import Fact, Value
from graph.names import key
from graph.ontology import Role
from loaders.base import Context, Reject, reject
from loaders.headers import label
from loaders.reading import cells
from loaders.reading.cells import CellError
from loaders.reading.rows import BadRow, Cell, Row
from loaders.reading.sources import Source
from loaders.references import id_part

NO_YEAR: Final = ("", "0", "9999")
_US_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")
# What a maker's national company adds to the make.
_ADDED: Final = (
    "motor motors company automobile automobiles automotive auto car cars vehicle vehicles sales america"
    " american usa us of north the group international division trucks truck"
)
_COMMON: Final = frozenset(_ADDED.split())


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of NHTSA file: `fields` of the flat file in order, `headers` the labels of the API's columns
    that name a field otherwise, `needed` the fields that tell the kind by its header, `looks` whether a row
    of a flat file is of the kind, `counts` how many cells it may have."""

    fields: tuple[str, ...]
    headers: Mapping[str, str]
    needed: tuple[str, ...]
    looks: Callable[[Sequence[str]], bool]
    counts: range

    def of_header(self, header: Sequence[str]) -> list[str]:
        """The field of each column, '' where none."""
        names = {label(field): field for field in self.fields} | dict(self.headers)
        return [names.get(label(name), "") for name in header]

    def recognises(self, source: Source) -> float:
        """Whether a source is of this kind: 1 or 0."""
        if source.header is not None and set(self.needed) <= set(self.of_header(source.header)):
            return 1.0
        return float(self._is_flat(source))

    def _is_flat(self, source: Source) -> bool:
        """Rows without a header: all of the first ones must look as they should (one in ten may be torn)."""
        if source.read_flat is None:
            return False
        if source.flat:
            rows = [[cells.text(cell) for cell in row.cells] for row in source.first if isinstance(row, Row)]
        else:
            rows = [[name.strip() for name in source.header or ()]]
        good = sum(len(row) in self.counts and self.looks(row) for row in rows)
        return bool(rows) and good * 10 >= len(rows) * 9

    def records(self, source: Source) -> Iterator[tuple[int, dict[str, str]] | Reject]:
        """Each row with its number, as its fields that are not blank."""
        if source.header is not None and set(self.needed) <= set(self.of_header(source.header)):
            names, rows = self.of_header(source.header), source.rows()
        else:
            names, rows = list(self.fields), source.flat_rows()
        for row in rows:
            if isinstance(row, BadRow):
                yield reject(row.number, row)
            elif len(row.cells) not in self.counts and names == list(self.fields):
                yield _miscounted(row, self.counts)
            else:
                yield row.number, _record(names, row.cells)


def _record(names: Sequence[str], row: Sequence[Cell]) -> dict[str, str]:
    record = {}
    for name, cell in zip(names, row, strict=False):  # layouts have grown over the years
        if name and (text := cell.strip() if isinstance(cell, str) else cells.text(cell)):
            record[name] = text
    return record


def _miscounted(row: Row, counts: range) -> Reject:
    error = CellError(
        f"{len(row.cells)} cells where the layout has {counts[0]} to {counts[-1]}",
        "Download the file again; a tab inside a text divides it.",
    )
    return reject(row.number, error)


def date_of(text: str) -> str:
    """An ISO date from any of NHTSA's ways to write one, '' where unknown. CellError for others."""
    if not text or not text.strip("0"):
        return ""
    if len(text) == 8 and text.isdigit():
        return cells.day(text).isoformat()
    if text[0] in "/\\":
        return cells.json_date(text).isoformat()
    if found := _US_DATE.fullmatch(text):
        return cells.day(f"{found[3]}-{found[1]}-{found[2]}").isoformat()
    return cells.day(text).isoformat()


def prose(text: str) -> str:
    """A text on one line: the flat file has blanks where the API has line ends."""
    return " ".join(text.split())


def extra(record: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Fields that are kept as they stand, under other names; N and 0 say nothing, since NHTSA fills blanks
    with them."""
    return {
        name: text for field, name in names.items() if (text := record.get(field, "")) not in ("", "N", "0")
    }


class Cast:
    """The brands and products that a file names."""

    def __init__(self, source: Source, context: Context) -> None:
        self._file = source.name
        self._context = context
        self._brands: dict[tuple[str, str], str | CellError] = {}
        columns = context.store.columns({"products": ["id"]})[1]["products"]["id"]
        self._products = set(getattr(columns, "names", ()))

    def brand(self, make: str, manufacturer: str, row: int) -> str:
        """The company of a make. CellError where that is not one."""
        known = self._brands.get((make, manufacturer))
        if known is None:
            try:
                known = self._brand(make or manufacturer, manufacturer, f"{self._file}:{row}")
            except CellError as error:
                known = error
            self._brands[make, manufacturer] = known
        if isinstance(known, CellError):
            raise known
        return known

    def _brand(self, make: str, manufacturer: str, ref: str) -> str:
        companies = self._context.companies
        if not same_firm(make, manufacturer):
            return companies.meet(make, ref, Role.BRAND)
        other = companies.known_as(manufacturer)
        if isinstance(other, CellError) or not companies.is_stated(other.id):
            return companies.meet(make, ref, Role.BRAND, (manufacturer,))
        by_make = companies.known_as(make)
        if isinstance(by_make, CellError) or by_make.how == "new":
            return companies.meet(manufacturer, ref, Role.BRAND, (make,))
        return companies.meet(make, ref, Role.BRAND, (manufacturer,) if by_make.id == other.id else ())

    def product(self, company: str, make: str, record: Mapping[str, str], row: int) -> str:
        """The id of a model of a year, COMPANY:MODEL:YEAR; '' without a model. A new one is mentioned."""
        model, year = record.get("MODELTXT", ""), record.get("YEARTXT", "")
        part = id_part(model)
        if not part:
            return ""
        year = "" if year in NO_YEAR else year
        id = ":".join(filter(None, (company, part, year)))
        if id not in self._products:
            self._products.add(id)
            name = prose(" ".join(filter(None, (make, model, year))).upper())
            values: dict[str, Value] = {"id": id, "company": company, "name": name, "inferred": ("id",)}
            ref, loaded_at = f"{self._file}:{row}", self._context.loaded_at
            self._context.mention(Fact("products", (id,), values, ref, loaded_at))
        return id


def is_named(make: str, manufacturer: str) -> bool:
    """Whether a manufacturer needs no mention beside the company that a row is about: it is that company."""
    return not manufacturer or not make or same_firm(make, manufacturer)


def same_firm(make: str, manufacturer: str) -> bool:
    """Whether a manufacturer is the make's own firm: its name and what national companies add to it."""
    ours, theirs = key(make).split(), key(manufacturer).split()
    return bool(ours) and theirs[: len(ours)] == ours and _COMMON.issuperset(theirs[len(ours) :])
