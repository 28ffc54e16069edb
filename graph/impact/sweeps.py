"""Sweeps backward through the weeks: of all companies at once, or inside one (docs/explanation.md)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.backward_goods import losses_back, orders_back, shortage_back
from graph.impact.backward_news import (
    attention_back,
    blame_back,
    left_back,
    react_back,
    sever_back,
    trust_back,
)
from graph.impact.credit import Layer
from graph.impact.replay import (
    ATTENTION,
    BLAME,
    BLAMED,
    BRANDS,
    CHURN,
    HURT,
    LEFT,
    LEGAL,
    LOST,
    NEED,
    OTHERS_LEFT,
    OUTPUT,
    OWN,
    PROBE,
    REPUTATION,
    SHORTAGE,
    TAINT,
    TIES,
    TRUST,
    Past,
)
from graph.network import Floats


class Passed(NamedTuple):
    """What passed to other companies in a sweep, over all weeks: by link, by loose link, by tie."""

    withheld: Floats
    needless: Floats
    missing: Floats
    severed: Floats
    tied: Floats


def passed(layer: Layer) -> Passed:
    """Nothing yet."""
    return Passed(*(np.zeros_like(getattr(layer, name)) for name in Passed._fields))


@njit(cache=True, nogil=True)
def sweep(past: Past, worth: Floats, layers: tuple[Layer, Layer], tally: tuple[Passed, Passed]) -> None:
    """Divide v * worth of all companies and weeks; `worth` is (weeks, companies) [currency].

    Credit is in the first layer until it passes to another company for the first time, then in the second.
    """
    near, far = layers
    for t in range(len(worth) - 1, -1, -1):
        for i in range(worth.shape[1]):
            near.firm[LOST, i] += past.at[LOST, t + 1, i] * worth[t, i]
        _week_back(past, near, far, tally[0], t)
        _week_back(past, far, far, tally[1], t)
        # Of the week before: only now that all of this week is done.
        for layer, of in ((near, tally[0]), (far, tally[1])):
            _pass_ties(past, layer.second, of.tied, far.firm, BLAME, BLAMED)


@njit(cache=True, nogil=True)
def _week_back(past: Past, here: Layer, there: Layer, tally: Passed, t: int) -> None:
    """One week of one layer; what passes to others goes on in `there`, but for A of the week before."""
    size = here.firm.shape[1]
    orders_back(past, here, 0, size, t)
    shortage_back(past, here, 0, size, t)
    _pass_goods(past, here, there, tally)
    losses_back(past, here, 0, size, t)
    _pass_ties(past, here.tied, tally.tied, there.firm, BRANDS, LEFT)
    _pass_ties(past, here.second, tally.tied, there.firm, BRANDS, NEED)
    left_back(past, here, 0, size, t)
    sever_back(past, here, 1, len(here.severed), t)
    for entry in range(1, len(here.severed)):
        tally.severed[entry] += here.severed[entry]
        there.firm[TRUST, past.ways.buyer[past.ways.loose[entry]]] += here.severed[entry]
        here.severed[entry] = 0.0
    trust_back(past, here, 0, size, t)
    react_back(past, here, 0, size, t)
    _pass_ties(past, here.tied, tally.tied, there.firm, TAINT, HURT)
    _pass_ties(past, here.tied, tally.tied, there.firm, PROBE, HURT)
    blame_back(past, here, 0, size, t)
    _pass_ties(past, here.tied, tally.tied, there.firm, BLAME, ATTENTION)
    attention_back(past, here, 0, size, t)


@njit(cache=True, nogil=True)
def _pass_goods(past: Past, here: Layer, there: Layer, tally: Passed) -> None:
    """What stands in the ports of links to the buyers and sellers."""
    ways = past.ways
    for e in range(len(here.withheld)):
        if here.withheld[e] > 0.0:
            there.firm[OWN if ways.through[e] else LOST, ways.buyer[e]] += here.withheld[e]
            tally.withheld[e] += here.withheld[e]
            here.withheld[e] = 0.0
        if here.needless[e] > 0.0:
            there.firm[NEED, ways.buyer[e]] += here.needless[e]
            tally.needless[e] += here.needless[e]
            here.needless[e] = 0.0
        if here.missing[e] > 0.0:
            there.firm[OUTPUT, ways.seller[e]] += here.missing[e]
            tally.missing[e] += here.missing[e]
            here.missing[e] = 0.0


@njit(cache=True, nogil=True)
def _pass_ties(past: Past, port: Floats, tally: Floats, firm: Floats, matrix: int, quantity: int) -> None:
    """What stands in the ports of a matrix of ties to a quantity of the companies at their ends."""
    ways, size = past.ways, firm.shape[1]
    for n in range(ways.tie_start[matrix * size], ways.tie_start[(matrix + 1) * size]):
        if port[n] > 0.0:
            firm[quantity, ways.tie[n]] += port[n]
            tally[n] += port[n]
            port[n] = 0.0


# Ports by number, as `inside` reports what came out of them; those from IN_NEWS on are closed by shocks.
WITHHELD, NEEDLESS, MISSING, SEVERED, TIED, SECOND, CUT = range(7)
IN_NEWS, IS_OUT, IS_MOVED, IS_NEED, IS_STOPPED = range(7, 12)


class Found(NamedTuple):
    """What came out of a company: from which port, where in it, in which week, how much."""

    port: NDArray[np.int64]
    place: NDArray[np.int64]
    week: NDArray[np.int64]
    amount: Floats


@njit(cache=True, nogil=True)
def inside(past: Past, start: Found, layer: Layer, i: int) -> Found:
    """Sweep inside company i: from credit on its quantities (`port`, in falling weeks) to what leaves it."""
    ways, size = past.ways, past.at.shape[2]
    most = 4 + 2 * past.ways.stopped_course.shape[1] + 3 * (ways.sale_start[i + 1] - ways.sale_start[i])
    most += ways.slot_start[ways.buyer_start[i + 1]] - ways.slot_start[ways.buyer_start[i]]
    for matrix in range(TIES):
        row = matrix * size + i
        most += 2 * (ways.tie_start[row + 1] - ways.tie_start[row])
    first = start.week[0] if len(start.week) else -1
    room = int(first + 1) * int(most)
    found = Found(
        np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    )
    count, at = 0, 0
    for t in range(first, -1, -1):
        while at < len(start.week) and start.week[at] == t:
            layer.firm[start.port[at], i] += start.amount[at]
            at += 1
        _company_back(past, layer, i, t)
        count = _collect_links(past, layer, i, t, found, count)
        count = _collect_rest(past, layer, i, t, found, count)
    return Found(found.port[:count], found.place[:count], found.week[:count], found.amount[:count])


@njit(cache=True, nogil=True)
def _company_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """One week of one company; a step without credit is left out: to call it costs more than to look."""
    ways, credit = past.ways, layer.firm[:, i]
    orders_back(past, layer, i, i + 1, t)
    if credit[SHORTAGE] > 0.0:
        shortage_back(past, layer, i, i + 1, t)
    if credit[LOST] + credit[OWN] + credit[OUTPUT] > 0.0:
        losses_back(past, layer, i, i + 1, t)
    if len(ways.loose) > 1:
        for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
            entry = ways.entry[ways.sale[n]]
            if entry > 0:
                sever_back(past, layer, entry, entry + 1, t)
        for e in range(ways.slot_start[ways.buyer_start[i]], ways.slot_start[ways.buyer_start[i + 1]]):
            entry = ways.entry[e]
            if entry > 0:
                sever_back(past, layer, entry, entry + 1, t)
    if credit[LEFT] + credit[NEED] > 0.0:
        left_back(past, layer, i, i + 1, t)
    if credit[OTHERS_LEFT] + credit[TRUST] > 0.0:
        trust_back(past, layer, i, i + 1, t)
    if credit[CHURN] + credit[LEGAL] + credit[REPUTATION] > 0.0:
        react_back(past, layer, i, i + 1, t)
    if credit[HURT] + credit[BLAMED] > 0.0:
        blame_back(past, layer, i, i + 1, t)
    if credit[ATTENTION] > 0.0:
        attention_back(past, layer, i, i + 1, t)


@njit(cache=True, nogil=True)
def _take(values: Floats, place: int, port: int, t: int, found: Found, count: int) -> int:
    """Move one amount out of a port."""
    if values[place] <= 0.0:
        return count
    found.port[count], found.place[count] = port, place
    found.week[count], found.amount[count] = t, values[place]
    values[place] = 0.0
    return count + 1


@njit(cache=True, nogil=True)
def _collect_links(past: Past, layer: Layer, i: int, t: int, found: Found, count: int) -> int:
    """What stands in the ports of a company's links."""
    ways = past.ways
    for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
        count = _take(layer.withheld, ways.sale[n], WITHHELD, t, found, count)
        count = _take(layer.needless, ways.sale[n], NEEDLESS, t, found, count)
        count = _take(layer.severed, ways.entry[ways.sale[n]], SEVERED, t, found, count)
    for e in range(ways.slot_start[ways.buyer_start[i]], ways.slot_start[ways.buyer_start[i + 1]]):
        count = _take(layer.missing, e, MISSING, t, found, count)
    return count


@njit(cache=True, nogil=True)
def _collect_rest(past: Past, layer: Layer, i: int, t: int, found: Found, count: int) -> int:
    """What stands in the ports of a company's ties, and what its shocks closed."""
    ways, size = past.ways, past.at.shape[2]
    for matrix in range(TIES):
        row = matrix * size + i
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            count = _take(layer.tied, n, TIED, t, found, count)
            count = _take(layer.second, n, SECOND, t, found, count)
    for column in range(ways.stopped_course.shape[1]):
        count = _take(layer.cut[t], column, CUT, t, found, count)
        count = _take(layer.stopped[t], column, IS_STOPPED, t, found, count)
    if ways.news[i] >= 0:
        count = _take(layer.news[t], ways.news[i], IN_NEWS, t, found, count)
    if ways.out[i] >= 0:
        count = _take(layer.out[t], ways.out[i], IS_OUT, t, found, count)
    if ways.moved[i] >= 0:
        count = _take(layer.moved[t], ways.moved[i], IS_MOVED, t, found, count)
    if ways.need[i] >= 0:
        count = _take(layer.need[t], ways.need[i], IS_NEED, t, found, count)
    return count
