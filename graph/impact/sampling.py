"""Draws of a scenario: each a plain scenario on a plain network, with its own numbers put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import total
from graph.impact.impact import Impact
from graph.impact.priors import UNSURE, Figures, Input, alike, asked, figures, leading, triangular
from graph.network import Floats, Network, Pairs, Trade
from graph.scenario import Scenario, Shock


@dataclass(frozen=True)
class Sample:
    """All draws of a scenario, before they are run.

    `points` holds the value of each input in each draw, shape (draws, inputs). `chosen` are the places
    among all rows of `figures` that the last inputs stand for; the other rows are drawn one by one when a
    draw is made, from the seed and the draw's number.
    """

    network: Network
    scenario: Scenario
    inputs: tuple[Input, ...]
    points: Floats
    figures: tuple[Figures, ...]
    chosen: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.points)

    def draw(self, number: int) -> tuple[Network, Scenario]:
        """One draw as a question of its own. Same sample and number, same numbers in it."""
        values = self.points[number]
        named = list(zip(self.inputs, values.tolist(), strict=True))
        parameters = {i.name: value for i, value in named if i.kind == "parameter"}
        at = {i.name: value for i, value in named if i.name.startswith("shocks.")}
        scenario = replace(
            self.scenario,
            parameters={**self.scenario.parameters, **parameters},
            shocks=tuple(map(partial(_drawn, at), self.scenario.shocks, alike(self.scenario))),
        )
        if not self.figures:
            return self.network, scenario
        rng = np.random.default_rng([self.scenario.seed, number])
        low, mode, high = (np.concatenate([getattr(f, name) for f in self.figures]) for name in _RANGE)
        drawn = triangular(rng.random(len(mode)), low, mode, high)
        drawn[self.chosen] = values[len(values) - len(self.chosen) :]
        return _with(self.network, self.figures, drawn), scenario


_RANGE = ("low", "mode", "high")


def sample(central: Impact, count: int) -> Sample:
    """`count` draws around a scenario as it was reckoned with its defaults.

    Scrambled Sobol points of the scenario's seed: of a power of 2 at least `count`, the first `count`.
    """
    network, scenario = central.network, central.scenario
    found = figures(network, exits=scenario.exits)
    chosen, own = leading(found, central)
    inputs = (*asked(scenario), *own)
    low, mode, high = (np.array([getattr(i, name) for i in inputs]) for name in _RANGE)
    points = triangular(_sobol(count, len(inputs), scenario.seed), low, mode, high)
    return Sample(network, scenario, inputs, points, found, chosen)


def _sobol(count: int, dimensions: int, seed: int) -> Floats:
    from scipy.stats import qmc  # half a second that only who draws should wait for

    if not dimensions:
        return np.zeros((count, 0))
    points = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    found: Floats = points.random_base2(max(0, (count - 1).bit_length()))[:count]
    return found


def _drawn(at: Mapping[str, float], shock: Shock, number: int) -> Shock:
    kind = UNSURE.get(type(shock), "")
    value = at.get(f"shocks.{number}.{kind}")
    changed: dict[str, Any] = {} if value is None else {kind: value}
    return replace(shock, **changed)


def _with(network: Network, found: tuple[Figures, ...], drawn: Floats) -> Network:
    """The network with these figures in the place of those that were recorded."""
    new: dict[str, dict[str, Floats]] = {"companies": {}, "trade": {}, "competes": {}, "regulated": {}}
    old = {
        "companies": network.numbers,
        "trade": network.trade.numbers,
        "competes": network.competes.numbers,
        "regulated": network.regulated.numbers,
    }
    first = 0
    for f in found:
        column = old[f.part][f.column].copy()
        column[f.rows] = drawn[first : first + len(f.rows)]
        new[f.part][f.column] = column
        first += len(f.rows)
    if "share" in new["trade"]:
        new["trade"]["share"] = _at_most_whole(network.trade, new["trade"]["share"])

    def pairs(part: str, pairs: Pairs) -> Pairs:
        return replace(pairs, numbers=MappingProxyType({**pairs.numbers, **new[part]}))

    return replace(
        network,
        numbers=MappingProxyType({**network.numbers, **new["companies"]}),
        trade=replace(network.trade, numbers=MappingProxyType({**network.trade.numbers, **new["trade"]})),
        competes=pairs("competes", network.competes),
        regulated=pairs("regulated", network.regulated),
    ).knowing(network)


def _at_most_whole(trade: Trade, share: Floats) -> Floats:
    """Shares of one slot that were drawn above 1 in sum are divided by the sum."""
    change = (np.diff(trade.buyer, prepend=-1) != 0) | (np.diff(trade.category, prepend=-1) != 0)
    slot = np.cumsum(change) - 1
    summed = total(slot, np.nan_to_num(share), int(change.sum()))
    return np.asarray(share / np.maximum(1.0, summed)[slot])
