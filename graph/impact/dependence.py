"""Who hangs on whom, read off the chain alone: single sources, concentration, shared sub-suppliers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.impact.accounts import KeyAccounts, key_accounts
from graph.impact.coefficients import SELLS_THROUGH, Chain, ratio, total
from graph.network import Floats
from graph.ontology import Role

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SingleSource:
    """A need that one seller alone meets; companies by place, the category by its place among them.

    `criticality` chi and `substitutability` in [0, 1], `stock` in weeks. A single point of failure is one
    that nothing can replace.
    """

    buyer: int
    category: int
    seller: int
    criticality: float
    substitutability: float
    stock: float

    @property
    def no_substitute(self) -> bool:
        """Whether nothing replaces what the seller does not deliver."""
        return self.substitutability == 0.0


@dataclass(frozen=True, slots=True)
class Concentration:
    """How few sellers meet one category's need: `hhi` is the sum of their squared shares [0-1]."""

    category: int
    sellers: int
    hhi: float
    largest: int
    largest_share: float


@dataclass(frozen=True, slots=True)
class Diamond:
    """A company behind several direct suppliers of one buyer, which look independent of each other.

    `behind`: the largest share of one need that stands behind it [0-1], of `category`; `alternatives` says
    that at least two of these suppliers meet that same need.
    """

    buyer: int
    shared: int
    suppliers: tuple[int, ...]
    category: int
    behind: float
    alternatives: bool


def carried_value(chain: Chain) -> Floats:
    """What each trade link carries [currency/year]."""
    c = chain.coefficients
    return np.asarray(c.seller_share * chain.revenue[c.seller], np.float64)


def traded_with(chain: Chain, company: int) -> tuple[Floats, Floats]:
    """What a company buys from, and sells to, each other one [currency/year]."""
    c, value, size = chain.coefficients, carried_value(chain), len(chain.network)
    bought, sold = c.buyer == company, c.seller == company
    return total(c.seller[bought], value[bought], size), total(c.buyer[sold], value[sold], size)


def slot_of(chain: Chain) -> Places:
    """The slot of each trade link."""
    start = chain.coefficients.slot_start.astype(np.int64)
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def single_sources(chain: Chain) -> tuple[SingleSource, ...]:
    """All essential needs that one seller alone meets, in the order of buyer and category."""
    c, slot = chain.coefficients, slot_of(chain)
    slots = len(c.stock)
    used = c.need_share > 0
    lowest, highest = np.full(slots, len(chain.network)), np.full(slots, -1)
    np.minimum.at(lowest, slot[used], c.seller[used].astype(np.int64))
    np.maximum.at(highest, slot[used], c.seller[used].astype(np.int64))
    first = c.slot_start[:-1].astype(np.int64)
    found = np.flatnonzero((lowest == highest) & (c.criticality > 0))
    replaced = total(slot, c.need_share * c.substitutability, slots)
    return tuple(
        SingleSource(
            buyer=int(c.buyer[first[s]]),
            category=int(chain.network.trade.category[first[s]]),
            seller=int(lowest[s]),
            criticality=float(c.criticality[s]),
            substitutability=float(replaced[s]),
            stock=float(c.stock[s]),
        )
        for s in found
    )


def concentration(chain: Chain, buyer: int | None = None) -> tuple[Concentration, ...]:
    """By category, the most concentrated first: of one buyer's needs (shares g), or of all recorded sales.

    What brands sell through dealers is left out: each brand is the only seller of its own goods.
    """
    c, trade = chain.coefficients, chain.network.trade
    rows = np.asarray(trade.kind != SELLS_THROUGH, np.bool_)
    share = carried_value(chain)
    if buyer is not None:
        rows = rows & (c.buyer == buyer)
        share = c.need_share
    order = np.flatnonzero(rows)
    order = order[np.argsort(trade.category[order], kind="stable")]
    category = trade.category[order]
    found = []
    for own in np.split(order, np.flatnonzero(np.diff(category)) + 1):
        sellers, inverse = np.unique(c.seller[own], return_inverse=True)
        worth = total(inverse, share[own], len(sellers))
        part = ratio(worth, np.full(len(worth), worth.sum()))
        if not part.any():
            continue
        most = int(part.argmax())
        found.append(
            Concentration(
                category=int(trade.category[own[0]]),
                sellers=int(np.count_nonzero(part)),
                hhi=float((part**2).sum()),
                largest=int(sellers[most]),
                largest_share=float(part[most]),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.hhi, one.category)))


def diamonds(chain: Chain, buyer: int | None = None) -> Iterator[Diamond]:
    """The shared sub-suppliers of one buyer, or of each brand, by buyer and place."""
    brands = np.flatnonzero(chain.network.plays(Role.BRAND))
    for each in brands.tolist() if buyer is None else [buyer]:
        yield from _diamonds_of(chain, each)


def _diamonds_of(chain: Chain, buyer: int) -> Iterator[Diamond]:
    c, trade = chain.coefficients, chain.network.trade

    def purchases(of: int) -> Places:
        lo, hi = (int(c.slot_start[c.buyer_start[i]]) for i in (of, of + 1))
        return lo + np.flatnonzero((trade.kind[lo:hi] != SELLS_THROUGH) & (c.need_share[lo:hi] > 0))

    direct = purchases(buyer)
    behind: dict[int, dict[int, None]] = {}  # sub-supplier -> the buyer's suppliers that buy from it
    for supplier in dict.fromkeys(c.seller[direct].tolist()):
        for shared in c.seller[purchases(supplier)].tolist():
            if shared != buyer:
                behind.setdefault(shared, {})[supplier] = None
    for shared, suppliers in sorted(behind.items()):
        if len(suppliers) < 2:
            continue
        rows = direct[np.isin(c.seller[direct], list(suppliers))]
        need = total(trade.category[rows], c.need_share[rows], len(chain.network.categories))
        sellers = {(int(trade.category[e]), int(c.seller[e])) for e in rows}
        double = [k for k in np.unique(trade.category[rows]).tolist() if sum(s[0] == k for s in sellers) > 1]
        among = double or np.unique(trade.category[rows]).tolist()
        category = max(among, key=lambda k: (need[k], -k))
        yield Diamond(
            buyer, shared, tuple(sorted(suppliers)), category, min(1.0, float(need[category])), bool(double)
        )


def accounts_at_risk(chain: Chain, most: int) -> tuple[KeyAccounts, ...]:
    """The sellers of which most money hangs on one buyer [currency/year], the most first."""
    c, size = chain.coefficients, len(chain.network)
    pair = c.seller.astype(np.int64) * size + c.buyer
    pairs, inverse = np.unique(pair, return_inverse=True)
    worth = np.bincount(inverse, carried_value(chain), len(pairs))
    largest = np.zeros(size)
    np.maximum.at(largest, pairs // max(size, 1), worth)
    order = np.lexsort((np.arange(size), -largest))[:most]
    return tuple(key_accounts(chain, int(i)) for i in order if largest[i] > 0)
