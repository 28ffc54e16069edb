"""The result of a scenario: what each company loses, in shares and in money, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import TINY, Chain, derive
from graph.impact.costs import Purses, cash_out_week, rematching_cost, rematching_weeks, replacement_cost
from graph.impact.exits import settle
from graph.impact.gains import rival_gain
from graph.impact.kernels import SERIES
from graph.impact.notices import Notice
from graph.impact.propagation import Progress, Trajectory, propagate
from graph.network import Floats, Network
from graph.parameters import parameters
from graph.scenario import Exit, Scenario

WEEKS_A_YEAR = 52.0
NOTICEABLE = 0.01  # share of revenue: where a loss begins and ends
NEVER = -1


@dataclass(frozen=True, slots=True)
class DirectCostBorne:
    """A direct cost and who bears it in the end [currency]."""

    shock: int
    bearer: str
    supplier: str
    amount: float
    repaid: float

    @property
    def borne(self) -> float:
        """What the bearer is left with."""
        return self.amount - self.repaid


@dataclass(frozen=True)
class CompanyAnswers:
    """What section 4 of docs/model.md derives, one entry a company; NEVER or NaN where there is none.

    `first_week`, `recovery_week`: when the loss passes and last falls to 1 % of revenue. `time_to_survive`:
    weeks from the first shock until it would pass, did the outages never end. `idle_capacity`: peak [0-1];
    `backlog_weeks`: output that would pile up, were capacity not left idle [weeks of output];
    `inventory_weeks`: smallest stock of an essential slot; `runway_weeks`: how long cash lasts at the worst
    week's burn; `cash_out_week`: when it is gone, each week burning its own; `contribution_loss`: profit that
    goes with the revenue, no fixed cost being spared [currency]; `unit_cost_rise`: of fixed cost a unit,
    worst week; `credit_haircut`: peak distrust; `replacement_cost`, `rematching_cost`: of winning
    others for customers and for partners that left [currency], no part of the loss; `rematching_weeks`: of
    looking for others to buy from or to sell to.
    """

    first_week: NDArray[np.int64]
    recovery_week: NDArray[np.int64]
    time_to_survive: NDArray[np.int64]
    idle_capacity: Floats
    backlog_weeks: Floats
    inventory_weeks: Floats
    runway_weeks: Floats
    cash_out_week: NDArray[np.int64]
    contribution_loss: Floats
    unit_cost_rise: Floats
    credit_haircut: Floats
    replacement_cost: Floats
    rematching_cost: Floats
    rematching_weeks: NDArray[np.int64]


@dataclass(frozen=True)
class Impact:
    """The result of a scenario, with the network it was reckoned on.

    Money is in the store's currency over the horizon. `value_added_loss` counts nothing twice,
    `gross_revenue_loss` counts a part once in each tier: they are never to be added or confused.
    `scenario` is what was asked, `exits` who goes out of business by it, the first first, if that was asked.
    """

    network: Network
    chain: Chain
    scenario: Scenario
    exits: tuple[Exit, ...]
    parameters: Mapping[str, float]
    trajectory: Trajectory
    revenue_loss: Floats
    value_added_loss: float
    gross_revenue_loss: float
    rival_gain: Floats
    direct_costs: tuple[DirectCostBorne, ...]
    notices: tuple[Notice, ...]

    @cached_property
    def answers(self) -> CompanyAnswers:
        """What follows for each company; reckoned when it is first asked for, it takes a second run."""
        return _answers(self.chain, self.scenario, self.parameters, self.trajectory)

    @cached_property
    def settled(self) -> Scenario:
        """What was run in the end: the scenario with the exits as shocks after its own."""
        return self.scenario.settled(self.exits)

    @property
    def weeks(self) -> int:
        """The horizon."""
        return self.scenario.horizon_weeks

    @property
    def series(self) -> Mapping[str, Floats]:
        """The published series by name, each (weeks, companies) [0-1]."""
        return MappingProxyType({name: self.trajectory.series[name] for name in SERIES})


def reckon(
    network: Network,
    scenario: Scenario,
    *,
    flows: bool = False,
    like: Chain | None = None,
    memory: Floats | None = None,
    progress: Progress | None = None,
) -> Impact:
    """Reckon a scenario, companies named by id, on a network.

    `flows` also records what travelled along each link (for maps); `like`, of a chain of the same companies
    and links, spares work (derive); `memory` is that of an Impact that nobody looks at any more (propagate).
    Raises ScenarioError.
    """
    p = parameters(scenario.parameters)
    chain = derive(network, p, like)
    purses = _purses(chain, scenario)
    exits, trajectory = _run(purses, scenario, p, flows=flows, memory=memory, progress=progress)
    loss = trajectory.series["revenue_loss_share"]
    summed = loss.sum(axis=0) / WEEKS_A_YEAR
    direct_costs, unrated = _direct_costs(network, scenario)
    return Impact(
        network=network,
        chain=chain,
        scenario=scenario,
        exits=exits,
        parameters=p,
        trajectory=trajectory,
        revenue_loss=summed * chain.revenue,
        value_added_loss=float(np.sum(summed * chain.value_added)),
        gross_revenue_loss=float(np.sum(summed * chain.revenue)),
        rival_gain=rival_gain(chain, trajectory, p, WEEKS_A_YEAR),
        direct_costs=direct_costs,
        notices=(
            *chain.notices,
            *(Notice("no_recovery_rate", pair) for pair in unrated),
            *(Notice("no_rivals", (network.ids[i],)) for i in trajectory.leaving.lonely),
            *_ruined(network, purses.ruined(loss)),
        ),
    )


def _purses(chain: Chain, scenario: Scenario) -> Purses:
    return Purses(chain, chain.revenue / WEEKS_A_YEAR, scenario.horizon_weeks)


def _run(
    purses: Purses,
    scenario: Scenario,
    p: Mapping[str, float],
    *,
    flows: bool = False,
    memory: Floats | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[Exit, ...], Trajectory]:
    """The scenario's weeks, after who goes out of business in them where it asks for that."""
    chain = purses.chain
    if not scenario.exits:
        return (), propagate(chain, scenario, p, flows=flows, memory=memory, progress=progress)

    def run(settled: Scenario) -> Trajectory:
        return propagate(chain, settled, p, flows=flows, memory=memory)

    return settle(purses, scenario, run, progress)


def _ruined(network: Network, out: Mapping[int, int]) -> tuple[Notice, ...]:
    """Who runs out of cash by the scenario, the first first, and in which week."""
    named = sorted((week, network.ids[i]) for i, week in out.items())
    if not named:
        return ()
    weeks, companies = zip(*named, strict=True)
    return (Notice("cash_out", companies, weeks=weeks),)


def _direct_costs(
    network: Network, scenario: Scenario
) -> tuple[tuple[DirectCostBorne, ...], tuple[tuple[str, str], ...]]:
    """Who bears the direct costs: the supplier repays the link's recovery rate, at most its cash in all.

    Also the pairs of supplier and bearer between which no rate is known, so that nothing is repaid.
    """
    cash = network.numbers["cash"]
    left: dict[int, float] = {}
    borne: list[DirectCostBorne] = []
    unrated: dict[tuple[str, str], None] = {}
    for number, shock in enumerate(scenario.shocks):
        for cost in shock.direct_costs:
            repaid = 0.0
            if cost.supplier:
                supplier, bearer = network.index[cost.supplier], network.index[cost.bearer]
                rate = _recovery_rate(network, supplier, bearer)
                if rate is None:
                    unrated[cost.supplier, cost.bearer] = None
                repaid = (rate or 0.0) * cost.amount
                if not np.isnan(cash[supplier]):
                    repaid = min(repaid, left.setdefault(supplier, float(cash[supplier])))
                    left[supplier] -= repaid
            borne.append(DirectCostBorne(number, cost.bearer, cost.supplier, cost.amount, repaid))
    return tuple(borne), tuple(unrated)


def _recovery_rate(network: Network, one: int, other: int) -> float | None:
    """The largest recovery rate of the trade links between two companies, None where none is known."""
    trade = network.trade
    between = ((trade.seller == one) & (trade.buyer == other)) | (
        (trade.seller == other) & (trade.buyer == one)
    )
    rates = trade.numbers["recovery_rate"][between]
    return float(np.nanmax(rates)) if len(rates) and not np.isnan(rates).all() else None


def _answers(
    chain: Chain, scenario: Scenario, p: Mapping[str, float], trajectory: Trajectory
) -> CompanyAnswers:
    network, series = chain.network, trajectory.series
    loss = series["revenue_loss_share"]
    first, recovered = first_and_last(loss)
    idle = np.maximum(series["output_loss"], series["demand_loss"]) - series["output_loss"]
    worst = loss.max(axis=0, initial=0.0)
    weekly = chain.revenue / WEEKS_A_YEAR
    cash_out = cash_out_week(chain, loss, weekly)
    margin = network.numbers["contribution_margin"]
    burn = network.numbers["fixed_cost_per_week"] - margin * (weekly * (1.0 - worst))
    with np.errstate(divide="ignore", invalid="ignore"):
        runway = np.where(burn > 0, network.numbers["cash"] / burn, np.nan)
        rise = np.where(worst < 1.0 - TINY, 1.0 / (1.0 - worst) - 1.0, np.nan)
    return CompanyAnswers(
        first_week=first,
        recovery_week=recovered,
        time_to_survive=time_to_survive(chain, scenario, p, loss),
        idle_capacity=idle.max(axis=0, initial=0.0),
        backlog_weeks=idle.sum(axis=0),
        inventory_weeks=_smallest_stock(chain),
        runway_weeks=runway,
        cash_out_week=np.where(np.isfinite(cash_out), cash_out, NEVER).astype(np.int64),
        contribution_loss=margin * weekly * loss.sum(axis=0),
        unit_cost_rise=rise,
        credit_haircut=series["trust_loss"].max(axis=0, initial=0.0),
        replacement_cost=replacement_cost(chain, series["churn"], p),
        rematching_cost=rematching_cost(chain, series["trust_loss"], p),
        rematching_weeks=rematching_weeks(chain, trajectory.resold, trajectory.substituted, p),
    )


def time_to_survive(
    chain: Chain,
    scenario: Scenario,
    p: Mapping[str, float],
    loss: Floats,
    companies: slice | Sequence[int] = slice(None),
) -> NDArray[np.int64]:
    """Weeks from the first shock until the loss of these companies would pass 1 %, did the outages never end.

    `loss` is the scenario's revenue_loss_share; NEVER where it does not within the horizon. It takes a second
    run only where somebody's loss has not begun before an outage ends.
    """
    first, _ = first_and_last(loss[:, companies])
    ends = scenario.same_until
    if ends < scenario.horizon_weeks and not ((first != NEVER) & (first < ends)).all():
        lasting = _run(_purses(chain, scenario), scenario.endless(), p)[1].series["revenue_loss_share"]
        first, _ = first_and_last(lasting[:, companies])
    begun = min((s.start_week for s in scenario.shocks), default=0)
    return np.where(first == NEVER, NEVER, first - begun)


def first_and_last(loss: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first week of a noticeable loss, the first after the last one; NEVER where there is none."""
    noticeable = loss > NOTICEABLE
    some = noticeable.any(axis=0)
    first = np.where(some, noticeable.argmax(axis=0), NEVER)
    after = len(loss) - noticeable[::-1].argmax(axis=0)
    recovered = np.where(some & (after < len(loss)), after, NEVER)
    return first.astype(np.int64), recovered.astype(np.int64)


def _smallest_stock(chain: Chain) -> Floats:
    c = chain.coefficients
    smallest = np.full(len(chain.network), np.nan)
    if len(c.stock):
        buyer = c.buyer[c.slot_start[:-1]]
        essential = np.flatnonzero(c.criticality > 0)
        np.fmin.at(smallest, buyer[essential], c.stock[essential])
    return smallest
