"""What travelled along each link in each week: goods missing, orders withheld, blame, taint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.impact.impact import Impact
from graph.impact.layout import Walked
from graph.network import Floats
from viz.style import FAINTEST

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Tie:
    """What one company sells another: places in the network, and the categories, largest value first."""

    seller: int
    buyer: int
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    """What came from one company to another over one channel: `amount` is (weeks,) [0-1].

    Goods that are missing travel to the buyer, orders withheld to the seller; of several categories
    between two companies the largest share counts.
    """

    channel: str
    source: int
    target: int
    amount: Floats


def ties(impact: Impact, drawn: Places, most: int) -> tuple[Tie, ...]:
    """The trade between the companies drawn, one entry a seller and buyer; at most that many, by value."""
    network, trade = impact.network, impact.network.trade
    rows = _between(impact, drawn)
    value = np.nan_to_num(trade.numbers["annual_value"][rows])
    order = np.lexsort((-value, trade.buyer[rows], trade.seller[rows]))
    found: dict[tuple[int, int], list[str]] = {}
    worth: dict[tuple[int, int], float] = {}
    for row, amount in zip(rows[order].tolist(), value[order].tolist(), strict=True):
        ends = (int(trade.seller[row]), int(trade.buyer[row]))
        worth[ends] = worth.get(ends, 0.0) + amount
        names = found.setdefault(ends, [])
        if (name := network.categories[trade.category[row]]) not in names:
            names.append(name)
    kept = sorted(found, key=lambda ends: (-worth[ends], ends))[:most]
    return tuple(Tie(*ends, tuple(found[ends])) for ends in kept)


def flows(impact: Impact, drawn: Places, most: int, faintest: float = FAINTEST) -> tuple[Flow, ...]:
    """What travelled between the companies drawn, the most first: at most that many, none fainter than that.

    Blame and taint alone where goods and orders were not `recorded`.
    """
    trajectory, trade = impact.trajectory, impact.network.trade
    told: list[Flow] = []
    if recorded(impact):
        rows = _between(impact, drawn)
        seller, buyer = trade.seller[rows], trade.buyer[rows]
        told += _largest("missing", seller, buyer, trajectory.missing[:, rows])
        told += _largest("withheld", buyer, seller, trajectory.withheld[:, rows])
    attention, attributed = trajectory.series["attention"], trajectory.series["attributed"]
    week_before = np.vstack([np.zeros((1, attributed.shape[1])), attributed[:-1]])
    coefficients, inside = impact.chain.coefficients, _inside(impact, drawn)
    told += _spread("blame", coefficients.blame, inside, _both(attention, week_before))
    told += _spread("taint", coefficients.taint, inside, _both(attention, attributed))
    kept = [flow for flow in told if flow.amount.max(initial=0.0) >= faintest]
    kept.sort(key=lambda flow: (-flow.amount.max(), flow.channel, flow.source, flow.target))
    return tuple(kept[:most])


def recorded(impact: Impact) -> bool:
    """Whether the impact was reckoned with `flows=True`."""
    return int(impact.trajectory.missing.shape[1]) == len(impact.network.trade)


def _both(one: Floats, other: Floats) -> Floats:
    """a (+) b."""
    return 1.0 - (1.0 - one) * (1.0 - other)


def _inside(impact: Impact, drawn: Places) -> NDArray[np.bool_]:
    inside = np.zeros(len(impact.network), np.bool_)
    inside[drawn] = True
    return inside


def _between(impact: Impact, drawn: Places) -> Places:
    """The trade links whose ends are both drawn."""
    inside, trade = _inside(impact, drawn), impact.network.trade
    return np.flatnonzero(inside[trade.seller] & inside[trade.buyer])


def _largest(
    channel: str, source: NDArray[np.int32], target: NDArray[np.int32], amount: Floats
) -> list[Flow]:
    """One flow a pair of companies: in each week the largest over their links."""
    if not len(source):
        return []
    order = np.lexsort((target, source))
    source, target = source[order], target[order]
    first = np.flatnonzero((np.diff(source, prepend=-1) != 0) | (np.diff(target, prepend=-1) != 0))
    largest = np.maximum.reduceat(amount[:, order], first, axis=1)
    return [
        Flow(channel, int(source[row]), int(target[row]), largest[:, place])
        for place, row in enumerate(first.tolist())
    ]


def _spread(channel: str, weights: Walked, inside: NDArray[np.bool_], origin: Floats) -> list[Flow]:
    """One flow an entry of the weights between companies drawn: the weight times its origin's state."""
    row = np.repeat(weights.row, np.diff(weights.start).astype(np.int64))
    entries = np.flatnonzero(inside[row] & inside[weights.column])
    return [
        Flow(channel, int(weights.column[e]), int(row[e]), weights.value[e] * origin[:, weights.column[e]])
        for e in entries.tolist()
    ]
