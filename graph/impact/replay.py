"""Runs a scenario's weeks again and keeps all that stood in them: what an explanation goes back through.

Compiled code is handed few arrays, each with a row a quantity: what it takes to compile grows with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import Chain
from graph.impact.kernels import RECORDED, Course, Given, Rates, State, week
from graph.impact.layout import Places, Starts, Walked, Weights
from graph.impact.leaving import Leaving, leaving
from graph.impact.propagation import given_in, prepare, room, start
from graph.network import Floats
from graph.scenario import Scenario

# Rows of what companies have: those that are recorded, then those of kernels.State.
LOST, OUTPUT, DEMAND, REPUTATION, CHURN, LEGAL, TRUST, BLAMED, TAINTED, ATTENTION = range(len(RECORDED))
OWN, SHORTAGE, OTHERS_LEFT, RESOLD, HURT = range(len(RECORDED), len(RECORDED) + 5)
MOVED, NEED, LEFT, QUANTITIES = range(HURT + 1, HURT + 5)  # m, w, c (+) m
_OF_STATE = {"own": OWN, "shortage": SHORTAGE, "others_left": OTHERS_LEFT, "resold": RESOLD}
# Rows of Ways.firm, .link, .slot, of a week's .retention, and the stacked matrices of .tie_start.
FINAL_SHARE, OTHER_SHARE, RESALE = range(3)
CEILING, EXPONENT, SPEED_OUT, SPEED_BACK = range(4)
SELLER_SHARE, NEED_SHARE, SUBSTITUTABILITY, DRIFT, CONTRACT, ORDERS = range(6)
CRITICALITY, SPEND_SHARE = range(2)
BLAME, TAINT, PROBE, BRANDS, TIES = range(5)
# Rows of Past.stays and .slots.
BUYER, SELLER = range(2)
SUBSTITUTED, STOCK = range(2)


class Ways(NamedTuple):
    """What stays the same through a scenario, as the sweeps read it (kernels.Given has it all).

    `firm`, `link` and `slot` are coefficients by row. `sale` are the links in the order of their sellers. Row
    m·companies + i of the ties is company i's row of the matrix m. `news`, `out`, `moved`, `need` (companies)
    and `stopped` (loose links) are the columns of the shocks' courses, -1 where there is none. `retention`
    (changes, 4, companies) holds what step 5 reads, `held` which of its rows in each week.
    """

    rates: Rates
    firm: Floats
    link: Floats
    slot: Floats
    seller: Places
    buyer: Places
    through: NDArray[np.bool_]
    terms: Places  # link → place in Terms
    slot_start: Starts
    buyer_start: Starts
    sale_start: Starts
    sale: Places
    tie_start: Starts
    tie: Places
    tie_weight: Floats
    loose: Places  # entry → link
    entry: Places  # link → entry, 0 for links that hold
    news: NDArray[np.int64]
    out: NDArray[np.int64]
    moved: NDArray[np.int64]
    need: NDArray[np.int64]
    stopped: NDArray[np.int64]
    news_course: Floats
    out_course: Floats
    moved_course: Floats
    need_course: Floats
    stopped_course: Floats
    retention: Floats
    held: NDArray[np.int64]


class Past(NamedTuple):
    """A scenario's weeks with all that stood in them.

    `at` is (quantities, weeks + 1, companies); `stays` beta and sigma, (2, weeks + 1, loose links);
    `withheld` (weeks + 1, terms); `slots` (2, weeks + 1, slots). Row t + 1 is what week t left, row 0 what
    the first began with.
    """

    ways: Ways
    at: Floats
    stays: Floats
    withheld: Floats
    slots: Floats


def replay(chain: Chain, scenario: Scenario, p: Mapping[str, float]) -> Past:
    """Run the weeks of a scenario again. Raises ScenarioError, as propagate does."""
    left, weeks, size = leaving(chain, scenario, p), scenario.horizon_weeks, len(chain.network)
    given = prepare(chain, scenario, p, left)
    s, work, flows = start(given), room(size), np.zeros((2, 0))
    past = Past(
        ways=_ways(given, left, size),
        at=np.zeros((QUANTITIES, weeks + 1, size)),
        stays=np.empty((2, weeks + 1, len(given.loose.link))),
        withheld=np.empty((weeks + 1, len(s.withheld))),
        slots=np.empty((2, weeks + 1, len(s.stock))),
    )
    _keep(past, s, 0)
    for t in range(weeks):
        given = given_in(given, left, t)
        week(given, _course(past, t + 1), _course(past, t), s, t, work, flows)
        _keep(past, s, t + 1)
        past.at[MOVED, t + 1], past.at[NEED, t + 1] = work.moved, work.need
    past.at[LEFT] = 1.0 - (1.0 - past.at[CHURN]) * (1.0 - past.at[MOVED])
    past.at[HURT] = 1.0 - (1.0 - past.at[ATTENTION]) * (1.0 - past.at[BLAMED])
    return past


def _course(past: Past, row: int) -> Course:
    return Course(*past.at[: len(RECORDED), row])


def _keep(past: Past, s: State, row: int) -> None:
    for name, quantity in _OF_STATE.items():
        past.at[quantity, row] = getattr(s, name)
    past.stays[:, row] = s.buyer_stays, s.seller_stays
    past.withheld[row] = s.withheld
    past.slots[:, row] = s.substituted, s.stock


def _ways(given: Given, left: Leaving, size: int) -> Ways:
    c, shocks, loose = given.c, given.shocks, given.loose
    runs = np.diff(c.terms.start).astype(np.int64)
    terms = np.repeat(np.arange(len(runs), dtype=np.uint32), runs)
    sales = _by_row(c.sales, size)
    ties = [_by_row(matrix, size) for matrix in (c.blame, c.taint, c.probe)] + [c.brands]
    counts = np.concatenate([np.diff(tie.start).astype(np.int64) for tie in ties])
    # Weeks in which nothing changed share one.
    held = {id(each): each for each in left.retention}
    numbers = {key: number for number, key in enumerate(held)}
    goods = (c.seller_share, c.need_share, c.substitutability, c.drift, c.contract)
    return Ways(
        rates=given.k,
        firm=np.stack([c.final_share, c.other_share, c.resale]),
        link=np.stack([*goods, c.terms.orders[terms]]),
        slot=np.stack([c.criticality, c.spend_share]),
        seller=c.seller,
        buyer=c.buyer,
        through=c.terms.through[terms],
        terms=terms,
        slot_start=c.slot_start,
        buyer_start=c.buyer_start,
        sale_start=sales.start,
        sale=sales.column,
        tie_start=np.append(0, np.cumsum(counts)).astype(np.uint64),
        tie=np.concatenate([tie.column for tie in ties]),
        tie_weight=np.concatenate([tie.value for tie in ties]),
        loose=loose.link,
        entry=loose.of_link,
        news=_columns(shocks.news_company, size),
        out=_columns(shocks.out_company, size),
        moved=_columns(shocks.moved_company, size),
        need=_columns(shocks.need_company, size),
        stopped=_columns(shocks.out_loose, len(loose.link)),
        news_course=shocks.news,
        out_course=shocks.out,
        moved_course=shocks.moved,
        need_course=shocks.need,
        stopped_course=shocks.link_out,
        retention=np.stack([np.stack(each) for each in held.values()]),
        held=np.array([numbers[id(each)] for each in left.retention]),
    )


def _by_row(matrix: Walked, size: int) -> Weights:
    """The matrix with its rows in order again."""
    length = np.zeros(size, np.int64)
    length[matrix.row] = np.diff(matrix.start).astype(np.int64)
    start = np.append(0, np.cumsum(length))
    first = np.zeros(size, np.int64)
    first[matrix.row] = matrix.start[:-1].astype(np.int64)
    entry = np.repeat(first - start[:-1], length) + np.arange(start[-1])
    return Weights(start.astype(np.uint64), matrix.column[entry], matrix.value[entry])


def _columns(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = np.full(size, -1, np.int64)
    found[places] = np.arange(len(places))
    return found
