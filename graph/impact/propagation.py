"""Runs the weeks of a scenario over a chain: from shocks and parameters to every company's course."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.coefficients import Chain, Coefficients, keep
from graph.impact.kernels import (
    RECORDED,
    Rates,
    Shocks,
    State,
    Work,
    begin,
    blame,
    losses,
    next_week,
    orders,
    react,
    trust,
    week,
)
from graph.network import Floats, Network
from graph.scenario import Outage, Scandal, Scenario

Progress = Callable[[int, int], None]
Turn = Callable[[int, Work, Floats, Floats], None]
_Range = tuple[int, int]

# A chain of so many links is run in blocks of companies, one thread each. Fixed numbers: the sums, and so
# the bytes of an answer, depend on the chain alone and not on the machine.
LARGE, BLOCKS = 200_000, 2


@dataclass(frozen=True)
class Trajectory:
    """What happened, week by week.

    `series` maps each recorded name to (weeks, companies) shares [0-1]; `missing` and `withheld` are
    (weeks, trade links) [0-1] where they were asked for, else (weeks, 0).
    """

    series: Mapping[str, Floats]
    missing: Floats
    withheld: Floats


def compiled() -> bool:
    """Whether the kernels are compiled already: the first run on a machine takes some seconds longer."""
    return bool(week.signatures) or any(Path(week.stats.cache_path or ".").glob("kernels.week-*.nbi"))


def propagate(
    chain: Chain,
    scenario: Scenario,
    p: Mapping[str, float],
    *,
    flows: bool = False,
    progress: Progress | None = None,
) -> Trajectory:
    """Run the scenario's weeks; companies in the shocks are ids.

    `flows` records what travelled along the links. `progress` is called with (weeks done, weeks).
    Raises ScenarioError for a shock of no such company or of no matching link.
    """
    c, size, links = chain.coefficients, len(chain.network), len(chain.network.trade)
    state, k = start(chain), rates(p)
    shocked = shocks(chain.network, scenario, p)
    weeks = scenario.horizon_weeks
    record = np.empty((weeks, len(RECORDED), size))
    flow = np.zeros((weeks, 2, links if flows else 0))
    with ThreadPoolExecutor(BLOCKS) as pool:
        turn: Turn = partial(week, c, state, k, shocked)
        if links >= LARGE:
            turn = partial(_week_in_blocks, pool, _blocks(c), (c, state, k, shocked))
        work = room(size, links)
        for t in range(weeks):
            turn(t, work, record[t], flow[t])
            if progress is not None:
                progress(t + 1, weeks)
    series = {name: record[:, row, :] for row, name in enumerate(RECORDED)}
    return Trajectory(series, flow[:, 0, :], flow[:, 1, :])


def room(size: int, links: int) -> Work:
    """Room for the kernels to work in."""
    blocks = BLOCKS if links >= LARGE else 1
    return Work(np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(links), np.zeros((blocks, size)))


def _blocks(c: Coefficients) -> tuple[tuple[_Range, _Range], ...]:
    """Ranges of companies, and of the links that they buy over, with about as many links each."""
    first_link = c.slot_start[c.buyer_start].astype(np.int64)
    aims = [len(c.seller) * b // BLOCKS for b in range(1, BLOCKS)]
    cuts = [0, *(int(np.searchsorted(first_link, aim)) for aim in aims), len(c.final_share)]
    return tuple(((lo, hi), (int(first_link[lo]), int(first_link[hi]))) for lo, hi in pairwise(cuts))


def _week_in_blocks(
    pool: ThreadPoolExecutor,
    blocks: tuple[tuple[_Range, _Range], ...],
    run: tuple[Coefficients, State, Rates, Shocks],
    *now: Any,
) -> None:
    """What kernels.week does, the blocks at once; the number of blocks is fixed, so the bytes are too."""
    (c, s, k, shocked), (t, work, record, flow) = run, now

    def each(step: Callable[[int, _Range, _Range], object]) -> None:
        list(pool.map(lambda b: step(b, *blocks[b]), range(len(blocks))))

    news = begin(s, k, shocked, t, work)
    each(lambda b, rows, links: blame(c, s, work, news, *rows))
    each(lambda b, rows, links: react(c, s, k, work, news, *rows))
    distrust = trust(s, k, t)
    each(lambda b, rows, links: orders(c, s, work.link_out, t, distrust, *links, work.lost[b]))
    each(lambda b, rows, links: losses(c, s, k, work, record, *rows))
    each(lambda b, rows, links: next_week(c, s, k, work.link_out, flow, *rows))


def start(chain: Chain) -> State:
    """The state before the first week: nobody is harmed, stocks are full."""
    c, size, links = chain.coefficients, len(chain.network), len(chain.network.trade)
    names = {name: np.zeros(size) for name in State._fields[: State._fields.index("buyer_stays")]}
    return State(
        **names,
        buyer_stays=np.ones(links),
        seller_stays=np.ones(links),
        withheld=np.zeros(links),
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


def shocks(network: Network, scenario: Scenario, p: Mapping[str, float]) -> Shocks:
    """The scenario's shocks by company, link and week. Raises ScenarioError."""
    news: dict[int, Floats] = {}
    out: dict[int, Floats] = {}
    link_out: dict[int, Floats] = {}

    def add(to: dict[int, Floats], place: int, course: Floats) -> None:
        to[place] = 1.0 - (1.0 - to[place]) * (1.0 - course) if place in to else course

    for number, shock in enumerate(scenario.shocks):
        company = _place(network, shock.company, f"shocks.{number}.company")
        if isinstance(shock, Scandal):
            add(news, company, shock.course(scenario.horizon_weeks, p))
        elif not shock.partial:
            add(out, company, shock.course(scenario.horizon_weeks))
        else:
            for link in _matching(network, shock, company, number):
                add(link_out, int(link), shock.course(scenario.horizon_weeks))
    return Shocks(*_stacked(news, scenario), *_stacked(out, scenario), *_stacked(link_out, scenario))


def _stacked(courses: dict[int, Floats], scenario: Scenario) -> tuple[NDArray[np.int64], Floats]:
    places = np.array(sorted(courses), np.int64)
    if not courses:
        return places, np.zeros((scenario.horizon_weeks, 0))
    return places, np.ascontiguousarray(np.stack([courses[int(i)] for i in places], axis=1))


def _place(network: Network, company: str, field: str) -> int:
    place = network.index.get(company)
    if place is None:
        raise ScenarioError(
            f"there is no company {company!r} in the chain", field=field, remedy="name one that is"
        )
    return place


def _of(shock: Outage) -> str:
    what = f" of category {shock.category!r}" if shock.category else ""
    return what + (f" to {shock.target}" if shock.target else "")


def _matching(network: Network, shock: Outage, company: int, number: int) -> NDArray[np.intp]:
    """The company's sales links that the shock names by category or target."""
    trade = network.trade
    match = trade.seller == company
    if shock.category:
        places = [i for i, name in enumerate(network.categories) if name == shock.category]
        match &= np.isin(trade.category, places)
    if shock.target:
        match &= trade.buyer == _place(network, shock.target, f"shocks.{number}.target")
    links = np.flatnonzero(match)
    if not len(links):
        sold = sorted({network.categories[c] for c in trade.category[trade.seller == company]})
        raise ScenarioError(
            f"{shock.company} sells nothing{_of(shock)}",
            field=f"shocks.{number}.{'category' if shock.category else 'target'}",
            remedy=f"it sells {', '.join(map(repr, sold[:20])) or 'nothing over a recorded link'}",
        )
    return links
