"""What would be saved if a shock or a link were not there: by running without it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.explanation import Explanation
from graph.impact.impact import WEEKS_A_YEAR, Impact, reckon
from graph.impact.propagation import matching
from graph.network import Floats, Network
from graph.scenario import Outage, Scenario, Shock


@dataclass(frozen=True)
class Saved:
    """What one run without saves [currency]: `of` is the shock's place, or the link's number (causes)."""

    of: int
    amount: float


@dataclass(frozen=True)
class Removal:
    """What is saved without each of the shocks and links that count most; these do not add up."""

    shocks: tuple[Saved, ...]
    links: tuple[Saved, ...]


def removal(impact: Impact, found: Explanation, most: int) -> Removal:
    """Run without each of the `most` largest shocks, and of the `most` links that carried most of the loss.

    Without a link its row is not there: whatever else the chain derives from its rows follows. Who goes out
    of business is found anew each time; exits are no shocks to be without. Less than 0 where it is a loss to
    be without it.
    """
    scenario, network = impact.scenario, impact.network
    shocks = [
        Saved(n, found.loss - _loss(found, network, _without_shock(scenario, n)))
        for n in _largest(found.by_shock[: len(scenario.shocks)], most, behind_exits=bool(impact.exits))
    ]
    links = []
    for number in _largest(found.carried, most):
        rest = _without_link(network, number)
        links.append(Saved(number, found.loss - _loss(found, rest, _that_hit(rest, scenario))))
    return Removal(tuple(shocks), tuple(links))


def _largest(amounts: Floats, most: int, *, behind_exits: bool = False) -> list[int]:
    """Those that count most; a shock may stand behind an exit and bring nothing else."""
    order = np.argsort(-amounts, kind="stable")[:most]
    return [int(n) for n in order if amounts[n] > 0 or behind_exits]


def _loss(found: Explanation, network: Network, scenario: Scenario) -> float:
    """The loss that was explained, in another run."""
    without = reckon(network, scenario)
    chain = without.chain
    lost = without.trajectory.series["revenue_loss_share"].sum(axis=0)
    if found.company is None:
        return float(np.sum(lost * chain.value_added)) / WEEKS_A_YEAR
    return float(lost[found.company] * chain.revenue[found.company]) / WEEKS_A_YEAR


def _without_shock(scenario: Scenario, number: int) -> Scenario:
    return replace(scenario, shocks=scenario.shocks[:number] + scenario.shocks[number + 1 :])


def _that_hit(network: Network, scenario: Scenario) -> Scenario:
    """The scenario without the shocks that stopped only what is no longer there."""

    def hits(number: int, shock: Shock) -> bool:
        if not isinstance(shock, Outage) or not shock.partial:
            return True
        try:
            return len(matching(network, shock, network.index[shock.company], number)) > 0
        except ScenarioError:
            return False

    kept = tuple(shock for number, shock in enumerate(scenario.shocks) if hits(number, shock))
    return replace(scenario, shocks=kept)


def _without_link(network: Network, number: int) -> Network:
    """The network without one link, numbered as in causes.Parallels."""
    if number < len(trade := network.trade):
        return replace(network, trade=trade.at(_but(len(trade), number)))
    number -= len(trade)
    if number < len(pairs := network.competes):
        return replace(network, competes=pairs.at(_but(len(pairs), number)))
    number -= len(pairs)
    regulated = network.regulated
    return replace(network, regulated=regulated.at(_but(len(regulated), number)))


def _but(count: int, row: int) -> NDArray[np.intp]:
    return np.delete(np.arange(count), row)
