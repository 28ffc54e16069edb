"""The chain compiled to arrays: the facts of one revision and one date, in one canonical order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from graph.ontology import SYMMETRIC, TRADE, LinkKind, Role, Structure
from graph.stores.base import Coded, Columns, Snapshot, Store
from graph.tiers import tiers

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

COMPANY_NUMBERS = (
    "annual_revenue",
    "consumer_share",
    "value_added",
    "resale",
    "cash",
    "fixed_cost_per_week",
    "contribution_margin",
)
TRADE_NUMBERS = (
    "annual_value",
    "seller_share",
    "share",
    "essential",
    "criticality",
    "inventory_weeks",
    "substitutability",
    "switching_cost",
    "contract_weeks",
    "take_or_pay",
    "recovery_rate",
    "touch",
    "attribution",
)
PAIR_NUMBERS = ("closeness", "informed", "regulatory_exposure")
STRUCTURES = tuple(Structure)
KINDS = tuple(LinkKind)


_Any = TypeVar("_Any", bound=np.generic)


def taken(columns: Mapping[str, NDArray[_Any]], rows: NDArray[np.intp]) -> Mapping[str, NDArray[_Any]]:
    """These rows of each column."""
    return MappingProxyType({name: values[rows] for name, values in columns.items()})


@dataclass(frozen=True)
class Trade:
    """Trade links in the order of (buyer, category, seller, kind), so that a slot is one run of rows.

    All arrays have one entry a link; `numbers` are the columns of the table, NaN for a blank.
    `inferred_criticality` is what products and parts tell, NaN where they tell nothing. `confidence` is the
    rows' [0-1], 1 for a blank; `marks` see Network.
    """

    seller: Ints
    buyer: Ints
    kind: NDArray[np.int8]  # index into KINDS
    category: Ints  # index into Network.categories
    numbers: Mapping[str, Floats]
    inferred_criticality: Floats
    confidence: Floats
    marks: Mapping[str, NDArray[np.int8]]

    def __len__(self) -> int:
        return len(self.seller)

    def at(self, rows: NDArray[np.intp]) -> Trade:
        """The links of these rows."""
        return Trade(
            self.seller[rows],
            self.buyer[rows],
            self.kind[rows],
            self.category[rows],
            taken(self.numbers, rows),
            self.inferred_criticality[rows],
            self.confidence[rows],
            taken(self.marks, rows),
        )


@dataclass(frozen=True)
class Pairs:
    """Symmetric links, ends as their row names them, in the order of their ids; `confidence` see Trade."""

    source: Ints
    target: Ints
    numbers: Mapping[str, Floats]
    confidence: Floats

    def __len__(self) -> int:
        return len(self.source)

    def at(self, rows: NDArray[np.intp]) -> Pairs:
        """The links of these rows."""
        return Pairs(self.source[rows], self.target[rows], taken(self.numbers, rows), self.confidence[rows])


@dataclass(frozen=True)
class Network:
    """The facts that numbers come from. Company i is `ids[i]`; ids are sorted.

    `numbers` are the companies' columns [currency, shares], NaN for a blank; `structure` the index into
    STRUCTURES, -1 for a blank market. `confidence` see Trade. `marks` are 1 where the data itself calls a
    value assumed and 2 where inferred, by column, of those with any; `marked` counts the assumed ones.
    `as_of` is the date that was asked for, '' where none was; `day` the one whose chain this is, '' where it
    is that of any day. `not_on_date` the links that had ended or not begun, closed periods of others apart.
    """

    snapshot: Snapshot
    as_of: str
    day: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    roles: tuple[tuple[str, ...], ...]
    industries: tuple[str, ...]  # '' for a blank
    numbers: Mapping[str, Floats]
    structure: NDArray[np.int8]
    confidence: Floats
    marks: Mapping[str, NDArray[np.int8]]
    categories: tuple[str, ...]
    trade: Trade
    competes: Pairs
    regulated: Pairs
    marked: Mapping[str, int]
    not_on_date: int

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Where each id stands."""
        return MappingProxyType({c: i for i, c in enumerate(self.ids)})

    def plays(self, *roles: str) -> NDArray[np.bool_]:
        """Which companies play one of these roles, shape (companies,)."""
        codes, known = self.casts
        wanted = set(roles)
        return np.array([bool(wanted & set(each)) for each in known], np.bool_)[codes]

    @cached_property
    def casts(self) -> tuple[NDArray[np.intp], tuple[tuple[str, ...], ...]]:
        """Each company's place among the sets of roles that there are, and those sets."""
        known = {each: place for place, each in enumerate(dict.fromkeys(self.roles))}
        return np.fromiter((known[each] for each in self.roles), np.intp, len(self.roles)), tuple(known)

    def knowing(self, other: Network) -> Network:
        """This network, with what `other`, one of the same companies, knows of their ids and roles."""
        self.__dict__.update(index=other.index, casts=other.casts)
        return self

    @cached_property
    def tier(self) -> tuple[int | None, ...]:
        """Hops from the nearest brand, None where no trade leads to one: see graph/tiers.py."""
        return tiers(self.plays(Role.BRAND), self.trade.seller, self.trade.buyer)


def compile_network(store: Store, as_of: str = "") -> Network:
    """The network of a store as of a date (ISO; '' is the latest known).

    The latest known is the day of the newest load that changed a fact: links that ended by then, or begin
    later, are out.
    `as_of` of the result is '' then, and `day` names it where a link is dated, so that the same facts give
    the same bytes where no date plays a part. Raises StoreError.
    """
    snapshot, tables = store.columns(_WANTED)
    companies, links = tables["companies"], tables["links"]
    ids = _coded(companies, "id").names
    kind = _kinds(_coded(links, "kind"))
    source, target = _ends(links, "source", ids), _ends(links, "target", ids)
    day = as_of or snapshot.loaded_until[:10]
    on_date = _on_date(links, day)
    current = on_date & ~_superseded(links, kind, source, target, on_date)
    numbers = {name: _number(companies, name) for name in COMPANY_NUMBERS}
    is_trade = current & np.isin(kind, [KINDS.index(k) for k in TRADE])
    categories, category = _categories(_coded(links, "category"))
    rows = np.flatnonzero(is_trade)
    trade_category = category[rows]
    trade = Trade(
        seller=source[rows],
        buyer=target[rows],
        kind=kind[rows],
        category=trade_category,
        numbers=MappingProxyType({name: _number(links, name)[rows] for name in TRADE_NUMBERS}),
        inferred_criticality=_inferred_criticality(tables, ids, categories, target[rows], trade_category),
        confidence=_confidence(links)[rows],
        marks=_marks(links, TRADE_NUMBERS, rows),
    )
    return Network(
        snapshot=snapshot,
        as_of=as_of,
        day=day if as_of or _dated(links) else "",
        ids=ids,
        names=_texts(companies, "name"),
        roles=_lists(companies, "roles"),
        industries=_texts(companies, "industry"),
        numbers=MappingProxyType(numbers),
        structure=_structure(tables),
        confidence=_confidence(companies),
        marks=_marks(companies, COMPANY_NUMBERS, np.arange(len(ids))),
        categories=categories,
        trade=trade,
        competes=_pairs(links, source, target, current & (kind == KINDS.index(LinkKind.COMPETES_WITH))),
        regulated=_pairs(links, source, target, current & (kind == KINDS.index(LinkKind.REGULATED_WITH))),
        marked=_marked(tables),
        not_on_date=int(np.count_nonzero(~on_date & (_coded(links, "period").codes < 0))),
    )


_MARKED = {"companies": COMPANY_NUMBERS, "links": TRADE_NUMBERS + PAIR_NUMBERS}
_WANTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "companies": (
            "id",
            "name",
            "roles",
            "market",
            "industry",
            "confidence",
            *COMPANY_NUMBERS,
            *(f"@assumed:{c}" for c in COMPANY_NUMBERS),
        ),
        "links": (
            *("source", "target", "kind", "category", "period", "since", "until", "confidence"),
            *TRADE_NUMBERS,
            *PAIR_NUMBERS,
            *(f"@assumed:{c}" for c in TRADE_NUMBERS + PAIR_NUMBERS),
        ),
        "markets": ("id", "structure"),
        "products": ("id", "company", "revenue_share"),
        "parts": ("product", "category"),
    }
)


def _coded(columns: Columns, name: str) -> Coded:
    column = columns[name]
    if not isinstance(column, Coded):
        raise TypeError(f"{name} is a column of numbers")
    return column


def _number(columns: Columns, name: str) -> Floats:
    column = columns[name]
    if isinstance(column, Coded):
        raise TypeError(f"{name} is a column of texts")
    return column


def _texts(columns: Columns, name: str) -> tuple[str, ...]:
    column = _coded(columns, name)
    return tuple(map((*column.names, "").__getitem__, column.codes.tolist()))


def _lists(columns: Columns, name: str) -> tuple[tuple[str, ...], ...]:
    column = _coded(columns, name)
    lists = [*(tuple(text.split(";")) for text in column.names), ()]
    return tuple(map(lists.__getitem__, column.codes.tolist()))


def _translate(column: Coded, known: Mapping[str, int], missing: int = -1) -> Ints:
    """The column's codes in another list of names."""
    table = np.array([known.get(name, missing) for name in column.names] + [missing], np.int32)
    return table[column.codes]


def _ends(links: Columns, name: str, ids: tuple[str, ...]) -> Ints:
    column = _coded(links, name)
    if column.names == ids:
        return column.codes
    return _translate(column, {c: i for i, c in enumerate(ids)})


def _kinds(column: Coded) -> NDArray[np.int8]:
    return _translate(column, {k: i for i, k in enumerate(KINDS)}).astype(np.int8)


def _categories(column: Coded) -> tuple[tuple[str, ...], Ints]:
    """All categories, the empty name first, and each link's place among them."""
    names = ("", *column.names)
    return names, column.codes + np.int32(1)


def _on_date(links: Columns, day: str) -> NDArray[np.bool_]:
    """Which links count on a day: from `since` until `until`; all where no day is known."""
    since, until = _coded(links, "since"), _coded(links, "until")
    if not day:
        return np.ones(len(since.codes), np.bool_)
    begun = np.array([name <= day for name in since.names] + [True])[since.codes]
    ended = np.array([name <= day for name in until.names] + [False])[until.codes]
    return np.asarray(begun & ~ended, np.bool_)


def _dated(links: Columns) -> bool:
    return any((_coded(links, name).codes >= 0).any() for name in ("since", "until"))


def _superseded(
    links: Columns, kind: NDArray[np.int8], source: Ints, target: Ints, on_date: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of several periods of one link that count on a date, all but the one that began last."""
    superseded = np.zeros(len(kind), np.bool_)
    period = _coded(links, "period").codes
    if (period < 0).all():
        return superseded
    rows = np.flatnonzero(on_date)
    symmetric = np.isin(kind, [KINDS.index(k) for k in SYMMETRIC])
    first = np.where(symmetric, np.minimum(source, target), source)[rows]
    second = np.where(symmetric, np.maximum(source, target), target)[rows]
    # Dates are sorted names, so their codes compare as dates; a blank one is the earliest.
    identity = (first, second, kind[rows], _coded(links, "category").codes[rows])
    order = np.lexsort((period[rows], _coded(links, "since").codes[rows], *identity))
    same = np.ones(max(len(rows) - 1, 0), np.bool_)
    for part in identity:
        same &= part[order][1:] == part[order][:-1]
    superseded[rows[order[:-1]][same]] = True
    return superseded


def _pairs(links: Columns, source: Ints, target: Ints, which: NDArray[np.bool_]) -> Pairs:
    rows = np.flatnonzero(which)
    low, high = np.minimum(source[rows], target[rows]), np.maximum(source[rows], target[rows])
    rows = rows[np.lexsort((high, low))]
    numbers = {name: _number(links, name)[rows] for name in PAIR_NUMBERS}
    return Pairs(source[rows], target[rows], MappingProxyType(numbers), _confidence(links)[rows])


def _confidence(columns: Columns) -> Floats:
    given = _number(columns, "confidence")
    return np.where(np.isnan(given), 1.0, given)


def _marks(columns: Columns, names: Sequence[str], rows: NDArray[np.intp]) -> Mapping[str, NDArray[np.int8]]:
    told = {name: column for name in names if (column := _number(columns, f"@assumed:{name}")).any()}
    marks = {name: column[rows].astype(np.int8) for name, column in told.items()}
    return MappingProxyType({name: column for name, column in marks.items() if column.any()})


def _structure(tables: Mapping[str, Columns]) -> NDArray[np.int8]:
    markets = _texts(tables["markets"], "id")
    structures = _texts(tables["markets"], "structure")
    known = {m: STRUCTURES.index(Structure(s)) if s else -1 for m, s in zip(markets, structures, strict=True)}
    return _translate(_coded(tables["companies"], "market"), known).astype(np.int8)


def _inferred_criticality(
    tables: Mapping[str, Columns],
    ids: tuple[str, ...],
    categories: tuple[str, ...],
    buyer: Ints,
    category: Ints,
) -> Floats:
    """Per trade link: the sum of the revenue shares of the buyer's products that contain the category."""
    products, parts = tables["products"], tables["parts"]
    company = _texts(products, "company")
    shares = _number(products, "revenue_share")
    product_of = {p: i for i, p in enumerate(_texts(products, "id"))}
    slots: dict[tuple[str, str], set[int]] = {}
    for product, name in zip(_texts(parts, "product"), _texts(parts, "category"), strict=True):
        i = product_of.get(product)
        if i is not None and company[i] and not np.isnan(shares[i]):
            slots.setdefault((company[i], name), set()).add(i)
    result = np.full(len(buyer), np.nan)
    if not slots:
        return result
    where = {c: i for i, c in enumerate(ids)}
    place = {c: i for i, c in enumerate(categories)}
    for (owner, name), made in sorted(slots.items()):
        if owner in where and name in place:
            hit = (buyer == where[owner]) & (category == place[name])
            result[hit] = min(1.0, sum(float(shares[i]) for i in sorted(made)))
    return result


def _marked(tables: Mapping[str, Columns]) -> Mapping[str, int]:
    counts = {
        f"{table}.{column}": int(np.count_nonzero(_number(tables[table], f"@assumed:{column}") == 1.0))
        for table, columns in _MARKED.items()
        for column in columns
    }
    return MappingProxyType({name: n for name, n in counts.items() if n})
