"""The systemic risk index as compiled loops: damage is pushed from what changed, or swept over all links.

Each sweep is the synchronous update of docs/systemic.md. A firm none of whose suppliers, suppliers' sectors
and buyers changed in the sweep before would come out as it was, so only firms that a change reaches are
reckoned again. Damages (1 - h) never fall: sums per slot grow by what was added, maxima are kept. Nothing
here depends on what other threads do, so the same firm has the same bytes however firms are shared out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.layout import Places, Starts
from graph.network import Floats

# One that is equal to eps but for rounding does not exceed it.
TIE = 1e-12
# Pushing a link costs about so many times what it costs within a whole sweep.
PUSHED = 4
# The capacity of a sector is added up anew where so little of it is left: differences have lost it by then.
SCARCE = 1e-3


class Sales(NamedTuple):
    """Links by seller. `into` is where a link's damage adds up: at its buyer (links of no essential sector),
    at companies + the slot, or at companies + slots + the buyer, where the seller is the slot's only one."""

    start: Starts
    into: Places
    down: Floats  # Λd
    buyer: Places
    up: Floats  # Λu


class Purchases(NamedTuple):
    """The same links by buyer: those of no essential sector, to `linear`; of slots with one seller, to
    `single`; and then slot by slot."""

    start: Starts
    linear: Starts
    single: Starts
    slots: Starts  # buyer -> its slots
    slot: Starts  # slot -> the first of its links, which go on to the next slot's or to the buyer's last
    slot_buyer: Places
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
    summed: Floats  # of buyers, then of slots
    worst: Floats  # of buyers: the largest of essential slots
    asked: Floats  # of sellers: Σ Λu(1 - hu)
    capacity: Floats  # A
    head: NDArray[np.int32]  # sector -> its last damaged firm
    chained: NDArray[np.int32]  # firm -> the one damaged before it in the sector
    marked: NDArray[np.bool_]  # firms that this sweep reaches
    dirty: NDArray[np.bool_]  # sectors whose capacity changed
    seen: NDArray[np.bool_]  # firms that any sweep reached


class Lists(NamedTuple):
    """Lists of firms and sectors with room for all; `counts` says how much of each is filled."""

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


CHANGED, MOVED, RAISED, REACHED, SECTORS, SEEN = range(6)


@njit(cache=True, nogil=True, inline="always")
def _reach(s: State, li: Lists, j: int) -> None:
    if not s.marked[j]:
        s.marked[j] = True
        li.reached[li.counts[REACHED]] = j
        li.counts[REACHED] += 1
        if not s.seen[j]:
            s.seen[j] = True
            li.seen[li.counts[SEEN]] = j
            li.counts[SEEN] += 1


@njit(cache=True, nogil=True)
def _shrink(f: Flows, s: State, li: Lists) -> None:
    """A of the sectors whose firms were damaged."""
    li.counts[SECTORS] = 0
    for n in range(li.counts[CHANGED]):
        i = li.changed[n]
        k = f.sectors.of[i]
        s.capacity[k] -= f.out[i] * li.grown[n]
        if not s.dirty[k]:
            s.dirty[k] = True
            li.sectors[li.counts[SECTORS]] = k
            li.counts[SECTORS] += 1
    for n in range(li.counts[SECTORS]):
        k = li.sectors[n]
        s.dirty[k] = False
        if s.capacity[k] < SCARCE * f.sectors.capacity[k]:
            left = 0.0
            for m in range(f.sectors.start[k], f.sectors.start[k + 1]):
                i = f.sectors.member[m]
                left += f.out[i] * (1.0 - s.down[i])
            s.capacity[k] = left


@njit(cache=True, nogil=True, inline="always")
def _offer(f: Flows, least: float, s: State, li: Lists, i: int, share: float) -> int:
    """Notes what firm i hands on beyond what it did; the links that this takes."""
    step = share * s.down[i] - s.passed[i]
    links = int(f.sales.start[i + 1]) - int(f.sales.start[i])
    if step <= least or links == 0:
        return 0
    s.passed[i] += step
    li.moved[li.counts[MOVED]] = i
    li.step[li.counts[MOVED]] = step
    li.counts[MOVED] += 1
    return links


@njit(cache=True, nogil=True)
def _offers(f: Flows, rule: Rule, s: State, li: Lists) -> int:
    """What changed firms, and damaged ones of changed sectors, hand on; the links that this takes."""
    li.counts[MOVED] = 0
    links = 0
    if not rule.market_shares:
        for n in range(li.counts[CHANGED]):
            links += _offer(f, rule.negligible, s, li, li.changed[n], 1.0)
        return links
    _shrink(f, s, li)
    for n in range(li.counts[SECTORS]):
        k = li.sectors[n]
        left, i = s.capacity[k], s.head[k]
        while i >= 0:
            share = 1.0
            if f.out[i] < left:
                share = f.out[i] / left
            links += _offer(f, rule.negligible, s, li, i, share)
            i = s.chained[i]
    return links


@njit(cache=True, nogil=True)
def _push_down(f: Flows, s: State, li: Lists) -> None:
    """Adds what moved to the sums of its buyers."""
    size, slots = len(f.out), len(f.purchases.slot_buyer)
    for n in range(li.counts[MOVED]):
        i, step = li.moved[n], li.step[n]
        for e in range(f.sales.start[i], f.sales.start[i + 1]):
            a = f.sales.into[e]
            if a < size:
                s.summed[a] += f.sales.down[e] * step
                _reach(s, li, a)
            elif a < size + slots:
                s.summed[a] += f.sales.down[e] * step
                j = f.purchases.slot_buyer[a - size]
                s.worst[j] = max(s.worst[j], s.summed[a])
                _reach(s, li, j)
            else:
                j = a - size - slots
                s.worst[j] = max(s.worst[j], s.passed[i])
                _reach(s, li, j)


@njit(cache=True, nogil=True)
def _sweep_down(f: Flows, s: State, li: Lists) -> None:
    """All buyers' sums, from all their purchases."""
    p, size = f.purchases, len(f.out)
    for j in range(size):
        summed, worst = 0.0, 0.0
        for e in range(p.start[j], p.linear[j]):
            summed += p.down[e] * s.passed[p.seller[e]]
        for e in range(p.linear[j], p.single[j]):
            worst = max(worst, s.passed[p.seller[e]])
        for slot in range(p.slots[j], p.slots[j + 1]):
            of_slot = 0.0
            for e in range(p.slot[slot], min(p.slot[slot + 1], p.start[j + 1])):
                of_slot += p.down[e] * s.passed[p.seller[e]]
            s.summed[np.uint64(size) + slot] = of_slot
            worst = max(worst, of_slot)
        s.summed[j], s.worst[j] = summed, worst
        if summed > 0.0 or worst > 0.0:
            _reach(s, li, j)


@njit(cache=True, nogil=True)
def _take_down(f: Flows, s: State, li: Lists) -> float:
    """hd of the firms that were reached; the largest change."""
    largest = 0.0
    li.counts[CHANGED] = 0
    for n in range(li.counts[REACHED]):
        j = li.reached[n]
        s.marked[j] = False
        damage = min(1.0, max(s.worst[j], s.summed[j]))
        grown = damage - s.down[j]
        if grown > 0.0:
            if s.down[j] == 0.0:
                k = f.sectors.of[j]
                s.chained[j], s.head[k] = s.head[k], j
            s.down[j] = damage
            li.changed[li.counts[CHANGED]] = j
            li.grown[li.counts[CHANGED]] = grown
            li.counts[CHANGED] += 1
            largest = max(largest, grown)
    li.counts[REACHED] = 0
    return largest


@njit(cache=True, nogil=True)
def _up(f: Flows, rule: Rule, s: State, li: Lists) -> float:
    """One sweep of hu; the largest change."""
    links = 0
    for n in range(li.counts[RAISED]):
        j = li.raised[n]
        links += int(f.purchases.start[j + 1]) - int(f.purchases.start[j])
    if PUSHED * links > len(f.sales.buyer):
        for i in range(len(f.out)):
            asked = 0.0
            for e in range(f.sales.start[i], f.sales.start[i + 1]):
                asked += f.sales.up[e] * s.up[f.sales.buyer[e]]
            if asked > 0.0:
                s.asked[i] = asked
                _reach(s, li, i)
    else:
        for n in range(li.counts[RAISED]):
            j, lift = li.raised[n], li.lift[n]
            for e in range(f.purchases.start[j], f.purchases.start[j + 1]):
                i = f.purchases.seller[e]
                s.asked[i] += f.purchases.up[e] * lift
                _reach(s, li, i)
    largest = 0.0
    li.counts[RAISED] = 0
    for n in range(li.counts[REACHED]):
        i = li.reached[n]
        s.marked[i] = False
        lift = min(1.0, s.asked[i]) - s.up[i]
        if lift > rule.negligible:
            s.up[i] += lift
            li.raised[li.counts[RAISED]] = i
            li.lift[li.counts[RAISED]] = lift
            li.counts[RAISED] += 1
            largest = max(largest, lift)
    li.counts[REACHED] = 0
    return largest


@njit(cache=True, nogil=True)
def _clear(f: Flows, s: State, li: Lists) -> None:
    """Puts back to nothing what one firm's index left."""
    size = len(f.out)
    for n in range(li.counts[SEEN]):
        j = li.seen[n]
        k = f.sectors.of[j]
        s.down[j] = s.up[j] = s.passed[j] = s.summed[j] = s.worst[j] = s.asked[j] = 0.0
        s.seen[j] = False
        s.head[k] = -1
        s.capacity[k] = f.sectors.capacity[k]
        for slot in range(f.purchases.slots[j], f.purchases.slots[j + 1]):
            s.summed[np.uint64(size) + slot] = 0.0
    li.counts[SEEN] = 0


@njit(cache=True, nogil=True)
def _lose_down(f: Flows, s: State, li: Lists, i: int) -> None:
    """hd of the firm is 0 from the start."""
    k, at = f.sectors.of[i], li.counts[CHANGED]
    s.chained[i], s.head[k] = s.head[k], i
    s.down[i] = li.grown[at] = 1.0
    li.changed[at] = i
    li.counts[CHANGED] += 1
    _reach(s, li, i)


@njit(cache=True, nogil=True)
def _lose_up(s: State, li: Lists, i: int) -> None:
    """hu of the firm is 0 from the start."""
    at = li.counts[RAISED]
    s.up[i] = li.lift[at] = 1.0
    li.raised[at] = i
    li.counts[RAISED] += 1
    _reach(s, li, i)


@njit(cache=True, nogil=True)
def _begin(f: Flows, rule: Rule, s: State, li: Lists, firm: int) -> None:
    """The firm is lost, and in the limit the closed circles that it is part of."""
    li.counts[:] = 0
    circle = f.circles.down_alone if rule.market_shares else f.circles.down
    down, up = circle[firm], f.circles.up[firm]
    if rule.eps > 0.0 or down == 0:
        _lose_down(f, s, li, firm)
    else:
        for i in range(len(circle)):
            if circle[i] == down:
                _lose_down(f, s, li, i)
    if rule.eps > 0.0 or up == 0:
        _lose_up(s, li, firm)
    else:
        for i in range(len(circle)):
            if f.circles.up[i] == up:
                _lose_up(s, li, i)
    for n in range(li.counts[REACHED]):
        s.marked[li.reached[n]] = False
    li.counts[REACHED] = 0


@njit(cache=True, nogil=True)
def spread(f: Flows, rule: Rule, s: State, li: Lists, firm: int) -> tuple[float, int]:
    """The firm fails: sweeps until none changes a firm by more than eps; the last change, and the sweeps."""
    _begin(f, rule, s, li, firm)
    sweeps = 0
    while True:
        links = _offers(f, rule, s, li)
        if PUSHED * links > len(f.sales.into):
            _sweep_down(f, s, li)
        else:
            _push_down(f, s, li)
        change = _take_down(f, s, li)
        change = max(change, _up(f, rule, s, li))
        sweeps += 1
        if change <= rule.eps + TIE or sweeps >= rule.most_sweeps:
            return change, sweeps


@njit(cache=True, nogil=True)
def indices(
    f: Flows, rule: Rule, s: State, li: Lists, firms: Places, index: Floats, change: Floats, sweeps: Places
) -> None:
    """The index of each of these firms, the change of its last sweep, and how many sweeps it took."""
    whole = 0.0
    for i in range(len(f.out)):
        whole += f.out[i]
    for n in range(len(firms)):
        change[n], sweeps[n] = spread(f, rule, s, li, firms[n])
        lost = 0.0
        for m in range(li.counts[SEEN]):
            j = li.seen[m]
            lost += f.out[j] * max(s.down[j], s.up[j])
        index[n] = lost / whole if whole > 0.0 else 0.0
        _clear(f, s, li)
