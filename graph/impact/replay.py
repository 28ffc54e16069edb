"""Runs a scenario's weeks again and keeps every state on the way: what an explanation goes back through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import Chain
from graph.impact.kernels import RECORDED, Course, Given, State, week
from graph.impact.layout import Places, Walked
from graph.impact.propagation import prepare, room, start
from graph.network import Floats
from graph.scenario import Scenario


class Kept(NamedTuple):
    """States of kernels.State, each (weeks + 1, its length): row t is what week t began with."""

    others_left: Floats
    resold: Floats
    shortage: Floats
    own: Floats
    buyer_stays: Floats
    seller_stays: Floats
    withheld: Floats
    substituted: Floats
    stock: Floats


class Index(NamedTuple):
    """Where a company's rows stand, and which shocks it has; -1 where it has none.

    `sales` … `probe`: company → row of the Walked of that name; `terms`: link → place in Terms; `news` and
    `out`: company → column of Shocks.news and .out; `stopped`: loose link → column of .link_out.
    """

    sales: Places
    blame: Places
    taint: Places
    probe: Places
    terms: Places
    news: NDArray[np.int64]
    out: NDArray[np.int64]
    stopped: NDArray[np.int64]


class Past(NamedTuple):
    """A scenario's weeks with all that stood in them.

    `at` is kernels.Course, each (weeks + 1, companies): row t + 1 is week t, row 0 the week before the first.
    """

    given: Given
    at: Course
    kept: Kept
    where: Index


def replay(chain: Chain, scenario: Scenario, p: Mapping[str, float]) -> Past:
    """Run the weeks of a scenario again. Raises ScenarioError, as propagate does."""
    given, weeks, size = prepare(chain, scenario, p), scenario.horizon_weeks, len(chain.network)
    record = np.zeros((len(RECORDED), weeks + 1, size))
    s, work, flows = start(given), room(size), np.zeros((2, 0))
    kept = Kept(*(np.empty((weeks + 1, len(getattr(s, name)))) for name in Kept._fields))
    _keep(kept, s, 0)
    for t in range(weeks):
        week(given, Course(*record[:, t + 1]), Course(*record[:, t]), s, t, work, flows)
        _keep(kept, s, t + 1)
    return Past(given, Course(*record), kept, _index(given, size))


def _keep(kept: Kept, s: State, row: int) -> None:
    for name, values in kept._asdict().items():
        values[row] = getattr(s, name)


def _index(given: Given, size: int) -> Index:
    c, shocks = given.c, given.shocks
    runs = np.diff(c.terms.start).astype(np.int64)
    return Index(
        sales=_rows(c.sales),
        blame=_rows(c.blame),
        taint=_rows(c.taint),
        probe=_rows(c.probe),
        terms=np.repeat(np.arange(len(runs), dtype=np.uint32), runs),
        news=_columns(shocks.news_company, size),
        out=_columns(shocks.out_company, size),
        stopped=_columns(shocks.out_loose, len(given.loose.link)),
    )


def _rows(matrix: Walked) -> Places:
    found = np.empty_like(matrix.row)
    found[matrix.row] = np.arange(len(matrix.row), dtype=np.uint32)
    return found


def _columns(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = np.full(size, -1, np.int64)
    found[places] = np.arange(len(places))
    return found
