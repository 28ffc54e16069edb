"""Use tables of the US input-output accounts (BEA): industries as companies, what they buy as links.

A row is a commodity, a column an industry, a cell what the industry bought of the commodity [million USD a
year, producer prices]. A commodity is taken as sold by the industry of the same code, its main producer
(inferred: the make table would divide secondary products too), imports of it among them. What an industry
buys of its own commodity is left out, since no company sells to itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from graph.errors import LoadError
from graph.model import Fact, Value
from graph.ontology import LinkKind, Role
from loaders.base import Context, Loader, Problem, Reject, reject
from loaders.bea_names import NAMES
from loaders.reading import cells
from loaders.reading.cells import CellError
from loaders.reading.rows import BadRow, Row
from loaders.reading.sources import Source

MILLION: Final = 1e6
# Summary and detail tables name their columns and rows apart.
_INTERMEDIATE: Final = ("Total Intermediate", "T001")  # what stands after the last industry
_BOUGHT: Final = ("Total Intermediate", "T005")  # what stands below the last commodity
_HOUSEHOLDS: Final = ("F010", "F01000")
_OUTPUT: Final = ("Total Industry Output", "T008")
_VALUE_ADDED: Final = ("Total Value Added", "T006")
_MEANINGS: Final = (  # how lists of codes begin
    ("Code", "Name", "Category", "Subcategory", "Description"),
    ("Code", "Commodity", "Industry", "Scrap", "UsedGoods"),
)
_CODE: Final = re.compile(r"[0-9][0-9A-Z]{1,5}")  # of an industry, a commodity, or a year
_MANY: Final = 20


@dataclass(frozen=True, slots=True)
class _Columns:
    """The industries with their places, and where households' purchases stand."""

    industries: Mapping[str, int]
    households: int


@dataclass(frozen=True, slots=True)
class _Told:
    """One row: a commodity or a total, with its numbers by column [million USD]."""

    number: int
    code: str
    figures: Mapping[int, float]


def _columns(header: Sequence[str]) -> _Columns | None:
    ends = [header.index(name) for name in _INTERMEDIATE if name in header]
    homes = [header.index(name) for name in _HOUSEHOLDS if name in header]
    if not ends or not homes or ends[0] > homes[0]:
        return None
    return _Columns({code.strip(): place for place, code in enumerate(header[: ends[0]]) if place}, homes[0])


def _recognises(source: Source) -> float:
    return 1.0 if source.header is not None and _columns(source.header) else 0.0


def _beside(source: Source) -> bool:
    """Tables that are published with a use table: make tables, output by year, what the codes mean."""
    header = source.header or ()
    if tuple(header[:5]) in _MEANINGS:
        return True
    return (
        tuple(header[:1]) == ("rownames",)
        and sum(bool(_CODE.fullmatch(name)) for name in header[1:]) >= _MANY
    )


def _facts(source: Source, context: Context) -> Iterator[Fact | Reject]:
    columns = _columns(source.header or ())
    if columns is None:
        raise LoadError(
            f"{source.name}: is no use table: it lacks industries, their total or households",
            remedy="Load the use table, commodities by industries, as it is published.",
            file=source.name,
        )
    rows: dict[str, _Told] = {}
    for row in source.rows():
        told = _read(row, columns)
        if isinstance(told, Reject):
            yield told
        elif told.code in rows:
            yield reject(row.number, CellError("this row stands twice", "Remove one of the two."))
        else:
            rows[told.code] = told
    context.money.settle("USD")
    unit = MILLION * context.money.rate("USD")
    yield from _industries(columns, rows, unit, source.name, context)
    sold = [code for code in rows if code in columns.industries]
    for code in sold:
        yield from _links(rows[code], columns, unit, source.name, context)
    bought = takewhile(lambda code: code not in _BOUGHT, rows)
    others = [code for code in bought if code not in columns.industries and _is_bought(rows[code], columns)]
    if others:
        context.warn(f"rows that no industry of the table makes are left out: {', '.join(others)}")


def _read(row: Row | BadRow, columns: _Columns) -> _Told | Reject:
    if isinstance(row, BadRow):
        return reject(row.number, row)
    figures: dict[int, float] = {}
    code = cells.text(row.cells[0])
    for place in (*columns.industries.values(), columns.households):
        try:
            figures[place] = cells.number(row.cells[place]) if row.cells[place] not in ("", None) else 0.0
        except CellError as error:
            return Reject(row.number, (Problem(code, row.cells[place], error.reason, error.remedy),))
    return _Told(row.number, code, figures)


def _is_bought(told: _Told, columns: _Columns) -> bool:
    return any(told.figures[place] for place in columns.industries.values())


def _first(rows: Mapping[str, _Told], names: Sequence[str]) -> _Told | None:
    return next((rows[name] for name in names if name in rows), None)


def _industries(
    columns: _Columns, rows: Mapping[str, _Told], unit: float, file: str, context: Context
) -> Iterator[Fact]:
    """The industries as suppliers, with output, value added and what households buy of it."""
    output, added = _first(rows, _OUTPUT), _first(rows, _VALUE_ADDED)
    for code, place in columns.industries.items():
        values: dict[str, Value] = {
            "id": f"bea-{code}",
            "name": NAMES.get(code, code),
            "roles": (Role.SUPPLIER.value,),
            "country": "US",
        }
        number = rows[code].number if code in rows else 1
        if output is not None and (made := output.figures[place]) > 0:
            values["annual_revenue"] = made * unit
            number = output.number
            if code in rows:
                values["consumer_share"] = min(1.0, max(0.0, rows[code].figures[columns.households] / made))
        if added is not None and added.figures[place] >= 0:
            values["value_added"] = added.figures[place] * unit
        fact = Fact("companies", (f"bea-{code}",), values, f"{file}:{number}", context.loaded_at)
        context.companies.state(fact)
        yield fact


def _links(told: _Told, columns: _Columns, unit: float, file: str, context: Context) -> Iterator[Fact]:
    """What the industries bought of one commodity. No row of goods of many kinds is a part that production
    waits for: not essential, and marked as an assumption."""
    for code, place in columns.industries.items():
        value = told.figures[place]
        if value <= 0 or code == told.code:
            continue
        source, target = f"bea-{told.code}", f"bea-{code}"
        values: dict[str, Value] = {
            "source": source,
            "kind": LinkKind.SUPPLIES.value,
            "target": target,
            "category": NAMES.get(told.code, told.code),
            "annual_value": value * unit,
            "essential": False,
            "inferred": ("annual_value",),
            "assumed": ("essential",),
        }
        key = (source, LinkKind.SUPPLIES.value, target, str(values["category"]), "")
        yield Fact("links", key, values, f"{file}:{told.number}", context.loaded_at)


LOADER: Final = Loader(
    "bea_use",
    "use tables of the US input-output accounts: industries and what they buy of each other",
    "links",
    _recognises,
    _facts,
    beside=_beside,
)
