"""Divides credit that a company's shocks close among them, and names the links that ties pass over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import SELLS_THROUGH, Chain, total
from graph.impact.credit import TIE
from graph.impact.layout import Entries
from graph.impact.leaving import TO_NOBODY, leaving
from graph.impact.propagation import matching
from graph.impact.replay import BLAME, BRANDS, PROBE, TAINT, Ways
from graph.network import Floats
from graph.scenario import Exit, Outage, Scandal, Scenario

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Closing:
    """One shock's part in a column of a course: `share` of what stands in it, by week [0-1]."""

    shock: int
    share: Floats


Closings = Mapping[int, tuple[Closing, ...]]  # by column


@dataclass(frozen=True)
class Causes:
    """Which shocks stand behind the columns of the courses of Ways."""

    count: int
    news: Closings
    out: Closings
    stopped: Closings
    moved: Closings
    need: Closings


def causes(chain: Chain, scenario: Scenario, p: Mapping[str, float], ways: Ways) -> Causes:
    """The shocks behind each column, in proportion to their sizes."""
    found: tuple[dict[int, list[tuple[int, Floats]]], ...] = ({}, {}, {}, {}, {})
    news, out, stopped, moved, need = found
    for source in leaving(chain, scenario, p).sources:
        courses, columns = (need, ways.need) if source.goes == TO_NOBODY else (moved, ways.moved)
        for at, company in enumerate(source.company.tolist()):
            courses.setdefault(int(columns[company]), []).append((source.shock, source.course[:, at]))
    for number, shock in enumerate(scenario.shocks):
        company = chain.network.index[shock.company]
        if isinstance(shock, Scandal):
            course = shock.course(scenario.horizon_weeks, p)
            news.setdefault(int(ways.news[company]), []).append((number, course))
            continue
        if not isinstance(shock, Outage | Exit):
            continue
        course = shock.course(scenario.horizon_weeks)
        if isinstance(shock, Exit) or not shock.partial:
            out.setdefault(int(ways.out[company]), []).append((number, course))
            continue
        for e in matching(chain.network, shock, company, number):
            stopped.setdefault(int(ways.stopped[ways.entry[e]]), []).append((number, course))
    return Causes(len(scenario.shocks), *map(_shares, found))


def _shares(columns: Mapping[int, list[tuple[int, Floats]]]) -> Closings:
    found = {}
    for column, told in columns.items():
        whole = np.sum([course for _, course in told], axis=0)
        found[column] = tuple(
            Closing(number, np.divide(course, whole, out=np.zeros_like(whole), where=whole > 0))
            for number, course in told
        )
    return found


def by_shock(closings: Closings, column: Places, week: Places, amount: Floats, count: int) -> Floats:
    """Amounts in columns and weeks divided among shocks, shape (count,)."""
    found = np.zeros(count)
    for each in np.unique(column):
        of = column == each
        for closing in closings[int(each)]:
            found[closing.shock] += float(np.sum(closing.share[week[of]] * amount[of]))
    return found


@dataclass(frozen=True)
class Parallels:
    """Which links each tie of Ways stands for, `share` of each tie's credit [0-1].

    `links` are numbered: trade, then COMPETES_WITH, then REGULATED_WITH. Entries rise by `tie`.
    """

    links: int
    tie: Places
    link: Places
    share: Floats

    def of(self, tie: Places) -> tuple[Places, Places, Floats]:
        """The links of these ties: place in `tie`, link, share."""
        first, last = np.searchsorted(self.tie, tie), np.searchsorted(self.tie, tie, side="right")
        length = last - first
        start = np.repeat(first - np.append(0, np.cumsum(length))[:-1], length)
        entry = start + np.arange(int(length.sum()))
        return np.repeat(np.arange(len(tie)), length), self.link[entry], self.share[entry]


def parallels(chain: Chain, ways: Ways) -> Parallels:
    """Between two companies the links of the largest weight, equally; brands by annual value."""
    network, trade, size = chain.network, chain.network.trade, len(chain.network)
    one, other = network.regulated.source, network.regulated.target
    pairs = len(trade) + len(network.competes) + np.arange(len(one))
    through = np.flatnonzero(trade.kind == SELLS_THROUGH)
    worth = chain.annual_value[through]
    largest = np.full(len(one), np.inf)
    rows = np.repeat(np.arange(len(ways.tie_start) - 1), np.diff(ways.tie_start).astype(np.int64))
    keys = rows * size + ways.tie
    tie, link, share = [], [], []
    for matrix, (row, column, weight, number), part in (
        (BLAME, chain.blame, np.ones(len(chain.blame.row))),
        (TAINT, chain.taint, np.ones(len(chain.taint.row))),
        (PROBE, Entries(one, other, largest, pairs), np.ones(len(one))),
        (PROBE, Entries(other, one, largest, pairs), np.ones(len(one))),
        (BRANDS, Entries(trade.buyer[through], trade.seller[through], worth + np.inf, through), worth),
    ):
        key = (matrix * size + row.astype(np.int64)) * size + column
        at = np.minimum(np.searchsorted(keys, key), max(0, len(keys) - 1))
        counts = (keys[at] == key) & (weight >= ways.tie_weight[at] - TIE) if len(keys) else key < 0
        tie.append(at[counts])
        link.append(number[counts])
        share.append(part[counts])
    ties, links, shares = map(np.concatenate, (tie, link, share))
    shares = shares / total(ties, shares, len(keys))[ties]
    order = np.lexsort((links, ties))
    return Parallels(
        int(len(trade) + len(network.competes) + len(one)),
        ties[order],
        links[order].astype(np.int64),
        shares[order],
    )
