"""How far each company stands from the nearest brand, towards suppliers or towards customers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int32]


def tiers(brands: NDArray[np.bool_], seller: Places, buyer: Places) -> tuple[int | None, ...]:
    """Hops from the nearest brand by company, None where no trade leads to one.

    Positive for those that sell towards a brand over any number of links, negative for those that buy
    from one. Others hang on the chain sideways (a dealer's courier, a supplier's other customer): they
    count their hops all the same, positive if they sell to whom they hang on.
    """
    up, down = _hops(brands, buyer, seller), _hops(brands, seller, buyer)
    tier = np.where((up >= 0) & ((down < 0) | (up <= down)), up, -down)
    seen = (up >= 0) | (down >= 0)
    while True:
        sells, buys = np.zeros_like(seen), np.zeros_like(seen)
        hop = np.full(len(brands), np.iinfo(np.int64).max)
        for to, through, marked in ((seller, buyer, sells), (buyer, seller, buys)):
            some = seen[through] & ~seen[to]
            np.minimum.at(hop, to[some], abs(tier[through[some]]) + 1)
            marked[to[some]] = True
        reached = sells | buys
        if not reached.any():
            break
        tier = np.where(reached, np.where(sells, hop, -hop), tier)
        seen |= reached
    return tuple(int(t) if s else None for t, s in zip(tier, seen, strict=True))


def _hops(start: NDArray[np.bool_], at: Places, to: Places) -> NDArray[np.int64]:
    """Links from `start` when each leads from `at` to `to`, -1 where they do not lead; shape (companies,)."""
    hops = np.where(start, 0, -1).astype(np.int64)
    reached, hop = start, 0
    while reached.any():
        hop += 1
        there = np.zeros_like(start)
        there[to[reached[at]]] = True
        reached = there & (hops < 0)
        hops[reached] = hop
    return hops
