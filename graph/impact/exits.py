"""Who runs out of cash by a scenario stops for good: exits, as shocks of their own (docs/scenarios.md)."""

from __future__ import annotations

from dataclasses import replace

from graph.impact.coefficients import Chain, derive
from graph.impact.costs import ruined
from graph.impact.impact import WEEKS_A_YEAR
from graph.impact.propagation import Progress, propagate
from graph.network import Network
from graph.parameters import parameters
from graph.scenario import Boycott, Outage, Scenario, Shock


def with_exits(network: Network, scenario: Scenario, progress: Progress | None = None) -> Scenario:
    """The scenario, and what follows when all whose cash it uses up go out of business the week after.

    An exit is an outage to the end; customers buy from rivals then. It can only bring down others later, so
    weeks are gone through in order: at most as many runs as there are weeks. `progress` is called with (weeks
    gone through, weeks). Raises ScenarioError.
    """
    p = parameters(scenario.parameters)
    chain = derive(network, p)
    gone: set[int] = set()
    while True:
        loss = propagate(chain, scenario, p).series["revenue_loss_share"]
        cash_out = ruined(chain, loss, chain.revenue / WEEKS_A_YEAR)
        found = {i: week + 1 for i, week in cash_out.items() if i not in gone}
        first = min(found.values(), default=scenario.horizon_weeks)
        if progress is not None:
            progress(first, scenario.horizon_weeks)
        if first >= scenario.horizon_weeks:
            return scenario
        for company in sorted(i for i, week in found.items() if week == first):
            new = [shock for shock in _exit(chain, company, first, scenario) if shock not in scenario.shocks]
            scenario = replace(scenario, shocks=(*scenario.shocks, *new))
            gone.add(company)


def _exit(chain: Chain, company: int, week: int, scenario: Scenario) -> tuple[Shock, ...]:
    id = chain.network.ids[company]
    stops = Outage(id, 1.0, scenario.horizon_weeks - week, start_week=week)
    if chain.coefficients.final_share[company] <= 0.0:
        return (stops,)
    return stops, Boycott(id, 1.0, week)
