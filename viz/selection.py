"""Which companies are drawn, and how many others stand in each column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.network import Floats
from graph.ontology import Role
from graph.scenario import Outage, Scenario
from viz.layout import column_of

Places = NDArray[np.int64]

BRANDS = 12  # of the brands, so many that lose most are drawn in any case


@dataclass(frozen=True)
class Others:
    """The companies of one column that are not drawn, and what they lose together [currency]."""

    column: int
    count: int
    revenue_loss: float
    value_added_loss: float


@dataclass(frozen=True)
class Selection:
    """Companies drawn, the most money at risk first; `column` has an entry for each of them.

    `shocked` are those that the scenario hits and those that go out of business by it.
    """

    drawn: Places
    column: Places
    shocked: frozenset[int]
    others: tuple[Others, ...]


def value_added_loss(impact: Impact) -> Floats:
    """Value added that each company loses over the horizon [currency], shape (companies,)."""
    summed = impact.series["revenue_loss_share"].sum(axis=0) / WEEKS_A_YEAR
    return np.asarray(summed * impact.chain.value_added)


def select(impact: Impact, limit: int) -> Selection:
    """Up to `limit` companies, by revenue lost after those that are drawn in any case.

    Those are whom the shocks hit and name, who goes out of business, and the brands hurt most. Companies
    that no chain of links ties to a shock are not drawn: nothing can reach them.
    """
    loss, revenue, size = impact.revenue_loss, impact.chain.revenue, len(impact.network)
    by_loss = np.lexsort((np.arange(size), -revenue, -loss))
    hit, shocked = _hit_by(impact, impact.scenario), _hit_by(impact, impact.settled)
    if hit:
        by_loss = by_loss[_tied(impact, hit | _named_by(impact))[by_loss]]
    brands = by_loss[impact.network.plays(Role.BRAND)[by_loss]]
    first = (
        by_loss[np.isin(by_loss, list(hit))],
        _named_by(impact),
        by_loss[np.isin(by_loss, list(shocked))],
        brands[:1],
        brands[loss[brands] > 0][:BRANDS],
        by_loss,
    )
    # In this order, each once.
    chosen = list(dict.fromkeys(int(i) for some in first for i in some))[: max(limit, 1)]
    drawn = by_loss[np.isin(by_loss, chosen)]
    columns = column_of(impact.network, np.array(sorted(hit), np.int64))
    left = np.setdiff1d(np.arange(size), drawn)
    value_added = value_added_loss(impact)
    others = tuple(
        Others(int(c), len(rest), float(loss[rest].sum()), float(value_added[rest].sum()))
        for c in np.unique(columns[left])
        for rest in [left[columns[left] == c]]
    )
    return Selection(drawn, columns[drawn], shocked, others)


def _hit_by(impact: Impact, scenario: Scenario) -> frozenset[int]:
    """The companies that a scenario's shocks are about."""
    return frozenset(impact.network.index[shock.company] for shock in scenario.shocks)


def _named_by(impact: Impact) -> frozenset[int]:
    """The other companies that the scenario names: targets, bearers and suppliers of direct costs."""
    named = set()
    for shock in impact.scenario.shocks:
        if isinstance(shock, Outage):
            named.add(shock.target)
        for cost in shock.direct_costs:
            named |= {cost.bearer, cost.supplier}
    return frozenset(impact.network.index[name] for name in named - {""})


def _tied(impact: Impact, companies: frozenset[int]) -> NDArray[np.bool_]:
    """Whom any chain of links ties to one of these, shape (companies,)."""
    network = impact.network
    pairs = (
        (network.trade.seller, network.trade.buyer),
        *((some.source, some.target) for some in (network.competes, network.regulated)),
    )
    one, other = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    tied = np.zeros(len(network), np.bool_)
    tied[list(companies)] = True
    count = 0
    while count < (count := int(tied.sum())):
        tied[other[tied[one]]] = True
        tied[one[tied[other]]] = True
    return tied
