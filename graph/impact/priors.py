"""What is uncertain in a scenario, and how it is spread: parameters, shocks and figures of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.impact import Impact
from graph.network import COMPANY_NUMBERS, PAIR_NUMBERS, TRADE_NUMBERS, Floats, Network
from graph.ontology import TABLES
from graph.parameters import PARAMETERS, Parameter
from graph.scenario import (
    Boon,
    Boycott,
    Demand,
    Experience,
    Outage,
    Scandal,
    Scenario,
    Shock,
    Substitute,
)

SHOCK_SPREAD = 0.15  # of what is unsure of a shock, either way
UNSURE: Mapping[type[Shock], str] = MappingProxyType(
    {
        Outage: "severity",
        Scandal: "harm",
        Demand: "size",
        Boycott: "size",
        Boon: "size",
        Experience: "perceived",
        Substitute: "pull",
    }
)
MOST_FIGURES = 1000  # that have an input of their own; those behind them are drawn without
# A flag, and what no figure with a band depends on.
_UNSPREAD = frozenset({"essential", "recovery_rate"})
_PURSE = frozenset({"cash", "fixed_cost_per_week", "contribution_margin"})  # no loss hangs on it but by exits


@dataclass(frozen=True, slots=True)
class Input:
    """One uncertain number: triangular from `low` to `high`, with its top at `mode`.

    `kind`: parameter, figure, or what is unsure of a shock (UNSURE). `name`: the parameter's,
    `shocks.0.severity`, or the column as `links.annual_value`; `about`, of a figure: the ids of its company,
    or of its link's ends and the category.
    """

    kind: str
    name: str
    low: float
    mode: float
    high: float
    about: tuple[str, ...] = ()


class Figures(NamedTuple):
    """Numbers of the data whose row says how sure it is: the rows of one column of one part of a network.

    `part`: companies, trade, competes or regulated; low, mode and high one entry a row.
    """

    part: str
    column: str
    rows: NDArray[np.intp]
    low: Floats
    mode: Floats
    high: Floats


def triangular(u: Floats, low: Floats, mode: Floats, high: Floats) -> Floats:
    """The values of triangular distributions at the probabilities u [0-1]; `mode` where low is high."""
    width = np.where(high > low, high - low, 1.0)
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.where(high > low, np.where(u * width < mode - low, rising, falling), mode)


def prior(p: Parameter) -> tuple[float, float]:
    """Where a parameter plausibly lies: its prior range, else from half to one and a half the default."""
    low, high = p.prior or (0.5 * p.default, 1.5 * p.default)
    return max(low, p.low), min(high, p.high)


def asked(scenario: Scenario) -> tuple[Input, ...]:
    """The inputs of a scenario apart from the data: parameters that it does not override, and shocks.

    What cannot vary (a default of 0, a range of no width) is no input.
    """
    found = [*_parameters(scenario), *_shocks(scenario)]
    return tuple(each for each in found if each.high > each.low)


def _parameters(scenario: Scenario) -> Iterator[Input]:
    for p in PARAMETERS.values():
        if p.drawn and p.name not in scenario.parameters:
            low, high = prior(p)
            yield Input("parameter", p.name, low, p.default, high)


def _shocks(scenario: Scenario) -> Iterator[Input]:
    for number, (shock, first) in enumerate(zip(scenario.shocks, alike(scenario), strict=True)):
        kind = UNSURE.get(type(shock), "")
        if kind and first == number:
            mode: float = getattr(shock, kind)
            given: tuple[float, float] | None = getattr(shock, f"{kind}_range", None)
            low, high = given or (max(0.0, mode - SHOCK_SPREAD), min(1.0, mode + SHOCK_SPREAD))
            yield Input(kind, f"shocks.{number}.{kind}", low, mode, high)


def alike(scenario: Scenario) -> tuple[int, ...]:
    """For each shock the number of the first that is the same but for its company and its costs.

    They share one draw: shocks of one filter are one event, and drawn one by one they would average out.
    """
    first: dict[Shock, int] = {}
    return tuple(
        first.setdefault(replace(shock, company="", direct_costs=()), number)
        for number, shock in enumerate(scenario.shocks)
    )


def figures(network: Network) -> tuple[Figures, ...]:
    """The numbers of the data with a confidence below 1: value * (1 ± (1 - confidence)), within bounds."""
    return tuple(f for f in _figures(network) if len(f.rows))


def _figures(network: Network) -> Iterator[Figures]:
    trade, competes, regulated = network.trade, network.competes, network.regulated
    parts: tuple[tuple[str, str, tuple[str, ...], Mapping[str, Floats], Floats], ...] = (
        ("companies", "companies", COMPANY_NUMBERS, network.numbers, network.confidence),
        ("trade", "links", TRADE_NUMBERS, trade.numbers, trade.confidence),
        ("competes", "links", PAIR_NUMBERS, competes.numbers, competes.confidence),
        ("regulated", "links", PAIR_NUMBERS, regulated.numbers, regulated.confidence),
    )
    for part, table, names, numbers, confidence in parts:
        unsure = confidence < 1.0
        for name in names:
            column = TABLES[table].by_name[name]
            value = numbers[name]
            if name in _UNSPREAD or not unsure.any():
                continue
            rows = np.flatnonzero(unsure & ~np.isnan(value) & (value != 0.0))
            mode, width = value[rows], np.abs(value[rows]) * (1.0 - confidence[rows])
            low = np.minimum(mode, np.maximum(mode - width, -np.inf if column.low is None else column.low))
            high = np.maximum(mode, np.minimum(mode + width, np.inf if column.high is None else column.high))
            yield Figures(part, name, rows, low, mode, high)


def leading(found: tuple[Figures, ...], central: Impact) -> tuple[NDArray[np.intp], tuple[Input, ...]]:
    """The figures that get an input of their own: where most is lost around the least sure ones.

    Places count through all rows of `found`; the largest first, by the revenue that the row's companies
    lose in the central run times how unsure it is. What is in a purse moves no loss, except by exits.
    """
    network, loss = central.network, central.revenue_loss
    ends: Mapping[str, tuple[NDArray[np.int32], ...]] = {
        "companies": (np.arange(len(network), dtype=np.int32),),
        "trade": (network.trade.seller, network.trade.buyer),
        "competes": (network.competes.source, network.competes.target),
        "regulated": (network.regulated.source, network.regulated.target),
    }
    idle = frozenset[str]() if central.scenario.exits else _PURSE
    weight = [
        sum(loss[end[f.rows]] for end in ends[f.part])
        * (f.high - f.low)
        / np.abs(f.mode)
        * (f.column not in idle)
        for f in found
    ]
    if not weight:
        return np.zeros(0, np.intp), ()
    joined = np.concatenate(weight)
    chosen = np.argsort(-joined, kind="stable")[:MOST_FIGURES]
    chosen = chosen[joined[chosen] > 0]
    first = np.cumsum([0, *(len(f.rows) for f in found)])
    named = []
    for place in chosen.tolist():
        which = int(np.searchsorted(first, place, "right")) - 1
        f, at = found[which], place - int(first[which])
        about = [network.ids[int(end[f.rows[at]])] for end in ends[f.part]]
        if f.part == "trade":
            about.append(network.categories[int(network.trade.category[f.rows[at]])])
        table = "companies" if f.part == "companies" else "links"
        named.append(
            Input(
                "figure",
                f"{table}.{f.column}",
                float(f.low[at]),
                float(f.mode[at]),
                float(f.high[at]),
                tuple(about),
            )
        )
    return chosen, tuple(named)
