"""The same scenario by models of another form: what no band of parameters contains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import SELLS_THROUGH
from graph.impact.impact import Impact, reckon
from graph.network import Floats, Network
from graph.scenario import Scenario


@dataclass(frozen=True)
class Form:
    """What the scenario costs by one other form, all else at its default [currency over the horizon].

    `name`: feedback (own losses become news; or do not, where the scenario lets them), orders (nobody
    withholds any), dealers (they take all they ordered), search (nobody finds substitutes or other
    customers), severance (nobody leaves a partner).
    """

    name: str
    value_added_loss: float
    gross_revenue_loss: float
    revenue_loss: Floats


def forms(central: Impact) -> tuple[Form, ...]:
    """The scenario of an impact by each other form, one run each."""
    found = []
    for name, change in FORMS.items():
        impact = reckon(*change(central.network, central.scenario), like=central.chain)
        found.append(Form(name, impact.value_added_loss, impact.gross_revenue_loss, impact.revenue_loss))
    return tuple(found)


_Change = Callable[[Network, Scenario], tuple[Network, Scenario]]


def _feedback(network: Network, scenario: Scenario) -> tuple[Network, Scenario]:
    return network, _set(scenario, "feedback", 0.0 if scenario.parameters.get("feedback", 0.0) > 0 else 1.0)


def _orders(network: Network, scenario: Scenario) -> tuple[Network, Scenario]:
    return network, _set(scenario, "order_adjustment", 0.0)


def _dealers(network: Network, scenario: Scenario) -> tuple[Network, Scenario]:
    return _take_or_pay(network, network.trade.kind == SELLS_THROUGH), scenario


def _search(network: Network, scenario: Scenario) -> tuple[Network, Scenario]:
    return network, _set(scenario, "search_threshold", 1.0)


def _severance(network: Network, scenario: Scenario) -> tuple[Network, Scenario]:
    return network, _set(scenario, "severance_rate", 0.0)


def _set(scenario: Scenario, name: str, value: float) -> Scenario:
    return replace(scenario, parameters={**scenario.parameters, name: value})


def _take_or_pay(network: Network, which: NDArray[np.bool_]) -> Network:
    numbers = network.trade.numbers
    taken = {**numbers, "take_or_pay": np.where(which, 1.0, numbers["take_or_pay"])}
    return replace(network, trade=replace(network.trade, numbers=MappingProxyType(taken)))


FORMS: Mapping[str, _Change] = MappingProxyType(
    {
        "feedback": _feedback,
        "orders": _orders,
        "dealers": _dealers,
        "search": _search,
        "severance": _severance,
    }
)
