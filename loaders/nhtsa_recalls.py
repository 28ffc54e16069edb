"""NHTSA's recalls, flat file or API table: the rows of one campaign are one event about many vehicles."""

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

_FLAT: Final = (
    "RECORD_ID CAMPNO MAKETXT MODELTXT YEARTXT MFGCAMPNO COMPNAME MFGNAME BGMAN ENDMAN RCLTYPECD POTAFF ODATE"
    " INFLUENCED_BY MFGTXT RCDATE DATEA RPNO FMVSS DESC_DEFECT CONEQUENCE_DEFECT CORRECTIVE_ACTION NOTES"
    " RCL_CMPT_ID MFR_COMP_NAME MFR_COMP_DESC MFR_COMP_PTNO DO_NOT_DRIVE PARK_OUTSIDE"
)
_HEADERS: Final = MappingProxyType(
    {
        "nhtsacampaignnumber": "CAMPNO", "manufacturer": "MFGTXT", "make": "MAKETXT", "model": "MODELTXT",
        "modelyear": "YEARTXT", "reportreceiveddate": "RCDATE", "component": "COMPNAME",
        "summary": "DESC_DEFECT",
        "conequence": "CONEQUENCE_DEFECT", "consequence": "CONEQUENCE_DEFECT", "remedy": "CORRECTIVE_ACTION",
        "nhtsaactionnumber": "NHTSA_ACTION", "potentialnumberofunitsaffected": "POTAFF",
        "parkit": "DO_NOT_DRIVE", "parkoutside": "PARK_OUTSIDE",
    }
)  # fmt: skip
_EXTRA: Final = MappingProxyType(
    {
        "MFGCAMPNO": "manufacturer_campaign", "RCLTYPECD": "recall_type", "INFLUENCED_BY": "initiated_by",
        "RPNO": "regulation_part", "FMVSS": "safety_standard", "NHTSA_ACTION": "nhtsa_action",
        "MFR_COMP_NAME": "part_name", "MFR_COMP_DESC": "part_description", "MFR_COMP_PTNO": "part_number",
        "DO_NOT_DRIVE": "do_not_drive", "PARK_OUTSIDE": "park_outside",
    }
)  # fmt: skip
_PROSE: Final = MappingProxyType(
    {
        "DESC_DEFECT": "text", "CONEQUENCE_DEFECT": "consequence", "CORRECTIVE_ACTION": "corrective_action",
        "NOTES": "notes",
    }
)  # fmt: skip
_CAMPAIGN: Final = re.compile(r"\d{2}[A-Z]-?\d{3,6}")
_FIRST: Final = MappingProxyType({"RCDATE": "date", "ODATE": "owners_notified", "BGMAN": "made_from"})
_LAST: Final = MappingProxyType({"ENDMAN": "made_until"})
_TYPES: Final = MappingProxyType({"V": "vehicle", "E": "equipment", "C": "child restraint", "T": "tires"})


def _looks(row: Sequence[str]) -> bool:
    return (
        row[0].isdigit()
        and _CAMPAIGN.fullmatch(row[1]) is not None
        and (not row[4] or (len(row[4]) == 4 and row[4].isdigit()))
        and all(not row[i] or (len(row[i]) == 8 and row[i].isdigit()) for i in (8, 9, 15))
    )


LAYOUT: Final = Layout(
    tuple(_FLAT.split()), _HEADERS, ("CAMPNO", "MAKETXT", "DESC_DEFECT"), _looks, range(22, 31)
)


@dataclass
class _Campaign:
    """What the rows of one campaign told so far."""

    row: int
    values: dict[str, Value] = field(default_factory=dict)
    brands: Counter[str] = field(default_factory=Counter)
    makes: dict[str, str] = field(default_factory=dict)  # of each brand, the first in the alphabet
    products: dict[str, None] = field(default_factory=dict)
    components: dict[str, None] = field(default_factory=dict)
    makers: dict[str, None] = field(default_factory=dict)


def _facts(source: Source, context: Context) -> Iterator[Fact | Reject]:
    cast = Cast(source, context)
    campaigns: dict[str, _Campaign] = {}  # all of them: in 60 years there were some 40,000
    for item in LAYOUT.records(source):
        if isinstance(item, Reject):
            yield item
            continue
        number, record = item
        told, problems = _told(record)
        make, maker = record.get("MAKETXT", ""), record.get("MFGTXT", record.get("MFGNAME", ""))
        company = ""
        try:
            company = cast.brand(make, maker, number) if not problems else ""
        except CellError as error:
            problems.append(Problem("MAKETXT", make, error.reason, error.remedy))
        if problems:
            yield Reject(number, tuple(problems))
            continue
        product = cast.product(company, make or maker, record, number)
        campaign = campaigns.setdefault(record["CAMPNO"], _Campaign(number))
        campaign.brands[company] += 1
        campaign.makes[company] = min(campaign.makes.get(company, make or maker), make or maker)
        if not is_named(make, maker):
            campaign.makers.setdefault(maker)
        if product:
            campaign.products.setdefault(product)
        if component := prose(record.get("COMPNAME", "")):
            campaign.components.setdefault(component)
        _add(campaign.values, told)
    for campaign_number, campaign in campaigns.items():
        yield _fact(f"nhtsa:{campaign_number}", campaign, source, context)


def _told(record: dict[str, str]) -> tuple[dict[str, Value], list[Problem]]:
    """The values of one row by the columns of events, and what is wrong with it."""
    told: dict[str, Value] = {}
    problems = []
    for fields in (_FIRST, _LAST):
        for key, name in fields.items():
            try:
                if day := date_of(record.get(key, "")):
                    told[name] = day
            except CellError as error:
                problems.append(Problem(key, record[key], error.reason, error.remedy))
    try:
        if "POTAFF" in record:
            told["affected"] = str(cells.integer(record["POTAFF"]))
    except CellError as error:
        problems.append(Problem("POTAFF", record["POTAFF"], error.reason, error.remedy))
    if not record.get("CAMPNO"):
        problems.append(Problem("CAMPNO", "", "missing", "Give the number of the campaign."))
    if not record.get("MAKETXT") and not record.get("MFGTXT"):
        problems.append(Problem("MAKETXT", "", "missing", "Give the make, or the manufacturer."))
    for key, name in _PROSE.items():
        if text := prose(record.get(key, "")):
            told[name] = text
    told |= extra(record, _EXTRA)
    if kind := record.get("RCLTYPECD"):
        told["recall_type"] = _TYPES.get(kind, kind.lower())
    return told, problems


def _add(values: dict[str, Value], told: dict[str, Value]) -> None:
    """One row more of a campaign: the widest span of days, the largest count; else the first row counts."""
    for name, value in told.items():
        before = values.setdefault(name, value)
        if name in _FIRST.values():
            values[name] = min(str(before), str(value))
        elif name in _LAST.values():
            values[name] = max(str(before), str(value))
        elif name == "affected":
            values[name] = max(str(before), str(value), key=int)


def _fact(id: str, campaign: _Campaign, source: Source, context: Context) -> Fact:
    # Ids depend on what was loaded before, so makes decide between brands of equally many rows.
    brand = min(campaign.brands, key=lambda id: (-campaign.brands[id], campaign.makes[id]))
    values: dict[str, Value] = {"id": id, "kind": "recall", "company": brand, **campaign.values}
    lists = {
        "other_companies": sorted(campaign.brands.keys() - {brand}),
        "products": sorted(campaign.products),
        "components": sorted(campaign.components),
        "manufacturer": sorted(campaign.makers),
    }
    values |= {name: "; ".join(parts) for name, parts in lists.items() if parts}
    return Fact("events", (id,), values, f"{source.name}:{campaign.row}", context.loaded_at)


LOADER: Final = Loader(
    "nhtsa_recalls",
    "NHTSA's recalls: flat file (FLAT_RCL) or table of the API",
    "events",
    LAYOUT.recognises,
    _facts,
)
