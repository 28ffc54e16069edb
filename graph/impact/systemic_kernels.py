"""The systemic risk index as compiled loops: damage is pushed from what changed, or swept over all links.

Each sweep is the synchronous update of docs/systemic.md. A firm none of whose suppliers, suppliers' sectors
and buyers changed in the sweep before would come out as it was, so only firms that a change reaches are
reckoned again. Damages (1 - h) never fall: sums per slot grow by what was added, maxima are kept. Nothing
here depends on what other threads do, so the same firm has the same bytes however firms are shared out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from graph.impact.layout import Places
from graph.impact.systemic_layout import (
    ALL,
    CHANGED,
    DAMAGED,
    MOVED,
    RAISED,
    REACHED,
    SECTORS,
    SEEN,
    Flows,
    Lists,
    Rule,
    State,
)
from graph.network import Floats

# One that is equal to eps but for rounding does not exceed it.
TIE = 1e-12
# Pushing a link costs about so many times what it costs within a whole sweep.
PUSHED = 8
# The capacity of a sector is added up anew where so little of it is left: differences have lost it by then.
SCARCE = 1e-3


@njit(cache=True, nogil=True)
def _shrink(f: Flows, s: State, li: Lists) -> None:
    """A of the sectors whose firms were damaged; they are left marked as dirty."""
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
        if s.capacity[k] < SCARCE * f.sectors.capacity[k]:
            left = 0.0
            for m in range(f.sectors.start[k], f.sectors.start[k + 1]):
                i = f.sectors.member[m]
                left += f.out[i] * (1.0 - s.down[i])
            s.capacity[k] = left


@njit(cache=True, nogil=True)
def _askable(f: Flows, rule: Rule, s: State, li: Lists) -> None:
    """Who may hand on more than it did, and its market share: changed firms, or damaged ones of sectors that
    changed. Into `moved` and `step`."""
    moved, share, count = li.moved, li.step, 0
    if not rule.market_shares:
        for n in range(li.counts[CHANGED]):
            moved[n], share[n] = li.changed[n], 1.0
        li.counts[MOVED] = li.counts[CHANGED]
        return
    _shrink(f, s, li)
    out, sector, capacity, dirty, damaged = f.out, f.sectors.of, s.capacity, s.dirty, li.damaged
    for n in range(li.counts[DAMAGED]):
        i = damaged[n]
        k = sector[i]
        left = capacity[k]
        moved[count] = i
        share[count] = out[i] / left if out[i] < left else 1.0
        count += dirty[k]
    li.counts[MOVED] = count
    for n in range(li.counts[SECTORS]):
        dirty[li.sectors[n]] = False


@njit(cache=True, nogil=True)
def _offers(f: Flows, rule: Rule, s: State, li: Lists) -> int:
    """Who hands on how much beyond what it did, into `moved` and `step`; the links that this takes."""
    _askable(f, rule, s, li)
    moved, step, passed, down, degree = li.moved, li.step, s.passed, s.down, f.sales.degree
    links, count, negligible = 0, 0, rule.negligible
    for n in range(li.counts[MOVED]):
        i = moved[n]
        more = step[n] * down[i] - passed[i]
        some = (more > negligible) & (degree[i] > 0)
        moved[count], step[count] = i, more
        passed[i] += more if some else 0.0
        count += some
        links += degree[i] if some else 0
    li.counts[MOVED] = count
    return links


# What runs once a link names its arrays first and calls nothing: a call counts references to all that it is
# given, which costs more than the link. Nor does it branch on what the processor cannot guess: each firm is
# written at the end of a list, and counted only where it belongs there.


@njit(cache=True, nogil=True)
def _push_down(f: Flows, s: State, li: Lists) -> None:
    """Adds what moved to the sums of its buyers."""
    start, into, buyer, down = f.sales.start, f.sales.into, f.sales.buyer, f.sales.down
    summed, worst, marked, reached, count = s.summed, s.worst, s.marked, li.reached, 0
    for n in range(li.counts[MOVED]):
        i, step = li.moved[n], li.step[n]
        for e in range(start[i], start[i + 1]):
            q, j = into[e], buyer[e]
            summed[q] += down[e] * step
            worst[j] = max(worst[j], summed[q])
            reached[count] = j
            count += not marked[j]
            marked[j] = True
    li.counts[REACHED] = count


@njit(cache=True, nogil=True)
def _sweep_down(f: Flows, s: State, li: Lists) -> float:
    """hd of all firms, from all their purchases; the largest change."""
    start, begins, seller, share = f.purchases.start, f.purchases.begins, f.purchases.seller, f.purchases.down
    passed, summed, worst, down, q = s.passed, s.summed, s.worst, s.down, -1
    changed, grown, damaged, hurt = li.changed, li.grown, li.damaged, li.counts[DAMAGED]
    largest, count = 0.0, 0
    for j in range(len(f.out)):
        # Sums only grow within a slot, so the largest of all on the way is the largest slot's.
        of_slot, missing = 0.0, 0.0
        for e in range(start[j], start[j + 1]):
            of_slot = share[e] * passed[seller[e]] + (0.0 if begins[e] else of_slot)
            q += begins[e]
            summed[np.uint64(q)] = of_slot
            missing = max(missing, of_slot)
        worst[j] = missing
        damage = min(1.0, missing)
        more = damage - down[j]
        damaged[hurt] = j
        hurt += (more > 0.0) & (down[j] == 0.0)
        changed[count], grown[count] = j, more
        count += more > 0.0
        down[j] = max(down[j], damage)
        largest = max(largest, more)
    li.counts[CHANGED], li.counts[DAMAGED], li.counts[ALL] = count, hurt, 1
    return largest


@njit(cache=True, nogil=True)
def _see(s: State, li: Lists) -> None:
    """Notes the firms that were reached now and never before; none is marked afterwards."""
    marked, seen, reached, count = s.marked, s.seen, li.reached, li.counts[SEEN]
    for n in range(li.counts[REACHED]):
        j = reached[n]
        marked[j] = False
        li.seen[count] = j
        count += not seen[j]
        seen[j] = True
    li.counts[SEEN] = count


@njit(cache=True, nogil=True)
def _take_down(s: State, li: Lists) -> float:
    """hd of the firms that were reached; the largest change."""
    _see(s, li)
    largest, count, worst, down = 0.0, 0, s.worst, s.down
    changed, grown, damaged, hurt = li.changed, li.grown, li.damaged, li.counts[DAMAGED]
    for n in range(li.counts[REACHED]):
        j = li.reached[n]
        damage = min(1.0, worst[j])
        more = damage - down[j]
        damaged[hurt] = j
        hurt += (more > 0.0) & (down[j] == 0.0)
        changed[count], grown[count] = j, more
        count += more > 0.0
        down[j] = max(down[j], damage)
        largest = max(largest, more)
    li.counts[CHANGED], li.counts[DAMAGED] = count, hurt
    return largest


@njit(cache=True, nogil=True)
def _push_up(f: Flows, s: State, li: Lists) -> None:
    """Adds what rose to the sums of its sellers."""
    start, seller, up = f.purchases.start, f.purchases.seller, f.purchases.up
    asked, marked, reached, count = s.asked, s.marked, li.reached, 0
    for n in range(li.counts[RAISED]):
        j, lift = li.raised[n], li.lift[n]
        for e in range(start[j], start[j + 1]):
            i = seller[e]
            asked[i] += up[e] * lift
            reached[count] = i
            count += not marked[i]
            marked[i] = True
    li.counts[REACHED] = count


@njit(cache=True, nogil=True)
def _sweep_up(f: Flows, rule: Rule, s: State, li: Lists) -> float:
    """hu of all firms, from all their sales; the largest change."""
    start, buyer, share, up, asked = f.sales.start, f.sales.buyer, f.sales.up, s.up, s.asked
    largest, count, raised, lifts, negligible = 0.0, 0, li.raised, li.lift, rule.negligible
    for i in range(len(f.out)):
        lost = 0.0
        for e in range(start[i], start[i + 1]):
            lost += share[e] * up[buyer[e]]
        asked[i] = lost
        lift = min(1.0, lost) - up[i]
        raised[count], lifts[count] = i, lift
        count += lift > negligible
        largest = max(largest, lift)
    largest = largest if largest > negligible else 0.0
    for n in range(count):
        up[raised[n]] += lifts[n]
    li.counts[RAISED], li.counts[ALL] = count, 1
    return largest


@njit(cache=True, nogil=True)
def _take_up(rule: Rule, s: State, li: Lists) -> float:
    """hu of the firms that were reached; the largest change."""
    _see(s, li)
    largest, count, asked, up, raised, lifts = 0.0, 0, s.asked, s.up, li.raised, li.lift
    negligible = rule.negligible
    for n in range(li.counts[REACHED]):
        i = li.reached[n]
        lift = min(1.0, asked[i]) - up[i]
        some = lift > negligible
        raised[count], lifts[count] = i, lift
        count += some
        up[i] += lift if some else 0.0
        largest = max(largest, lift)
    largest = largest if largest > negligible else 0.0
    li.counts[RAISED] = count
    return largest


@njit(cache=True, nogil=True)
def _lost(f: Flows, s: State, li: Lists) -> float:
    """What is no longer sold [currency/year]."""
    lost, out, down, up, seen = 0.0, f.out, s.down, s.up, li.seen
    if li.counts[ALL]:
        for i in range(len(out)):
            lost += out[i] * max(down[i], up[i])
    else:
        for n in range(li.counts[SEEN]):
            i = seen[n]
            lost += out[i] * max(down[i], up[i])
    return lost


@njit(cache=True, nogil=True)
def _clear(f: Flows, s: State, li: Lists) -> None:
    """Puts back to nothing what one firm's index left."""
    if li.counts[ALL]:
        s.down[:] = s.up[:] = s.passed[:] = s.worst[:] = s.asked[:] = 0.0
        s.summed[:] = 0.0
        s.seen[:] = False
        s.capacity[:] = f.sectors.capacity
        return
    for n in range(li.counts[SEEN]):
        j = li.seen[n]
        k = f.sectors.of[j]
        s.down[j] = s.up[j] = s.passed[j] = s.worst[j] = s.asked[j] = 0.0
        s.seen[j] = False
        s.capacity[k] = f.sectors.capacity[k]
        for slot in range(f.purchases.slots[j], f.purchases.slots[j + 1]):
            s.summed[slot] = 0.0


@njit(cache=True, nogil=True)
def _lose_down(s: State, li: Lists, i: int) -> None:
    """hd of the firm is 0 from the start."""
    at = li.counts[CHANGED]
    s.down[i] = li.grown[at] = 1.0
    li.changed[at] = li.reached[at] = li.damaged[at] = i
    li.counts[CHANGED] += 1


@njit(cache=True, nogil=True)
def _lose_up(s: State, li: Lists, i: int) -> None:
    """hu of the firm is 0 from the start."""
    at = li.counts[RAISED]
    s.up[i] = li.lift[at] = 1.0
    li.raised[at] = li.reached[at] = i
    li.counts[RAISED] += 1


@njit(cache=True, nogil=True)
def _begin(f: Flows, rule: Rule, s: State, li: Lists, firm: int) -> None:
    """The firm is lost, and in the limit the closed circles that it is part of."""
    li.counts[:] = 0
    circle = f.circles.down_alone if rule.market_shares else f.circles.down
    down, up = circle[firm], f.circles.up[firm]
    if rule.eps > 0.0 or down == 0:
        _lose_down(s, li, firm)
    else:
        for i in range(len(circle)):
            if circle[i] == down:
                _lose_down(s, li, i)
    li.counts[REACHED] = li.counts[DAMAGED] = li.counts[CHANGED]
    _see(s, li)
    if rule.eps > 0.0 or up == 0:
        _lose_up(s, li, firm)
    else:
        for i in range(len(circle)):
            if f.circles.up[i] == up:
                _lose_up(s, li, i)
    li.counts[REACHED] = li.counts[RAISED]
    _see(s, li)


@njit(cache=True, nogil=True)
def spread(f: Flows, rule: Rule, s: State, li: Lists, firm: int) -> tuple[float, int]:
    """The firm fails: sweeps until none changes a firm by more than eps; the last change, and the sweeps."""
    _begin(f, rule, s, li, firm)
    sweeps, all_links = 0, len(f.sales.into)
    while True:
        links = _offers(f, rule, s, li)
        if PUSHED * links > all_links:
            change = _sweep_down(f, s, li)
        else:
            _push_down(f, s, li)
            change = _take_down(s, li)
        links = 0
        for n in range(li.counts[RAISED]):
            links += f.purchases.degree[li.raised[n]]
        if PUSHED * links > all_links:
            change = max(change, _sweep_up(f, rule, s, li))
        else:
            _push_up(f, s, li)
            change = max(change, _take_up(rule, s, li))
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
        index[n] = _lost(f, s, li) / whole if whole > 0.0 else 0.0
        _clear(f, s, li)
