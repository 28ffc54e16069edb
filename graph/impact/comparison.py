"""A ranking beside what the books show: danger that little money hides, and groups of companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import ratio
from graph.impact.criticality import Ranking
from graph.impact.dependence import traded_with
from graph.network import Floats
from graph.stores.base import Coded, Store

# Of the losses, so many times the share that it has of the money traded: below, nobody calls it hidden.
HIDDEN = 10.0
GROUPINGS = ("role", "tier", "country", "region", "category")


@dataclass(frozen=True)
class Hidden:
    """How far a company's danger is out of proportion to the trade with it; one entry a company.

    `traded` [currency/year]: what the asked company buys from it and sells to it; where all are asked, its
    revenue. `times`: its share of all losses over its share of all that is traded; infinite where nothing is
    traded. `hidden`: at least HIDDEN times, and a loss above the mean of those that are losses.
    """

    bought: Floats
    sold: Floats
    traded: Floats
    times: Floats
    hidden: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """Companies that share something; money is a company's, never a sum: losses do not add up."""

    value: str
    companies: int
    mean_loss: float
    largest_loss: float
    largest: int


def hidden(ranking: Ranking) -> Hidden:
    """Small trade, large loss."""
    size = len(ranking.network)
    if ranking.to is None:
        bought = sold = np.full(size, np.nan)
        traded = ranking.chain.revenue
    else:
        bought, sold = traded_with(ranking.chain, ranking.to)
        traded = bought + sold
    order = ranking.order
    of_loss, of_trade = np.zeros(size), np.zeros(size)
    of_loss[order] = ratio(ranking.loss[order], np.full(len(order), ranking.loss[order].sum()))
    of_trade[order] = ratio(traded[order], np.full(len(order), traded[order].sum()))
    times = np.where(of_trade > 0, ratio(of_loss, of_trade), np.where(of_loss > 0, np.inf, 0.0))
    above = of_loss * len(order) > 1.0
    return Hidden(bought, sold, traded, times, np.asarray(above & (times >= HIDDEN), np.bool_))


def places_of(store: Store, ranking: Ranking) -> Mapping[str, tuple[str, ...]]:
    """Country and region of each company of the network, '' where they are blank. Raises StoreError."""
    _, tables = store.columns({"companies": ("id", "country", "region")})
    columns = tables["companies"]
    texts = {name: _texts(columns[name]) for name in ("id", "country", "region")}
    row = {company: at for at, company in enumerate(texts["id"])}
    at = [row.get(company, -1) for company in ranking.network.ids]
    return {name: tuple(texts[name][i] if i >= 0 else "" for i in at) for name in ("country", "region")}


def _texts(column: Floats | Coded) -> tuple[str, ...]:
    if not isinstance(column, Coded):
        raise TypeError("a column of numbers")
    names = (*column.names, "")
    return tuple(names[c] for c in column.codes)


def sold_categories(ranking: Ranking) -> list[list[str]]:
    """The categories that each company sells, in their order."""
    network = ranking.network
    pair = np.unique(network.trade.seller.astype(np.int64) * len(network.categories) + network.trade.category)
    found: list[list[str]] = [[] for _ in network.ids]
    for each in pair.tolist():
        seller, category = divmod(each, len(network.categories))
        found[seller].append(network.categories[category])
    return found


def groups(
    ranking: Ranking, where: Mapping[str, Sequence[str]], categories: Sequence[Sequence[str]]
) -> Mapping[str, tuple[Group, ...]]:
    """The companies by role, tier, country, region and category sold, the largest loss first.

    A company counts in each of its groups; one without a value in none. Who is asked about is left out.
    """
    network = ranking.network
    values: Mapping[str, Sequence[Sequence[str]]] = {
        "role": network.roles,
        "tier": [() if t is None else (str(t),) for t in network.tier],
        "country": [(c,) if c else () for c in where["country"]],
        "region": [(r,) if r else () for r in where["region"]],
        "category": [[c for c in own if c] for own in categories],
    }
    return {name: _grouped(ranking, values[name]) for name in GROUPINGS}


def _grouped(ranking: Ranking, values: Sequence[Sequence[str]]) -> tuple[Group, ...]:
    members: dict[str, list[int]] = {}
    for place in np.flatnonzero(ranking.reckoned).tolist():
        if place != ranking.to:
            for value in values[place]:
                members.setdefault(value, []).append(place)
    found = []
    for value, places in members.items():
        loss = ranking.loss[places]
        most = int(loss.argmax())
        found.append(Group(value, len(places), float(loss.mean()), float(loss[most]), places[most]))
    return tuple(sorted(found, key=lambda g: (-g.largest_loss, g.value)))
