"""NHTSA's vehicle complaints, flat file or API table: the rows of one ODI number are one complaint.

Before 2003 one number may stand for several statements or vehicles of one person: their texts are joined, the
further vehicles kept in `other_products`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from graph.model import Fact, Value
from loaders.base import Context, Loader, Problem, Reject
from loaders.nhtsa import Cast, Layout, date_of, extra, is_named, prose
from loaders.reading import cells
from loaders.reading.cells import CellError
from loaders.reading.sources import Source

OPEN: Final = 50_000  # complaints that wait for further rows: flat files need not have them side by side

_FLAT: Final = (
    "CMPLID ODINO MFR_NAME MAKETXT MODELTXT YEARTXT CRASH FAILDATE FIRE INJURED DEATHS COMPDESC CITY STATE"
    " VIN DATEA LDATE MILES OCCURENCES CDESCR CMPL_TYPE POLICE_RPT_YN PURCH_DT ORIG_OWNER_YN ANTI_BRAKES_YN"
    " CRUISE_CONT_YN NUM_CYLS DRIVE_TRAIN FUEL_SYS FUEL_TYPE TRANS_TYPE VEH_SPEED DOT TIRE_SIZE LOC_OF_TIRE"
    " TIRE_FAIL_TYPE ORIG_EQUIP_YN MANUF_DT SEAT_TYPE RESTRAINT_TYPE DEALER_NAME DEALER_TEL DEALER_CITY"
    " DEALER_STATE DEALER_ZIP PROD_TYPE REPAIRED_YN MEDICAL_ATTN VEHICLES_TOWED_YN"
)
_HEADERS: Final = MappingProxyType(
    {
        "odinumber": "ODINO", "manufacturer": "MFR_NAME", "make": "MAKETXT", "model": "MODELTXT",
        "modelyear": "YEARTXT", "dateofincident": "FAILDATE", "numberofinjured": "INJURED",
        "numberofinjuries": "INJURED", "numberofdeaths": "DEATHS", "component": "COMPDESC",
        "components": "COMPDESC", "datecomplaintfiled": "LDATE", "summary": "CDESCR",
        "producttype": "PROD_TYPE",
    }
)  # fmt: skip
# Fields that no column has, and the names under which they are kept. CMPLID and DATEA tell of the file only.
_EXTRA: Final = MappingProxyType(
    {
        "CITY": "city", "STATE": "state", "VIN": "vin", "OCCURENCES": "occurrences",
        "CMPL_TYPE": "received_as", "POLICE_RPT_YN": "police_report", "ORIG_OWNER_YN": "original_owner",
        "ANTI_BRAKES_YN": "anti_lock_brakes",
        "CRUISE_CONT_YN": "cruise_control", "NUM_CYLS": "cylinders", "DRIVE_TRAIN": "drive_train",
        "FUEL_SYS": "fuel_system", "FUEL_TYPE": "fuel_type", "TRANS_TYPE": "transmission",
        "VEH_SPEED": "speed",
        "DOT": "tire_dot", "TIRE_SIZE": "tire_size", "LOC_OF_TIRE": "tire_location",
        "TIRE_FAIL_TYPE": "tire_failure", "ORIG_EQUIP_YN": "original_equipment", "MANUF_DT": "made_on",
        "SEAT_TYPE": "seat_type", "RESTRAINT_TYPE": "restraint_type", "DEALER_NAME": "dealer_name",
        "DEALER_TEL": "dealer_telephone", "DEALER_CITY": "dealer_city", "DEALER_STATE": "dealer_state",
        "DEALER_ZIP": "dealer_zip", "REPAIRED_YN": "repaired", "MEDICAL_ATTN": "medical_attention",
        "VEHICLES_TOWED_YN": "towed",
    }
)  # fmt: skip
_PRODUCT_TYPES: Final = MappingProxyType(
    {"V": "vehicle", "T": "tires", "E": "equipment", "C": "child restraint"}
)
_MILEAGE: Final = re.compile(
    r"failure mileages? (?:was|were|is)(?: approximately| about| around)?"
    r" (\d{1,3}(?:,\d{3})+|\d{1,6})(?![\d,]*\d)",
    re.I,
)
_FLAGS: Final = ("", "Y", "N")


def _looks(row: Sequence[str]) -> bool:
    return (
        row[0].isdigit()
        and row[1].isdigit()
        and (not row[5] or (len(row[5]) == 4 and row[5].isdigit()))
        and row[6] in _FLAGS
        and row[8] in _FLAGS
        and all(not row[i] or (len(row[i]) == 8 and row[i].isdigit()) for i in (7, 15, 16))
    )


LAYOUT: Final = Layout(tuple(_FLAT.split()), _HEADERS, ("ODINO", "COMPDESC", "CDESCR"), _looks, range(19, 51))


@dataclass
class _Complaint:
    """What the rows of one ODI number told so far."""

    row: int
    company: str
    values: dict[str, Value]
    products: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def _facts(source: Source, context: Context) -> Iterator[Fact | Reject]:
    cast = Cast(source, context)
    waiting: dict[str, _Complaint] = {}  # the one that waits longest comes first
    for item in LAYOUT.records(source):
        if isinstance(item, Reject):
            yield item
            continue
        number, record = item
        told, problems = _told(record)
        odi, make, manufacturer = (record.get(f, "") for f in ("ODINO", "MAKETXT", "MFR_NAME"))
        company = ""
        try:
            company = cast.brand(make, manufacturer, number) if odi and not problems else ""
        except CellError as error:
            problems.append(Problem("MAKETXT", make, error.reason, error.remedy))
        if problems:
            yield Reject(number, tuple(problems))
            continue
        product = cast.product(company, make or manufacturer, record, number)
        complaint = waiting.get(odi)
        if complaint is None:
            if len(waiting) >= OPEN:
                yield _fact(*_oldest(waiting), source, context)
            complaint = waiting[odi] = _Complaint(number, company, {})
        if not is_named(make, manufacturer):
            told.setdefault("manufacturer", manufacturer)
        _add(complaint, told, product, record)
    while waiting:
        yield _fact(*_oldest(waiting), source, context)


def _oldest(waiting: dict[str, _Complaint]) -> tuple[str, _Complaint]:
    odi = next(iter(waiting))
    return odi, waiting.pop(odi)


def _told(record: dict[str, str]) -> tuple[dict[str, Value], list[Problem]]:
    """The values of one row by the columns of complaints, and what is wrong with it."""
    told: dict[str, Value] = {}
    problems: list[Problem] = []
    for name, key, parse in _PARSED:
        text = record.get(key, "")
        if text:
            try:
                value = parse(text)
            except CellError as error:
                problems.append(Problem(key, text, error.reason, error.remedy))
                continue
            if value is not None and value != "":
                told[name] = value
    if not record.get("ODINO"):
        problems.append(Problem("ODINO", "", "missing", "Give the ODI number."))
    if not record.get("MAKETXT") and not record.get("MFR_NAME"):
        problems.append(Problem("MAKETXT", "", "missing", "Give the make, or the manufacturer."))
    told |= extra(record, _EXTRA)
    if kind := record.get("PROD_TYPE", ""):
        told["product_type"] = _PRODUCT_TYPES.get(kind, kind.lower())
    return told, problems


def _count(text: str) -> float:
    value = cells.integer(text)
    if value < 0:
        raise CellError("below 0", "Write a number that is not below 0, or leave the cell blank.")
    return float(value)


def _mileage(text: str) -> float | None:
    return _count(text) or None  # blank numbers show as 0 since 2021


_PARSED: Final = (
    ("date", "LDATE", date_of),
    ("incident_date", "FAILDATE", date_of),
    ("purchase_date", "PURCH_DT", date_of),
    ("crash", "CRASH", cells.flag),
    ("fire", "FIRE", cells.flag),
    ("injured", "INJURED", _count),
    ("deaths", "DEATHS", _count),
    ("mileage", "MILES", _mileage),
)
_EARLIEST: Final = ("date", "incident_date", "purchase_date")


def _add(complaint: _Complaint, told: dict[str, Value], product: str, record: dict[str, str]) -> None:
    """One row more of a complaint: components, texts and vehicles are gathered; the first day and the worst
    harm count."""
    values = complaint.values
    for name, value in told.items():
        before = values.setdefault(name, value)
        if before != value and name in _EARLIEST:
            values[name] = min(str(before), str(value))
        elif before != value and isinstance(before, bool | float) and isinstance(value, bool | float):
            values[name] = max(before, value)
    if product and product not in complaint.products:
        complaint.products.append(product)
    for part in record.get("COMPDESC", "").split("|"):
        if (component := prose(part)) and component not in complaint.components:
            complaint.components.append(component)
    text = prose(record.get("CDESCR", ""))
    if text and text not in complaint.texts:
        complaint.texts.append(text)


def _fact(odi: str, complaint: _Complaint, source: Source, context: Context) -> Fact:
    id = f"nhtsa:{odi}"
    values: dict[str, Value] = {"id": id, **complaint.values, "company": complaint.company, "language": "en"}
    if complaint.products:
        values["product"] = complaint.products[0]
    if len(complaint.products) > 1:
        values["other_products"] = ";".join(complaint.products[1:])
    if complaint.components:
        values["component"] = tuple(complaint.components)
        values["category"] = _main_group(complaint.components)
    if complaint.texts:
        # Sorted, so that a file with its rows in another order tells the same.
        values["text"] = "\n\n".join(sorted(complaint.texts))
        if "mileage" not in values and (found := _MILEAGE.search(str(values["text"]))):
            values["mileage"] = float(found[1].replace(",", ""))
            values["inferred"] = ("mileage",)
    return Fact("complaints", (id,), values, f"{source.name}:{complaint.row}", context.loaded_at)


def _main_group(components: Sequence[str]) -> str:
    """The group that most of the components belong to; of several, the first in the alphabet."""
    groups = Counter(component.split(":")[0].strip() for component in components)
    return min(groups, key=lambda group: (-groups[group], group))


LOADER: Final = Loader(
    "nhtsa_complaints",
    "NHTSA's vehicle complaints: flat file (FLAT_CMPL) or table of the API",
    "complaints",
    LAYOUT.recognises,
    _facts,
)
