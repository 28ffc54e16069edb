"""Runs the weeks of a scenario over a chain: from shocks and parameters to every company's course."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.coefficients import Chain, keep
from graph.impact.compiling import is_compiled
from graph.impact.kernels import (
    RECORDED,
    Course,
    Given,
    Rates,
    Shocks,
    State,
    Work,
    begin,
    blame,
    losses,
    react,
    sever,
    shortages,
    week,
    withhold,
)
from graph.impact.layout import loose, ranges
from graph.impact.leaving import Leaving, leaving, place, retained
from graph.network import Floats, Network
from graph.scenario import Exit, Outage, Scandal, Scenario

Progress = Callable[[int, int], None]
_Range = tuple[int, int]

# A chain of so many links is run in blocks of companies, a thread each: below that, handing over costs more
# than it spares. No answer depends on the two numbers.
LARGE, BLOCKS = 200_000, 2


@dataclass(frozen=True)
class Trajectory:
    """What happened, week by week.

    `series` maps each recorded name to (weeks, companies) shares [0-1]; `missing` and `withheld` are
    (weeks, trade links) [0-1] where they were asked for, else (weeks, 0). `leaving` is what moved customers
    beside a bad name. `resold` and `substituted` are how much of others the search had found by the end, for
    sales (companies,) and for needs (slots,) [0-1].
    """

    series: Mapping[str, Floats]
    missing: Floats
    withheld: Floats
    leaving: Leaving
    resold: Floats
    substituted: Floats


def compiled() -> bool:
    """Whether the kernels are compiled already: the first run on a machine takes some seconds longer."""
    return is_compiled(week)


def propagate(
    chain: Chain,
    scenario: Scenario,
    p: Mapping[str, float],
    *,
    flows: bool = False,
    memory: Floats | None = None,
    progress: Progress | None = None,
) -> Trajectory:
    """Run the scenario's weeks; companies in the shocks are ids.

    `flows` records what travelled along the links. `memory`, of `recording`, is written over: the series of
    the result stand in it. `progress` is called with (weeks done, weeks). Raises ScenarioError for a shock
    of no such company or of no matching link.
    """
    left = leaving(chain, scenario, p)
    given, weeks = prepare(chain, scenario, p, left), scenario.horizon_weeks
    size, links = len(chain.network), len(chain.network.trade)
    record = recording(weeks, size) if memory is None else memory
    flow = np.zeros((weeks, 2, links if flows else 0))
    s, work = start(given), room(size)
    with ThreadPoolExecutor(BLOCKS) as pool:
        blocks = _blocks(given) if links >= LARGE else ()
        for t in range(weeks):
            given = given_in(given, left, t)
            if memory is not None:
                memory[t + 1] = 0.0  # kernels write no zeros
            this = _Week(Course(*record[t + 1]), Course(*record[t]), s, t, work, flow[t])
            if blocks:
                _week_in_blocks(pool, blocks, given, this)
            else:
                week(given, *this)
            if progress is not None:
                progress(t + 1, weeks)
    series = {name: record[1:, row, :] for row, name in enumerate(RECORDED)}
    return Trajectory(series, flow[:, 0, :], flow[:, 1, :], left, s.resold, s.substituted)


def recording(weeks: int, companies: int) -> Floats:
    """Memory for the series of a run, the first week that before the first: pages cost when first touched."""
    return np.zeros((1 + weeks, len(RECORDED), companies))


def prepare(chain: Chain, scenario: Scenario, p: Mapping[str, float], left: Leaving) -> Given:
    """What the kernels read in the first week of a scenario. Raises ScenarioError."""
    c, network = chain.coefficients, chain.network
    news, out, link_out = _courses(network, scenario, p)
    noticed = np.ones(len(network), np.bool_)
    if p["feedback"] == p["word_of_mouth"] == 0.0:
        noticed[:] = False
        noticed[list(news)] = True
    can_break = noticed[c.seller] | noticed[c.buyer]
    can_break[list(link_out)] = True
    breaking = loose(np.flatnonzero(can_break), c.sales, c.terms)
    stopped = {int(breaking.of_link[e]): course for e, course in link_out.items()}
    shocks = Shocks(
        np.flatnonzero(noticed).astype(np.uint32),
        *_stacked(news, scenario),
        *_stacked(out, scenario),
        *_stacked(stopped, scenario),
        *_stacked(left.moved(), scenario),
        *_stacked(left.need(), scenario),
    )
    return Given(c, rates(p), shocks, breaking)


def given_in(given: Given, left: Leaving, week: int) -> Given:
    """What the kernels read in a week, from what they read in the one before."""
    if week > 0 and left.retention[week] is left.retention[week - 1]:
        return given
    return given._replace(c=retained(given.c, left.retention[week]))


def room(size: int) -> Work:
    """Room for the kernels to work in."""
    flags = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    return Work(np.zeros(size), np.zeros(size), np.zeros(size), *flags, np.zeros(size), np.zeros(size))


class _Block(NamedTuple):
    """What one thread does: ranges of companies, of their terms and of their loose purchases."""

    companies: _Range
    terms: _Range
    loose: _Range


def _blocks(given: Given) -> tuple[_Block, ...]:
    c = given.c
    bought = np.diff(c.slot_start[c.buyer_start].astype(np.int64))
    sold = np.zeros(len(bought), np.int64)
    sold[c.sales.row] = np.diff(c.sales.start.astype(np.int64))
    buyer_of_loose = c.buyer[given.loose.link[1:]]

    def of(buyers: NDArray[np.uint32], first: int, cut: _Range) -> _Range:
        lo, hi = np.searchsorted(buyers, cut)
        return first + int(lo), first + int(hi)

    cuts = ranges((1 + bought + sold).astype(np.float64), BLOCKS)
    return tuple(_Block(cut, of(c.terms.buyer, 0, cut), of(buyer_of_loose, 1, cut)) for cut in cuts)


class _Week(NamedTuple):
    """What kernels.week takes for one week."""

    now: Course
    before: Course
    s: State
    number: int
    work: Work
    flows: Floats


def _week_in_blocks(pool: ThreadPoolExecutor, blocks: tuple[_Block, ...], given: Given, this: _Week) -> None:
    """What kernels.week does, the blocks at once: a step begins when the one before is done in all."""
    now, before, s, t, work, flows = this

    def each(step: Callable[[_Block], object]) -> None:
        list(pool.map(step, blocks))

    def first(b: _Block) -> None:
        sever(given, now, s, t, *b.loose)
        blame(given.c, now, s, news, *b.companies)

    def last(b: _Block) -> None:
        withhold(given, now, s, work, flows, *b.terms)
        shortages(given, now, s, work, flows, *b.companies)

    news = begin(given, now, before, s, t, work)
    each(first)
    each(lambda b: react(given, now, before, s, work, news, *b.companies))
    each(lambda b: losses(given, now, s, work, *b.companies))
    each(last)


def start(given: Given) -> State:
    """The state before the first week: nobody is harmed, stocks are full."""
    c, size, entries = given.c, len(given.c.final_share), len(given.loose.link)
    names = {name: np.zeros(size) for name in State._fields[: State._fields.index("stocked")]}
    return State(
        **names,
        stocked=np.ones(size, np.bool_),
        buyer_stays=np.ones(entries),
        seller_stays=np.ones(entries),
        stopped=np.zeros(entries),
        withheld=np.zeros(len(c.terms.buyer)),
        unsold=np.zeros(len(c.terms.buyer) + entries),
        substituted=np.zeros(len(c.stock)),
        stock=c.stock.copy(),
    )


def rates(p: Mapping[str, float]) -> Rates:
    """The parameters as the kernels use them."""

    def kept(name: str) -> float:
        return float(keep(p[f"{name}_half_life"]))

    return Rates(
        feedback=p["feedback"],
        feedback_threshold=p["feedback_threshold"],
        word_of_mouth=p["word_of_mouth"],
        reputation_kept=kept("reputation"),
        reputation_gain=p["reputation_gain"],
        legal_kept=kept("legal"),
        legal_gain=p["legal_gain"],
        trust_kept=kept("trust"),
        trust_gain=p["trust_gain"],
        other_drift=p["severance_rate"] * (1.0 - p["switching_cost"]) ** p["severance_exponent"],
        other_contract=p["contract_weeks"],
        search_kept=kept("substitution"),
        search_threshold=p["search_threshold"],
        order_adjustment=p["order_adjustment"],
        refill_kept=kept("refill"),
    )


_Courses = dict[int, Floats]


def _courses(
    network: Network, scenario: Scenario, p: Mapping[str, float]
) -> tuple[_Courses, _Courses, _Courses]:
    """The scenario's shocks by week: of companies in the news, of companies and of links that are out."""
    news: _Courses = {}
    out: _Courses = {}
    link_out: _Courses = {}

    def add(to: _Courses, place: int, course: Floats) -> None:
        to[place] = 1.0 - (1.0 - to[place]) * (1.0 - course) if place in to else course

    for number, shock in enumerate(scenario.shocks):
        if not isinstance(shock, Outage | Scandal | Exit):
            continue
        company = place(network, shock.company, f"shocks.{number}.company")
        if isinstance(shock, Scandal):
            add(news, company, shock.course(scenario.horizon_weeks, p))
        elif isinstance(shock, Exit) or not shock.partial:
            add(out, company, shock.course(scenario.horizon_weeks))
        else:
            for link in matching(network, shock, company, number):
                add(link_out, int(link), shock.course(scenario.horizon_weeks))
    return news, out, link_out


def _stacked(courses: Mapping[int, Floats], scenario: Scenario) -> tuple[NDArray[np.int64], Floats]:
    places = np.array(sorted(courses), np.int64)
    if not courses:
        return places, np.zeros((scenario.horizon_weeks, 0))
    return places, np.ascontiguousarray(np.stack([courses[int(i)] for i in places], axis=1))


def _of(shock: Outage) -> str:
    what = f" of category {shock.category!r}" if shock.category else ""
    return what + (f" to {shock.target}" if shock.target else "")


def matching(network: Network, shock: Outage, company: int, number: int) -> NDArray[np.intp]:
    """The company's sales links that a shock names by category or target. Raises ScenarioError."""
    trade = network.trade
    own = links = np.flatnonzero(trade.seller == company)
    if shock.category:
        places = [i for i, name in enumerate(network.categories) if name == shock.category]
        links = links[np.isin(trade.category[links], places)]
    if shock.target:
        links = links[trade.buyer[links] == place(network, shock.target, f"shocks.{number}.target")]
    if not len(links):
        sold = sorted({network.categories[c] for c in trade.category[own]})
        raise ScenarioError(
            f"{shock.company} sells nothing{_of(shock)}",
            field=f"shocks.{number}.{'category' if shock.category else 'target'}",
            remedy=f"it sells {', '.join(map(repr, sold[:20])) or 'nothing over a recorded link'}",
        )
    return links
