"""Who sells how much to whom, as the systemic risk index reads it (docs/systemic.md): facts to arrays."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from graph.impact.coefficients import SELLS_THROUGH, ratio, told_values, total
from graph.impact.layout import Places, starts
from graph.impact.systemic_layout import Circles, Flows, Purchases, Sales, Sectors
from graph.network import Floats, Network

Demand = Literal["none", "final"]
DEMANDS: Final = get_args(Demand)

_LINEAR, _SINGLE, _SHARED = range(3)  # how a link counts for its buyer
_Numbers = NDArray[np.int64]
_WHOLE = 1.0 - 1e-12  # what is sold inside a circle, to be all of it


class Trades(NamedTuple):
    """Links as they are told, and of each firm its sector, by number, and what it sells in all, 0 if unknown
    [currency/year]. Several links between two firms count together."""

    seller: _Numbers
    buyer: _Numbers
    value: Floats  # [currency/year]
    essential: NDArray[np.bool_]
    sector: _Numbers
    revenue: Floats


class _Pairs(NamedTuple):
    """All trade between two firms as one link each, in the order of buyer, kind, supplying sector, seller."""

    seller: _Numbers
    buyer: _Numbers
    value: Floats  # W [currency/year]
    kind: _Numbers  # _LINEAR, _SINGLE or _SHARED
    slot: _Numbers  # (buyer, supplying sector), numbered in this order


def trades(network: Network) -> Trades:
    """The network's trade links; a blank industry is a sector of its own, a value not told is 0."""
    trade, given = network.trade, network.trade.numbers["essential"]
    return Trades(
        trade.seller.astype(np.int64),
        trade.buyer.astype(np.int64),
        np.nan_to_num(told_values(network)),
        np.where(np.isnan(given), trade.kind != SELLS_THROUGH, given > 0),
        _sectors(network.industries),
        np.nan_to_num(network.numbers["annual_revenue"]),
    )


def ranked(told: Trades) -> tuple[Trades, _Numbers]:
    """The same with firms numbered by how many customers' links they have, most first; and place -> number.

    Neighbouring rows are then of equal length, which the processor guesses right, and hubs lie together.
    """
    size = len(told.sector)
    order = np.argsort(-np.bincount(told.seller, minlength=size), kind="stable")
    number = np.empty(size, np.int64)
    number[order] = np.arange(size)
    seller, buyer = number[told.seller], number[told.buyer]
    return told._replace(
        seller=seller, buyer=buyer, sector=told.sector[order], revenue=told.revenue[order]
    ), number


def flows(told: Trades, demand: Demand) -> Flows:
    """What the kernels read. `demand` none: what no link records counts as not sold; final: as sold."""
    size, sector = len(told.sector), told.sector
    count = int(sector.max(initial=-1)) + 1
    pairs = _pairs(told)
    sold, bought = total(pairs.seller, pairs.value, size), total(pairs.buyer, pairs.value, size)
    of_slot = total(pairs.slot, pairs.value, int(pairs.slot.max(initial=-1)) + 1)[pairs.slot]
    down = ratio(pairs.value, np.where(pairs.kind == _LINEAR, bought[pairs.buyer], of_slot))
    asked = np.maximum(told.revenue, sold) if demand == "final" else sold
    up = ratio(pairs.value, asked[pairs.seller])

    shared = pairs.kind == _SHARED
    changes = np.diff(pairs.slot[shared], prepend=-1) != 0
    slot = np.zeros(len(shared), np.int64)
    slot[shared] = np.cumsum(changes) - 1
    first = np.flatnonzero(shared)[changes]
    slots = len(first)
    into = np.select([pairs.kind == _LINEAR, shared], [pairs.buyer, size + slot], size + slots + pairs.buyer)
    order = np.lexsort((into, pairs.seller))
    member = np.argsort(sector, kind="stable")
    return Flows(
        out=sold,
        sales=Sales(
            starts(pairs.seller[order], size),
            np.bincount(pairs.seller, minlength=size).astype(np.uint32),
            into[order].astype(np.uint32),
            down[order],
            pairs.buyer[order].astype(np.uint32),
            up[order],
        ),
        purchases=Purchases(
            start=starts(pairs.buyer, size),
            degree=np.bincount(pairs.buyer, minlength=size).astype(np.uint32),
            linear=_ends(pairs, _LINEAR, size),
            single=_ends(pairs, _SINGLE, size),
            slots=starts(pairs.buyer[first], size),
            slot=np.append(first, len(shared)).astype(np.uint64),
            slot_buyer=pairs.buyer[first].astype(np.uint32),
            seller=pairs.seller.astype(np.uint32),
            down=down,
            up=up,
        ),
        sectors=Sectors(
            sector.astype(np.uint32),
            starts(sector[member], count),
            member.astype(np.uint32),
            total(sector, sold, count),
        ),
        circles=_circles(pairs, sector, up),
    )


def _sectors(industries: tuple[str, ...]) -> _Numbers:
    """Each firm's sector by number; a blank industry is a sector of its own."""
    names = {name: number for number, name in enumerate(sorted(set(industries) - {""}))}
    found = np.array([names.get(name, -1) for name in industries], np.int64)
    blank = found < 0
    found[blank] = len(names) + np.arange(np.count_nonzero(blank))
    return found


def _pairs(told: Trades) -> _Pairs:
    sector, size = told.sector, max(len(told.sector), 1)
    needed = np.unique((sector[told.seller] * size + told.buyer)[told.essential])

    both, place = np.unique(told.buyer * size + told.seller, return_inverse=True)
    summed = total(place, told.value, len(both))
    some = summed > 0
    both, summed = both[some], summed[some]
    buyer, seller = both // size, both % size
    group, of_pair = np.unique(sector[seller] * size + buyer, return_inverse=True)
    alone = np.bincount(of_pair, minlength=len(group)) == 1
    kind = np.where(np.isin(group, needed), np.where(alone, _SINGLE, _SHARED), _LINEAR)[of_pair]
    order = np.lexsort((seller, sector[seller], kind, buyer))
    changes = np.diff(of_pair[order], prepend=-1) != 0
    return _Pairs(seller[order], buyer[order], summed[order], kind[order], np.cumsum(changes) - 1)


def _ends(pairs: _Pairs, kind: int, size: int) -> NDArray[np.uint64]:
    """Of each buyer, where the links of a kind, and of those before it, end."""
    place = pairs.buyer * 3 + pairs.kind
    return np.searchsorted(place, np.arange(size) * 3 + kind, side="right").astype(np.uint64)


def _circles(pairs: _Pairs, sector: _Numbers, up: Floats) -> Circles:
    """Closed circles (docs/systemic.md): one firm of it lost, all of it is lost in the limit."""
    size = len(sector)
    buys = np.bincount(pairs.buyer, minlength=size) > 0
    stops = np.bincount(pairs.buyer, pairs.kind != _LINEAR, size) > 0
    binds = (pairs.kind != _LINEAR) | ~stops[pairs.buyer]
    alone = np.bincount(sector, minlength=1)[sector] == 1
    sold_on = total(pairs.seller, up, size) >= _WHOLE
    supplier, buyer = pairs.seller[binds], pairs.buyer[binds]
    return Circles(
        down=_closed(buyer, supplier, buys),
        down_alone=_closed(buyer, supplier, buys & alone),
        up=_closed(pairs.seller, pairs.buyer, sold_on),
    )


def _closed(firm: _Numbers, rests_on: _Numbers, fit: NDArray[np.bool_]) -> Places:
    """Numbers, from 1, the circles of fit firms that rest on each other and on nobody else; 0: in none."""
    size = len(fit)
    ties = sparse.coo_array((np.ones(len(firm)), (firm, rests_on)), shape=(size, size))
    count, circle = csgraph.connected_components(ties, connection="strong")
    is_open = np.zeros(count, np.bool_)
    is_open[circle[~fit]] = True
    is_open[circle[firm[circle[firm] != circle[rests_on]]]] = True
    return np.where(is_open[circle], 0, circle + 1).astype(np.uint32)
