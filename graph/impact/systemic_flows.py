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
    """All trade between two firms as one link each, in the order of buyer, slot, seller."""

    seller: _Numbers
    buyer: _Numbers
    value: Floats  # W [currency/year]
    stops: NDArray[np.bool_]  # essential
    slot: _Numbers  # (buyer, essential sector), and before those one for all else that it buys
    in_sector: Floats  # what the buyer buys of the seller's sector [currency/year]


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
    """The same with firms numbered by how many links to customers they have, and then to suppliers, most
    first; and place -> number.

    Neighbouring rows are then mostly of one length, which the processor guesses right, and hubs lie together.
    """
    size = len(told.sector)
    sales, purchases = (np.bincount(ends, minlength=size) for ends in (told.seller, told.buyer))
    order = np.lexsort((-purchases, -sales))
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
    down = ratio(pairs.value, np.where(pairs.stops, pairs.in_sector, bought[pairs.buyer]))
    asked = np.maximum(told.revenue, sold) if demand == "final" else sold
    up = ratio(pairs.value, asked[pairs.seller])

    begins = np.diff(pairs.slot, prepend=-1) != 0
    order = np.lexsort((pairs.slot, pairs.seller))
    member = np.argsort(sector, kind="stable")
    return Flows(
        out=sold,
        sales=Sales(
            starts(pairs.seller[order], size),
            np.bincount(pairs.seller, minlength=size).astype(np.uint32),
            pairs.slot[order].astype(np.uint32),
            down[order],
            pairs.buyer[order].astype(np.uint32),
            up[order],
        ),
        purchases=Purchases(
            start=starts(pairs.buyer, size),
            degree=np.bincount(pairs.buyer, minlength=size).astype(np.uint32),
            slots=starts(pairs.buyer[begins], size),
            begins=begins,
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
    in_sector = total(of_pair, summed, len(group))[of_pair]
    stops = np.isin(group, needed)[of_pair]
    slot = np.where(stops, sector[seller], -1)
    order = np.lexsort((seller, slot, buyer))
    changes = (np.diff(buyer[order], prepend=-1) != 0) | (np.diff(slot[order], prepend=-2) != 0)
    return _Pairs(
        seller[order], buyer[order], summed[order], stops[order], np.cumsum(changes) - 1, in_sector[order]
    )


def _circles(pairs: _Pairs, sector: _Numbers, up: Floats) -> Circles:
    """Closed circles (docs/systemic.md): one firm of it lost, all of it is lost in the limit."""
    size = len(sector)
    buys = np.bincount(pairs.buyer, minlength=size) > 0
    stops = np.bincount(pairs.buyer, pairs.stops, size) > 0
    binds = pairs.stops | ~stops[pairs.buyer]
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
