"""The largest paths from shocks to a loss, best first (docs/explanation.md)."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.causes import Causes, Parallels, Places, by_shock
from graph.impact.credit import layer
from graph.impact.replay import ATTENTION, BLAMED, HURT, LEFT, LOST, NEED, OUTPUT, OWN, TIES, TRUST, Past
from graph.impact.sweeps import (
    CUT,
    IN_NEWS,
    IS_MOVED,
    IS_NEED,
    IS_OUT,
    IS_STOPPED,
    MISSING,
    NEEDLESS,
    SECOND,
    SEVERED,
    TIED,
    WITHHELD,
    Found,
    inside,
    nothing,
    passed,
)
from graph.network import Floats

# By the number that a hop bears; those of ties stand in the order of replay.BLAME, TAINT, PROBE, BRANDS.
CHANNELS = ("blame", "association", "legal", "brand_churn", "orders", "shortage", "severed")
ORDERS, SHORTAGE, SEVERANCE = range(TIES, len(CHANNELS))
_REACHED = np.array([ATTENTION, HURT, HURT, LEFT])  # by a tie
_SECOND = np.array([BLAMED, 0, 0, NEED])  # by its second port
ENDS = ("share", "count", "work", "all")  # of a search; all: there are no more paths
NOTICED = 0.01  # of a hop's largest week: where its weeks begin and end
# Links times weeks that are looked through, about a second's work; what has not come up then is remainder.
MOST_WORK = 30_000_000
_A_SWEEP = 20_000  # what a sweep takes apart from its links, in the same unit


@dataclass(frozen=True, slots=True)
class Hop:
    """Credit that passed from one company (place in the network) to another.

    `links` are numbered as in causes.Parallels, the one that carried most first. It arrived between
    `first_week` and `last_week`; weeks with less than 1 % of the largest at both ends are left out.
    """

    source: int
    target: int
    channel: str
    links: tuple[int, ...]
    first_week: int
    last_week: int


@dataclass(frozen=True, slots=True)
class Path:
    """What one shock did to one company's loss over these hops, from the shock on [currency]."""

    company: int
    shock: int
    hops: tuple[Hop, ...]
    amount: float


class _Passage(NamedTuple):
    """A hop as found: ports, places, weeks of arrival, amounts."""

    source: int
    target: int
    channel: int
    port: Places
    place: Places
    week: Places
    amount: Floats


class _Ending(NamedTuple):
    """The last hops of paths, the latest last, and the credit with which they begin."""

    company: int  # whose loss
    hops: tuple[_Passage, ...]
    at: int  # the company where it begins
    start: Found
    cut: Found  # credit that the shocks of stopped links close there


class _Closed(NamedTuple):
    """A path that is found."""

    company: int
    hops: tuple[_Passage, ...]
    shock: int


class _Branch(NamedTuple):
    """An ending one hop longer, not yet made: of what left its company, these entries."""

    ending: _Ending
    left: _Left
    which: slice


class _Left(NamedTuple):
    """What left a company, with the channel, the company and its quantity that each entry passed to."""

    found: Found
    channel: Places
    other: Places
    quantity: Places


class Search:
    """Takes the largest ending again and again: paths come out in falling order."""

    def __init__(self, past: Past, behind: Causes, parallel: Parallels, most_work: int) -> None:
        self.past, self.behind, self.parallel = past, behind, parallel
        self.work, self.most_work = 0, most_work
        self._layer = layer(past)
        self._tally = passed(self._layer)
        self._cut_link = past.ways.loose[_inverse(past.ways.stopped, past.ways.stopped_course.shape[1])]
        self._queue: list[tuple[float, int, _Ending | _Closed | _Branch]] = []
        self._number = count()

    def begin(self, company: int, worth: Floats) -> None:
        """Add the loss of a company, `worth` [currency] for the whole of each week, shape (weeks,)."""
        amount = self.past.at[LOST, 1:, company] * worth
        week = np.flatnonzero(amount > 0)[::-1].copy()  # as all others lie: another layout compiles again
        zeros = np.zeros(len(week), np.int64)
        start = Found(zeros + LOST, zeros, week, amount[week])
        self._push(_Ending(company, (), company, start, nothing()), float(amount.sum()))

    def paths(self) -> Iterator[Path]:
        """The paths, largest first, as long as there is work allowed."""
        while self._queue and self.work <= self.most_work:
            amount, _, taken = heapq.heappop(self._queue)
            if isinstance(taken, _Closed):
                hops = [self._told(hop) for hop in reversed(taken.hops)]
                yield Path(taken.company, taken.shock, _in_time(hops), -amount)
            else:
                self._split(_longer(taken) if isinstance(taken, _Branch) else taken)

    def _push(self, ending: _Ending | _Closed | _Branch, amount: float) -> None:
        if amount > 0:
            heapq.heappush(self._queue, (-amount, next(self._number), ending))

    def _split(self, ending: _Ending) -> None:
        """Into endings that a shock closes and endings one hop longer."""
        found = inside(self.past, ending.start, self._layer, self._tally, ending.at)
        self.work += self._effort(ending)
        closed = np.zeros(self.behind.count)
        for closings, port in (
            (self.behind.news, IN_NEWS),
            (self.behind.out, IS_OUT),
            (self.behind.stopped, IS_STOPPED),
            (self.behind.moved, IS_MOVED),
            (self.behind.need, IS_NEED),
        ):
            of = found.port == port
            closed += by_shock(closings, found.place[of], found.week[of], found.amount[of], len(closed))
        cut = ending.cut
        closed += by_shock(self.behind.stopped, cut.place, cut.week, cut.amount, len(closed))
        for shock in np.flatnonzero(closed > 0).tolist():
            self._push(_Closed(ending.company, ending.hops, shock), float(closed[shock]))
        self._lengthen(ending, _only(found, found.port <= CUT))

    def _effort(self, ending: _Ending) -> int:
        ways, i = self.past.ways, ending.at
        sales = int(ways.sale_start[i + 1] - ways.sale_start[i])
        bought = int(ways.slot_start[ways.buyer_start[i + 1]] - ways.slot_start[ways.buyer_start[i]])
        return _A_SWEEP + (1 + int(ending.start.week.max(initial=0))) * (sales + bought)

    def _lengthen(self, ending: _Ending, found: Found) -> None:
        """One ending for each company that credit passed to, and each channel."""
        if not len(found.port):
            return
        channel, other, quantity = self._reached(found)
        order = np.lexsort((-found.week, other, channel))
        left = _Left(_only(found, order), channel[order], other[order], quantity[order])
        group = left.channel * self.past.at.shape[2] + left.other
        first = np.flatnonzero(np.diff(group, prepend=-1))
        amount = np.add.reduceat(left.found.amount, first)
        for lo, hi, part in zip(first, [*first[1:], len(group)], amount.tolist(), strict=True):
            self._push(_Branch(ending, left, slice(lo, hi)), part)

    def _reached(self, found: Found) -> tuple[Places, Places, Places]:
        """The channel, the company and its quantity that each entry passed to."""
        ways, size = self.past.ways, self.past.at.shape[2]
        channel, other, quantity = (np.zeros(len(found.port), np.int64) for _ in range(3))
        for port in np.unique(found.port).tolist():
            of = found.port == port
            place = found.place[of]
            if port in (TIED, SECOND):
                matrix = (np.searchsorted(ways.tie_start, place, side="right") - 1) // size
                channel[of], other[of] = matrix, ways.tie[place]
                quantity[of] = (_SECOND if port == SECOND else _REACHED)[matrix]
            elif port == WITHHELD:
                channel[of], other[of] = ORDERS, ways.buyer[place]
                quantity[of] = np.where(ways.through[place], OWN, LOST)
            elif port == NEEDLESS:
                channel[of], other[of], quantity[of] = ORDERS, ways.buyer[place], NEED
            elif port == SEVERED:
                channel[of], other[of], quantity[of] = SEVERANCE, ways.buyer[ways.loose[place]], TRUST
            else:
                link = self._cut_link[place] if port == CUT else place
                channel[of], other[of], quantity[of] = SHORTAGE, ways.seller[link], OUTPUT
        return channel, other, quantity

    def _told(self, hop: _Passage) -> Hop:
        links = self._links(hop)
        weekly = np.bincount(hop.week, hop.amount)
        weeks = np.flatnonzero(weekly >= NOTICED * weekly.max())
        return Hop(hop.source, hop.target, CHANNELS[hop.channel], links, int(weeks[0]), int(weeks[-1]))

    def _links(self, hop: _Passage) -> tuple[int, ...]:
        place, amount = hop.place, hop.amount
        if hop.channel < TIES:
            entry, links, share = self.parallel.of(place)
            amount = amount[entry] * share
        elif hop.channel == SEVERANCE:
            links = self.past.ways.loose[place].astype(np.int64)
        else:
            links = place.copy()
            links[hop.port == CUT] = self._cut_link[place[hop.port == CUT]]
        unique, inverse = np.unique(links, return_inverse=True)
        order = np.argsort(-np.bincount(inverse, amount), kind="stable")
        return tuple(unique[order].tolist())


def _longer(branch: _Branch) -> _Ending:
    """The ending of a branch."""
    ending, (found, channel, other, quantity), which = branch
    each, at = _only(found, which), int(other[which][0])
    arrived = each.week + np.isin(each.port, (WITHHELD, NEEDLESS, MISSING, CUT))
    hop = _Passage(at, ending.at, int(channel[which][0]), each.port, each.place, arrived, each.amount)
    week = each.week - (quantity[which] == BLAMED)
    cut = each.port == CUT
    start = _only(Found(quantity[which], np.zeros_like(each.place), week, each.amount), ~cut)
    start = _only(start, np.argsort(-start.week, kind="stable"))
    return _Ending(ending.company, (*ending.hops, hop), at, start, _only(each, cut))


def _in_time(hops: list[Hop]) -> tuple[Hop, ...]:
    """Hops from the shock on: what has not arrived by one hop passes no later one, nor is it ever too late.

    The credit of a hop was found before the path was known to its end, so it holds that of other paths too.
    """
    for n in range(1, len(hops)):
        hops[n] = replace(hops[n], first_week=max(hops[n].first_week, hops[n - 1].first_week))
    for n in reversed(range(len(hops) - 1)):
        hops[n] = replace(hops[n], last_week=min(hops[n].last_week, hops[n + 1].last_week))
    return tuple(hops)


def largest_paths(search: Search, loss: float, share: float, most: int) -> tuple[tuple[Path, ...], str]:
    """The first paths, until they make up a share of the loss or are so many; and what ended it (ENDS)."""
    kept: list[Path] = []
    explained, found = 0.0, search.paths()
    while explained < share * loss:
        if len(kept) == most:
            return tuple(kept), "count"
        path = next(found, None)
        if path is None:
            return tuple(kept), "work" if search.work > search.most_work else "all"
        kept.append(path)
        explained += path.amount
    return tuple(kept), "share"


def _only(found: Found, which: NDArray[np.bool_] | Places | slice) -> Found:
    return Found(found.port[which], found.place[which], found.week[which], found.amount[which])


def _inverse(columns: Sequence[int] | Places, count_of: int) -> Places:
    """Column → where it stands among `columns`."""
    columns = np.asarray(columns)
    found = np.zeros(count_of, np.int64)
    there = np.flatnonzero(columns >= 0)
    found[columns[there]] = there
    return found
