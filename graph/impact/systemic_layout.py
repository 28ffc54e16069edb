"""How firms and their trade lie in memory for the systemic risk index, and the room that a thread needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.layout import Places, Starts
from graph.network import Floats


class Sales(NamedTuple):
    """Links by seller. `into` is the slot of its buyer where a link's damage adds up."""

    start: Starts
    degree: Places  # how many there are
    into: Places
    down: Floats  # Λd
    buyer: Places
    up: Floats  # Λu


class Purchases(NamedTuple):
    """The same links by buyer and slot: a buyer's first is that of all sectors that are not essential, if it
    buys of such, the others are of one essential sector each."""

    start: Starts
    degree: Places  # how many there are
    slots: Starts  # buyer -> its slots
    begins: NDArray[np.bool_]  # a link is its slot's first
    seller: Places
    down: Floats
    up: Floats


class Sectors(NamedTuple):
    """Who belongs to which sector; `capacity` is what all of one sell [currency/year]."""

    of: Places
    start: Starts
    member: Places
    capacity: Floats


class Circles(NamedTuple):
    """Firm -> the closed circle that it is part of, 0 for none: once one of a circle is lost, all of it is
    lost in the limit. `down` holds where market shares do not count, `down_alone` also where they do."""

    down: Places
    down_alone: Places
    up: Places


class Flows(NamedTuple):
    """What is sold to whom, as the index reads it; `out` is what each firm sells [currency/year]."""

    out: Floats
    sales: Sales
    purchases: Purchases
    sectors: Sectors
    circles: Circles


class Rule(NamedTuple):
    """How it is reckoned: where sweeps stop (eps 0: in the limit), and whether market shares count.

    A change up to `negligible` waits at its firm until it has grown.
    """

    eps: float
    negligible: float
    market_shares: bool
    most_sweeps: int


class State(NamedTuple):
    """Room for one firm's index, as if nothing had happened; one for each thread."""

    down: Floats  # 1 - hd
    up: Floats  # 1 - hu
    passed: Floats  # σ(1 - hd) that buyers know of
    summed: Floats  # of slots
    worst: Floats  # of buyers: the largest of their slots
    asked: Floats  # of sellers: Σ Λu(1 - hu)
    capacity: Floats  # A
    marked: NDArray[np.bool_]  # firms that this sweep reaches
    dirty: NDArray[np.bool_]  # sectors whose capacity changed
    seen: NDArray[np.bool_]  # firms that any sweep reached


class Lists(NamedTuple):
    """Lists of firms and sectors with room for all and one more, which is written and not counted; `counts`
    says how much of each is filled, and at ALL is 1 once a whole sweep has touched every firm."""

    damaged: Places  # 1 - hd is above 0
    changed: Places  # 1 - hd grew
    grown: Floats
    moved: Places  # passed grew
    step: Floats
    raised: Places  # 1 - hu grew
    lift: Floats
    reached: Places
    sectors: Places
    seen: Places
    counts: NDArray[np.int64]


ALL, CHANGED, DAMAGED, MOVED, RAISED, REACHED, SECTORS, SEEN = range(8)


def room(f: Flows) -> tuple[State, Lists]:
    """Room for one thread to work in."""
    size, sectors = len(f.out), len(f.sectors.capacity)

    def floats() -> Floats:
        return np.zeros(size)

    def places() -> Places:
        return np.zeros(size + 1, np.uint32)

    state = State(
        down=floats(),
        up=floats(),
        passed=floats(),
        summed=np.zeros(int(f.purchases.slots[-1])),
        worst=floats(),
        asked=floats(),
        capacity=f.sectors.capacity.copy(),
        marked=np.zeros(size, np.bool_),
        dirty=np.zeros(sectors, np.bool_),
        seen=np.zeros(size, np.bool_),
    )
    lists = Lists(
        damaged=places(),
        changed=places(),
        grown=np.zeros(size + 1),
        moved=places(),
        step=np.zeros(size + 1),
        raised=places(),
        lift=np.zeros(size + 1),
        reached=places(),
        sectors=np.zeros(sectors, np.uint32),
        seen=places(),
        counts=np.zeros(8, np.int64),
    )
    return state, lists
