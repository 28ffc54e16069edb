"""What a loss rests on: how much of it on observed, on inferred and on assumed figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import ratio, total
from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.impact.propagation import prepare
from graph.network import Floats

OBSERVED, ASSUMED, INFERRED = 0, 1, 2  # as Network.marks has them
Status = NDArray[np.int8]


class Coverage(NamedTuple):
    """Shares of a loss that rest on figures of each kind; in sum 1, or 0 where nothing is lost."""

    observed: float
    inferred: float
    assumed: float


class _Parts(NamedTuple):
    """A loss divided by where its last step came from [currency]: two by company, two by link."""

    own: Floats  # what it could not make by itself, and buyers that are not recorded
    customers: Floats  # that left
    goods: Floats  # that a link did not bring
    orders: Floats  # that a link's buyer did not give


def recorded(impact: Impact) -> bool:
    """Whether the impact knows what travelled along the links, without which there is no coverage."""
    return bool(impact.trajectory.missing.shape[1] == len(impact.network.trade))


def coverage(impact: Impact, company: int | None = None) -> Coverage:
    """Of the value added lost in the chain, or of the revenue that one company (its place) loses.

    The loss is divided by where its last step came from, and each part in equal shares over the figures
    that the step was reckoned from (docs/uncertainty.md). The impact must be `recorded`.
    """
    money = impact.chain.value_added if company is None else impact.chain.revenue
    if company is not None:
        money = np.where(np.arange(len(money)) == company, money, 0.0)
    parts, trade = _parts(impact, money), impact.network.trade
    own, link = _of_companies(impact), _of_links(impact)
    base = ("annual_revenue", "value_added") if company is None else ("annual_revenue",)
    everybody = np.arange(len(money))
    summed = np.zeros(3)
    for amount, at, figures in (
        (parts.own, everybody, []),
        (parts.customers, everybody, [own["market"], own["consumer_share"]]),
        (parts.goods, trade.buyer, [link[name] for name in _GOODS]),
        (parts.orders, trade.seller, [link[name] for name in _ORDERS]),
    ):
        rests_on = [own[name][at] for name in base] + figures
        for status in rests_on:
            summed += total(status, amount / len(rests_on), 3)
    observed, assumed, inferred = ratio(summed, np.full(3, summed.sum())).tolist()
    return Coverage(observed, inferred, assumed)


_GOODS = ("need_share", "criticality", "substitutability", "inventory_weeks")
_ORDERS = ("seller_share", "take_or_pay")


def _parts(impact: Impact, money: Floats) -> _Parts:
    """The loss of each week by its larger side: output by what was missing, demand by who did not order."""
    c, trade, series = impact.chain.coefficients, impact.network.trade, impact.series
    shocks = prepare(impact.chain, impact.settled, impact.parameters, impact.trajectory.leaving).shocks
    missing, withheld, size = impact.trajectory.missing, impact.trajectory.withheld, len(money)
    parts = _Parts(*(np.zeros(n) for n in (size, size, len(trade), len(trade))))
    for t in range(impact.weeks):
        lost = series["revenue_loss_share"][t] * money / WEEKS_A_YEAR
        out, demand = series["output_loss"][t], series["demand_loss"][t]
        by_output = 1.0 - (1.0 - out) * (1.0 - series["legal_loss"][t]) >= demand
        stopped = np.zeros(size)
        stopped[shocks.out_company] = shocks.out[t]
        h = missing[t - 1] if t else np.zeros(len(trade))  # a shortage is felt a week later
        short = np.where(by_output & (out > stopped), lost, 0.0)
        goods = h * ratio(short, total(trade.buyer, h, size))[trade.buyer]
        asked = ratio(np.where(by_output, 0.0, lost), demand)
        customers = np.minimum(asked * demand, asked * c.final_share * series["churn"][t])
        orders = asked[trade.seller] * c.seller_share * withheld[t]
        most = ratio(asked * demand - customers, total(trade.seller, orders, size))
        orders *= np.minimum(1.0, most)[trade.seller]
        parts.goods[:] += goods
        parts.orders[:] += orders
        parts.customers[:] += customers
        through = total(trade.buyer, goods, size) + total(trade.seller, orders, size)
        parts.own[:] += np.maximum(0.0, lost - customers - through)
    return parts


def _status(values: Floats, marks: Mapping[str, Status], name: str, blank: int | Status) -> Status:
    """Of each value: what the data calls it, observed where it says nothing, `blank` where it is blank."""
    given = marks.get(name, np.zeros(len(values), np.int8))
    return np.where(np.isnan(values), blank, given).astype(np.int8)


def _of_companies(impact: Impact) -> Mapping[str, Status]:
    network, chain = impact.network, impact.chain
    numbers, marks = network.numbers, network.marks
    bought = total(network.trade.buyer, _annual_value(impact), len(network))
    by_share = np.where(chain.purchases > bought, ASSUMED, INFERRED).astype(np.int8)
    return {
        "annual_revenue": _status(numbers["annual_revenue"], marks, "annual_revenue", INFERRED),
        "value_added": _status(numbers["value_added"], marks, "value_added", by_share),
        "consumer_share": _status(numbers["consumer_share"], marks, "consumer_share", ASSUMED),
        "market": np.where(network.structure < 0, ASSUMED, OBSERVED).astype(np.int8),
    }


def _annual_value(impact: Impact) -> Floats:
    """What each link carries [currency/year]: given, or by the seller's share; else 0."""
    trade, revenue = impact.network.trade, impact.network.numbers["annual_revenue"]
    given = trade.numbers["annual_value"]
    told = np.where(np.isnan(given), trade.numbers["seller_share"] * revenue[trade.seller], given)
    return np.nan_to_num(told)


def _of_links(impact: Impact) -> Mapping[str, Status]:
    trade = impact.network.trade
    numbers, marks = trade.numbers, trade.marks
    told = ~np.isnan(numbers["seller_share"] * impact.network.numbers["annual_revenue"][trade.seller])
    value = _status(
        numbers["annual_value"], marks, "annual_value", np.where(told, INFERRED, ASSUMED).astype(np.int8)
    )
    derived = np.where(value == ASSUMED, ASSUMED, INFERRED).astype(np.int8)
    by_parts = np.where(np.isnan(trade.inferred_criticality), ASSUMED, INFERRED).astype(np.int8)
    plain = {n: _status(numbers[n], marks, n, ASSUMED) for n in (*_GOODS[2:], "take_or_pay")}
    return plain | {
        "need_share": _status(numbers["share"], marks, "share", derived),
        "seller_share": _status(numbers["seller_share"], marks, "seller_share", derived),
        "criticality": _status(numbers["criticality"], marks, "criticality", by_parts),
    }
