"""Who runs out of cash by a scenario stops for good: exits, found in every run anew (docs/scenarios.md)."""

from __future__ import annotations

from collections.abc import Callable

from graph.impact.costs import Purses, known_purses
from graph.impact.propagation import Progress, Trajectory
from graph.network import Network
from graph.scenario import Exit, Scenario


def settle(
    purses: Purses,
    scenario: Scenario,
    run: Callable[[Scenario], Trajectory],
    progress: Progress | None = None,
) -> tuple[tuple[Exit, ...], Trajectory]:
    """Who goes out of business by a scenario, the first first, and what happens when all of them do.

    Whose cash is used up goes in the week after. That can only bring down others later, so weeks are gone
    through in order, with a `run` each time, whose trajectory need not outlast the next. `progress` is called
    with (weeks gone through, weeks). Raises ScenarioError.
    """
    exits: list[Exit] = []
    gone: set[int] = set()
    while True:
        trajectory = run(scenario.settled(exits))
        out = purses.ruined(trajectory.series["revenue_loss_share"])
        found = {i: week + 1 for i, week in out.items() if i not in gone}
        first = min(found.values(), default=scenario.horizon_weeks)
        if progress is not None:
            progress(first, scenario.horizon_weeks)
        if first >= scenario.horizon_weeks:
            return tuple(exits), trajectory
        new = sorted(i for i, week in found.items() if week == first)
        exits += [Exit(purses.chain.network.ids[i], first) for i in new]
        gone.update(new)
        del trajectory  # before the next takes as much memory


def most_runs(network: Network, scenario: Scenario) -> int:
    """How often a scenario is run at most: once, and again for each week in which somebody goes."""
    if not scenario.exits:
        return 1
    return min(scenario.horizon_weeks, 1 + len(known_purses(network)))
