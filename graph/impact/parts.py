"""A chain taken apart where no link leads across: what fails in one part is not felt in another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from graph.network import Ints, Network, Pairs, Trade, taken

Places = NDArray[np.int64]

# Small parts are reckoned together, up to so many companies: each costs some milliseconds by itself.
TOGETHER = 512


def connected(network: Network) -> Places:
    """For each company the first one, in the order of ids, that links of any kind lead to from it."""
    trade, pairs = network.trade, (network.competes, network.regulated)
    one = np.concatenate([trade.seller, *(p.source for p in pairs)]).astype(np.int64)
    other = np.concatenate([trade.buyer, *(p.target for p in pairs)]).astype(np.int64)
    first = np.arange(len(network), dtype=np.int64)
    while (apart := first[one] != first[other]).any():
        one, other = one[apart], other[apart]
        lower = np.minimum(first[one], first[other])
        np.minimum.at(first, np.maximum(first[one], first[other]), lower)
        while (shorter := first[first]).tobytes() != first.tobytes():
            first = shorter
    return first


def parts(network: Network) -> Iterator[Places]:
    """The places of the companies of each part, rising; small parts together, up to TOGETHER companies."""
    first = connected(network)
    order = np.argsort(first, kind="stable")
    cuts = np.append(np.flatnonzero(np.diff(first[order], prepend=-1)), len(order))
    begin = 0
    for cut, following in zip(cuts[1:], [*cuts[2:], None], strict=True):
        if following is None or following - begin > TOGETHER:
            yield np.sort(order[begin:cut])
            begin = cut


def part_of(network: Network, place: int) -> Places:
    """The places of the companies that links lead to from one, itself among them, rising."""
    first = connected(network)
    return np.flatnonzero(first == first[place])


def cut_out(network: Network, places: Places) -> Network:
    """The network of these companies alone; what links lead to from them must be among them.

    Each has the same coefficients there as in the whole, to the bit.
    """
    if len(places) == len(network):
        return network
    place = np.full(len(network), -1, np.int32)
    place[places] = np.arange(len(places))
    trade = network.trade
    rows = np.flatnonzero(place[trade.buyer] >= 0)
    return replace(
        network,
        ids=tuple(network.ids[i] for i in places),
        names=tuple(network.names[i] for i in places),
        roles=tuple(network.roles[i] for i in places),
        industries=tuple(network.industries[i] for i in places),
        numbers=taken(network.numbers, places),
        structure=network.structure[places],
        confidence=network.confidence[places],
        marks=taken(network.marks, places),
        trade=_placed(network.trade.at(rows), place),
        competes=_pairs(network.competes, place),
        regulated=_pairs(network.regulated, place),
    )


def _placed(trade: Trade, place: Ints) -> Trade:
    return replace(trade, seller=place[trade.seller], buyer=place[trade.buyer])


def _pairs(pairs: Pairs, place: Ints) -> Pairs:
    inside = pairs.at(np.flatnonzero(place[pairs.source] >= 0))
    return replace(inside, source=place[inside.source], target=place[inside.target])
