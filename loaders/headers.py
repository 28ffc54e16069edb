"""Headers into columns, words into choices: any order, case and spacing, English or Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from rapidfuzz import fuzz, process

from graph.ontology import LINKS, TABLES, Column, LinkKind, Role, Structure, Table
from loaders.reading.sources import Source

HINT: Final = 0.04  # what a telling name of the file adds, where contents leave a choice
ALIKE: Final = 84.0  # rapidfuzz's ratio [0-100] above which an unknown header may be a slip

ENOUGH: Final = 3  # known columns that make a table, however many unknown ones stand beside them
WEAK: Final = 0.3  # share of known columns below which fewer are not enough

# Where headers fit several tables alike, the first is meant.
_PREFERENCE: Final = (
    "rates", "companies", "links", "parts", "complaints",
    "events", "products", "batches", "outlets", "markets",
)  # fmt: skip
# Columns without which a table is not recognised: one of each group.
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "rates": (("currency",), ("rate",)),
        "markets": (("id", "name"),),
        "companies": (("id", "name"),),
        "products": (("id",), ("name", "company")),
        "batches": (("id",), ("product", "category", "supplier")),
        "outlets": (("id",), ("company", "address", "city")),
        "parts": (("product",), ("category",)),
        "links": (("source",), ("target",)),
        "events": (("id",), ("kind", "date", "company")),
        "complaints": (("id",), ("text", "component", "category", "product")),
    }
)

_SUPPLIERS: Final = frozenset({"supplier", "vendor", "供应商", "供货商", "供方"})
_CUSTOMERS: Final = frozenset({"customer", "buyer", "客户", "采购商", "采购方", "需方", "买方"})

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "品牌": Role.BRAND, "品牌商": Role.BRAND, "主机厂": Role.BRAND, "整车厂": Role.BRAND,
        "oem": Role.BRAND,
        "manufacturer": Role.BRAND, "供应商": Role.SUPPLIER, "供货商": Role.SUPPLIER, "vendor": Role.SUPPLIER,
        "经销商": Role.DEALER, "分销商": Role.DEALER, "零售商": Role.DEALER, "distributor": Role.DEALER,
        "retailer": Role.DEALER, "物流": Role.LOGISTICS, "物流商": Role.LOGISTICS, "物流公司": Role.LOGISTICS,
        "承运商": Role.LOGISTICS, "快递": Role.LOGISTICS, "carrier": Role.LOGISTICS, "平台": Role.PLATFORM,
        "电商平台": Role.PLATFORM, "marketplace": Role.PLATFORM,
        "金融": Role.FINANCIER, "金融机构": Role.FINANCIER,
        "银行": Role.FINANCIER, "bank": Role.FINANCIER, "lender": Role.FINANCIER, "监管": Role.REGULATOR,
        "监管机构": Role.REGULATOR, "监管者": Role.REGULATOR,
        "供应": LinkKind.SUPPLIES, "供货": LinkKind.SUPPLIES, "supply": LinkKind.SUPPLIES,
        "承运": LinkKind.CARRIES_FOR, "运输": LinkKind.CARRIES_FOR, "配送": LinkKind.CARRIES_FOR,
        "carries": LinkKind.CARRIES_FOR, "经销": LinkKind.SELLS_THROUGH, "分销": LinkKind.SELLS_THROUGH,
        "销售": LinkKind.SELLS_THROUGH, "竞争": LinkKind.COMPETES_WITH, "竞争对手": LinkKind.COMPETES_WITH,
        "competes": LinkKind.COMPETES_WITH, "同受监管": LinkKind.REGULATED_WITH,
        "共同监管": LinkKind.REGULATED_WITH,
        "持有": LinkKind.OWNS, "拥有": LinkKind.OWNS, "控股": LinkKind.OWNS,
        "垄断": Structure.MONOPOLY, "差异化": Structure.DIFFERENTIATED, "异质": Structure.DIFFERENTIATED,
        "同质化": Structure.HOMOGENEOUS, "同质": Structure.HOMOGENEOUS,
    }
)  # fmt: skip


def label(text: str) -> str:
    """A header or a word as it is compared: width, case, spaces and punctuation gone."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def choice(column: Column, text: str) -> str:
    """Which of a column's choices a word means, in English or Chinese; '' if none."""
    said = label(text)
    for one in column.choices:
        if label(one) == said:
            return str(one)
    meant = str(_WORDS.get(said, ""))
    return meant if meant in column.choices else ""


def columns_of(table: Table, header: Sequence[str]) -> tuple[Column | None, ...]:
    """The column that each header names, None where none does. The plain name goes before a synonym, an
    earlier synonym before a later; each column is taken once."""
    found: list[Column | None] = [None] * len(header)
    taken: set[str] = set()
    labels = [label(name) for name in header]
    places: dict[str, int] = {}
    for place, said in enumerate(labels):
        places.setdefault(said, place)

    def take(place: int, column: Column) -> None:
        if found[place] is None and column.name not in taken:
            found[place] = column
            taken.add(column.name)

    for place, name in enumerate(header):
        if name in table.by_name:
            take(place, table.by_name[name])
    for place, said in enumerate(labels):
        for column in table.columns:
            if said and said == label(column.name):
                take(place, column)
    depth = max(len(column.synonyms) for column in table.columns)
    for rank in range(depth):
        for column in table.columns:
            if rank < len(column.synonyms) and (said := label(column.synonyms[rank])) in places:
                take(places[said], column)
    return tuple(found)


def likeness(table: Table, source: Source) -> float:
    """How well a source's header fits a table [0-1]: the share of its columns that the table knows, 0 where
    one that the table needs is missing."""
    if source.header is None:
        return 0.0
    columns = columns_of(table, source.header)
    known = {column.name for column in columns if column is not None}
    if not all(known.intersection(group) for group in _NEEDED[table.name]):
        return 0.0
    if table is LINKS and "kind" not in known and not implies_supply(source.header):
        known.discard("source")  # still a table of links, but one that lacks a column
    share = len(known) / len([name for name in source.header if name])
    named = _named(table, source.name)
    if not named and share < (1.0 if len(known) < 2 else WEAK if len(known) < ENOUGH else 0.0):
        return 0.0
    preferred = 0.01 * (1 - _PREFERENCE.index(table.name) / len(_PREFERENCE))
    return min(1.0, 0.1 + 0.84 * share + preferred + (HINT if named else 0.0))


def _named(table: Table, name: str) -> bool:
    """Whether the file's or sheet's name says what it holds."""
    last = name.rstrip("]").rpartition("[")[2] if name.endswith("]") else PurePath(name).stem
    said = label(last)
    return table.name in said or table.name.rstrip("s") in said or table.label in said


def implies_supply(header: Sequence[str]) -> bool:
    """Whether headers say that links are supplies, without a column for their kind: a supplier and a
    customer."""
    said = {label(name) for name in header}
    return not said.isdisjoint(_SUPPLIERS) and not said.isdisjoint(_CUSTOMERS)


def nearest(header: Sequence[str]) -> str:
    """The table that knows most of a header's columns, '' if none knows any."""
    known = {name: sum(c is not None for c in columns_of(TABLES[name], header)) for name in _PREFERENCE}
    best = max(_PREFERENCE, key=known.__getitem__)
    return best if known[best] else ""


def slip(table: Table, name: str, taken: set[str]) -> str:
    """The column that an unknown header may be a slip for, '' if none is near."""
    free = {label(c.name): c.name for c in table.columns if c.name not in taken}
    hit = process.extractOne(label(name), list(free), scorer=fuzz.ratio, score_cutoff=ALIKE)
    return free[hit[0]] if hit else ""


def missing(table: Table, known: set[str]) -> str:
    """The first required column that a header lacks, '' if none; companies may lack their id."""
    for column in TABLES[table.name].columns:
        if column.required and column.name not in known and (table.name, column.name) != ("companies", "id"):
            return column.name
    return ""
