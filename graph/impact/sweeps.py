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
from graph.impact.compiling import is_compiled
from graph.impact.credit import Layer, step
from graph.impact.replay import (
    ATTENTION,
    BLAME,
    BLAMED,
    BRANDS,
    HURT,
    LEFT,
    LOST,
    NEED,
    OUTPUT,
    OWN,
    PROBE,
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


# Ports by number, as `inside` reports what came out of them; those from IN_NEWS on are closed by shocks.
WITHHELD, NEEDLESS, MISSING, SEVERED, TIED, SECOND, CUT = range(7)
IN_NEWS, IS_OUT, IS_MOVED, IS_NEED, IS_STOPPED = range(7, 12)


class Found(NamedTuple):
    """What came out of a company: from which port, where in it, in which week, how much."""

    port: NDArray[np.int64]
    place: NDArray[np.int64]
    week: NDArray[np.int64]
    amount: Floats


class Task(NamedTuple):
    """What a sweep begins with.

    `company` -1: all of them, v * `worth` (weeks, companies) [currency]. Otherwise inside that one, with the
    credit `start` on its quantities (`port`), in falling weeks.
    """

    company: int
    worth: Floats
    start: Found


def compiled() -> bool:
    """Whether the sweeps are compiled already: the first on a machine takes some seconds longer."""
    return is_compiled(_back)


def sweep(past: Past, worth: Floats, layers: tuple[Layer, Layer], tally: tuple[Passed, Passed]) -> None:
    """Divide v * worth of all companies and weeks; `worth` is (weeks, companies) [currency].

    Credit is in the first layer until it passes to another company for the first time, then in the second.
    """
    _back(past, Task(-1, worth, nothing()), layers, tally)


def inside(past: Past, start: Found, layer: Layer, tally: Passed, company: int) -> Found:
    """Sweep inside a company: from credit on its quantities to what leaves it. `tally` stays as it is."""
    task = Task(company, np.zeros((0, 0)), start)
    return _back(past, task, (layer, layer), (tally, tally))


def nothing() -> Found:
    """No credit."""
    none = np.zeros(0, np.int64)
    return Found(none, none, none, np.zeros(0))


@njit(cache=True, nogil=True, error_model="numpy")
def _back(past: Past, task: Task, layers: tuple[Layer, Layer], tally: tuple[Passed, Passed]) -> Found:
    """All weeks, the last first. One function for both kinds of sweep: to compile is most of the cost."""
    near, far = layers
    i, start, at, count = task.company, task.start, 0, 0
    first = len(task.worth) - 1
    if i >= 0:
        first = start.week[0] if len(start.week) else -1
    found = _room(past, i, first)
    for t in range(first, -1, -1):
        if i < 0:
            near.firm[LOST] += past.at[LOST, t + 1] * task.worth[t]
        while at < len(start.week) and start.week[at] == t:
            near.firm[start.port[at], i] += start.amount[at]
            at += 1
        _week_back(past, (near, far), tally[0], i, t)
        if i < 0:
            _week_back(past, (far, far), tally[1], i, t)
            # Of the week before: only now that all of this week is done.
            _pass_ties(past, near.second, tally[0].tied, far.firm, BLAME, BLAMED)
            _pass_ties(past, far.second, tally[1].tied, far.firm, BLAME, BLAMED)
        else:
            count = _collect_links(past, near, i, t, found, count)
            count = _collect_rest(past, near, i, t, found, count)
    return Found(found.port[:count], found.place[:count], found.week[:count], found.amount[:count])


@step
def _room(past: Past, i: int, first: int) -> Found:
    """Room for all that can leave a company in weeks up to `first`."""
    ways, size, most = past.ways, past.at.shape[2], 0
    if i >= 0:
        most = 4 + 2 * ways.stopped_course.shape[1] + 3 * int(ways.sale_start[i + 1] - ways.sale_start[i])
        most += int(ways.slot_start[ways.buyer_start[i + 1]] - ways.slot_start[ways.buyer_start[i]])
        for matrix in range(TIES):
            row = matrix * size + i
            most += 2 * int(ways.tie_start[row + 1] - ways.tie_start[row])
    room = (first + 1) * most
    return Found(np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room))


@step
def _week_back(past: Past, layers: tuple[Layer, Layer], tally: Passed, i: int, t: int) -> None:
    """One week of one layer, of all companies or of company i.

    What passes to others goes on in the second layer, but for A of the week before; or stays at the ports.
    """
    here, there = layers
    whole = i < 0
    lo, hi = (0, here.firm.shape[1]) if whole else (i, i + 1)
    orders_back(past, here, lo, hi, t)
    shortage_back(past, here, lo, hi, t)
    if whole:
        _pass_goods(past, here, there, tally)
    losses_back(past, here, lo, hi, t)
    if whole:
        _pass_ties(past, here.tied, tally.tied, there.firm, BRANDS, LEFT)
        _pass_ties(past, here.second, tally.tied, there.firm, BRANDS, NEED)
    left_back(past, here, lo, hi, t)
    sever_back(past, here, lo, hi, t)
    if whole:
        _pass_severed(past, here, there, tally)
    trust_back(past, here, lo, hi, t)
    react_back(past, here, lo, hi, t)
    if whole:
        _pass_ties(past, here.tied, tally.tied, there.firm, TAINT, HURT)
        _pass_ties(past, here.tied, tally.tied, there.firm, PROBE, HURT)
    blame_back(past, here, lo, hi, t)
    if whole:
        _pass_ties(past, here.tied, tally.tied, there.firm, BLAME, ATTENTION)
    attention_back(past, here, lo, hi, t)


@step
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


@step
def _pass_severed(past: Past, here: Layer, there: Layer, tally: Passed) -> None:
    """What stands in the ports of loose links to the buyers."""
    ways, severed = past.ways, here.severed
    for entry in range(1, len(severed)):
        if severed[entry] > 0.0:
            there.firm[TRUST, ways.buyer[ways.loose[entry]]] += severed[entry]
            tally.severed[entry] += severed[entry]
            severed[entry] = 0.0


@step
def _pass_ties(past: Past, port: Floats, tally: Floats, firm: Floats, matrix: int, quantity: int) -> None:
    """What stands in the ports of a matrix of ties to a quantity of the companies at their ends."""
    ways, size = past.ways, firm.shape[1]
    for n in range(ways.tie_start[matrix * size], ways.tie_start[(matrix + 1) * size]):
        if port[n] > 0.0:
            firm[quantity, ways.tie[n]] += port[n]
            tally[n] += port[n]
            port[n] = 0.0


@step
def _take(values: Floats, place: int, port: int, t: int, found: Found, count: int) -> int:
    """Move one amount out of a port."""
    if values[place] <= 0.0:
        return count
    found.port[count], found.place[count] = port, place
    found.week[count], found.amount[count] = t, values[place]
    values[place] = 0.0
    return count + 1


@step
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


@step
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
