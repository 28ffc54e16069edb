"""Who hangs on whom, on chains whose answers are read off by eye; and why, by the strongest way."""

from __future__ import annotations

import random

import numpy as np
import pytest

from graph.impact.accounts import key_accounts
from graph.impact.coefficients import Chain, derive
from graph.impact.comparison import HIDDEN, groups, hidden, sold_categories
from graph.impact.criticality import Question, rank
from graph.impact.dependence import (
    accounts_at_risk,
    concentration,
    diamonds,
    single_sources,
    traded_with,
)
from graph.impact.reasons import strongest, supply
from graph.parameters import parameters
from tests.cases import row, tables
from tests.chains import random_chain
from tests.naive_chain import Row
from tests.networks import network_of


def company(name: str, roles: str = "supplier", revenue: float = 100.0, **more: object) -> Row:
    return row(id=name, roles=roles, annual_revenue=revenue, **more)


def supplies(source: str, target: str, category: str, value: float, **more: object) -> Row:
    return row(source=source, target=target, kind="SUPPLIES", category=category, annual_value=value, **more)


# A brand buys cells from two makers that both need one mine, and glass from one maker alone.
COMPANIES = [
    company("brand", "brand", 1000, cash=50, fixed_cost_per_week=8, contribution_margin=0.4),
    company("cells1"), company("cells2"), company("glass", revenue=20), company("mine"), company("sand"),
    company("shop", "dealer", 700), company("outlet", "dealer", 200),
]  # fmt: skip
LINKS = [
    supplies("cells1", "brand", "cells", 60), supplies("cells2", "brand", "cells", 40),
    supplies("glass", "brand", "glass", 10, substitutability=0, inventory_weeks=2),
    supplies("mine", "cells1", "ore", 30), supplies("mine", "cells2", "ore", 20),
    supplies("sand", "cells2", "ore", 5), supplies("sand", "glass", "sand", 5),
    row(source="brand", target="shop", kind="SELLS_THROUGH", annual_value=600),
    row(source="brand", target="outlet", kind="SELLS_THROUGH", annual_value=100),
]  # fmt: skip


def chain_of(companies: list[Row] = COMPANIES, links: list[Row] = LINKS) -> Chain:
    return derive(network_of(tables(companies, *links)), parameters({}))


def test_a_need_that_one_seller_meets() -> None:
    chain = chain_of()
    ids, categories = chain.network.ids, chain.network.categories
    found = {(ids[s.buyer], categories[s.category]): s for s in single_sources(chain)}
    assert set(found) == {("brand", "glass"), ("cells1", "ore"), ("glass", "sand")}
    glass = found["brand", "glass"]
    assert (ids[glass.seller], glass.no_substitute, glass.stock) == ("glass", True, 2.0)
    assert not found["cells1", "ore"].no_substitute


def test_concentration_is_the_sum_of_squared_shares() -> None:
    chain = chain_of()
    ids, names = chain.network.ids, chain.network.categories
    own = {names[c.category]: c for c in concentration(chain, chain.network.index["brand"])}
    assert own["cells"].hhi == pytest.approx(0.6**2 + 0.4**2)
    assert (ids[own["cells"].largest], own["cells"].sellers) == ("cells1", 2)
    assert own["glass"].hhi == 1.0
    market = {names[c.category]: c for c in concentration(chain)}
    assert market["ore"].hhi == pytest.approx((50 / 55) ** 2 + (5 / 55) ** 2)
    assert "goods:brand" not in market


def test_a_diamond_is_what_stands_behind_two_suppliers() -> None:
    chain = chain_of()
    place, ids = chain.network.index, chain.network.ids
    found = {ids[d.shared]: d for d in diamonds(chain, place["brand"])}
    assert set(found) == {"mine", "sand"}
    mine, sand = found["mine"], found["sand"]
    assert [ids[s] for s in mine.suppliers] == ["cells1", "cells2"]
    assert (mine.alternatives, mine.behind) == (True, pytest.approx(1.0))
    assert not sand.alternatives, "it is behind two needs, and one source of each"
    assert (chain.network.categories[sand.category], sand.behind) == ("glass", 1.0)
    assert list(diamonds(chain)) == list(diamonds(chain, place["brand"])), "there is one brand"


def test_key_accounts_and_how_long_cash_lasts_without_them() -> None:
    chain = chain_of()
    place, ids = chain.network.index, chain.network.ids
    found = key_accounts(chain, place["brand"])
    assert [(ids[i], s) for i, s in found.largest(2)] == [("shop", 0.6), ("outlet", pytest.approx(0.1))]
    assert found.concentration == pytest.approx(0.37)
    assert found.runway_without(1) == pytest.approx(50 / (8 - 0.4 * 1000 / 52 * 0.4))
    assert found.runway_without(9) == found.runway_without(2)
    assert not len(key_accounts(chain, place["shop"]).buyer)
    assert ids[accounts_at_risk(chain, 1)[0].company] == "brand"


def test_trade_is_what_is_bought_and_what_is_sold() -> None:
    chain = chain_of()
    bought, sold = traded_with(chain, chain.network.index["brand"])
    named = dict(zip(chain.network.ids, zip(bought, sold, strict=True), strict=True))
    assert named["cells1"] == (pytest.approx(60), 0)
    assert named["shop"] == (0, pytest.approx(600))
    assert named["mine"] == (0, 0)


def test_the_strongest_way_goes_by_the_largest_product() -> None:
    chain = chain_of()
    place, ids = chain.network.index, chain.network.ids
    ways = strongest(chain, [place[c] for c in ("mine", "sand", "shop")], place["brand"], news=False)
    assert [(ids[h.source], ids[h.target], h.channel) for h in ways[place["mine"]]] == [
        ("mine", "cells1", "shortage"),
        ("cells1", "brand", "shortage"),
    ]
    assert [ids[h.target] for h in ways[place["sand"]]] == ["glass", "brand"]
    assert [h.channel for h in ways[place["shop"]]] == ["orders"]
    assert ways[place["shop"]][0].weight == pytest.approx(0.6)
    need = supply(chain, ways[place["mine"]][1].link)
    assert (need.share, need.alone, need.criticality) == (pytest.approx(0.6), False, 0.8)
    scandal = strongest(chain, [place["mine"]], place["brand"], news=True)
    assert {h.channel for h in scandal[place["mine"]]} == {"blame"}


def test_the_strongest_way_is_that_of_all_ways() -> None:
    """Beside walking every way on small random chains."""
    for seed in range(25):
        rng = random.Random(seed)
        chain = derive(network_of(random_chain(rng, 6, 12)), parameters({}))
        size = len(chain.network)
        for news in (False, True):
            best = np.eye(size)  # of any number of hops
            one = _weights(chain, news)
            for _ in range(size):
                best = np.maximum(best, (one[:, :, None] * best[None, :, :]).max(axis=1))
            for target in range(size):
                found = strongest(chain, range(size), target, news=news)
                for source in set(range(size)) - {target}:
                    product = np.prod([h.weight for h in found[source]]) if source in found else 0.0
                    assert product == pytest.approx(best[source, target], rel=1e-9)


def _weights(chain: Chain, news: bool) -> np.ndarray:
    """Of any two companies, the largest weight of a hop from the one to the other."""
    size, c = len(chain.network), chain.coefficients
    found = np.zeros((size, size))
    slot = np.repeat(np.arange(len(c.stock)), np.diff(c.slot_start).astype(int))
    orders = np.repeat(c.terms.orders, np.diff(c.terms.start).astype(int))
    for e in range(len(c.seller)):
        s, b = int(c.seller[e]), int(c.buyer[e])
        if not news:
            factor = c.criticality[slot[e]] or c.spend_share[slot[e]]
            found[s, b] = max(found[s, b], factor * c.need_share[e])
        found[b, s] = max(found[b, s], c.seller_share[e] * orders[e])
    if news:
        for walked in (c.blame, c.taint, c.probe):
            for q, i in enumerate(walked.row):
                for e in range(int(walked.start[q]), int(walked.start[q + 1])):
                    j = int(walked.column[e])
                    found[j, i] = max(found[j, i], walked.value[e])
        for i in range(size):
            for e in range(int(c.brands.start[i]), int(c.brands.start[i + 1])):
                j = int(c.brands.column[e])
                found[j, i] = max(found[j, i], c.brands.value[e])
    np.fill_diagonal(found, 0.0)
    return np.minimum(found, 1.0)


def test_danger_that_little_trade_hides() -> None:
    network = network_of(tables(COMPANIES, *LINKS))
    ranking = rank(network, Question(to="brand"))
    found = hidden(ranking)
    order = ranking.order
    losses, traded = ranking.loss[order], found.traded[order]
    for i in order:
        share, part = ranking.loss[i] / losses.sum(), found.traded[i] / traded.sum()
        assert found.times[i] == pytest.approx(share / part if part else np.inf)
        assert found.hidden[i] == (ranking.loss[i] > losses.mean() and found.times[i] >= HIDDEN)
    assert [network.ids[i] for i in order if found.hidden[i]][:1] == ["mine"]
    assert not found.hidden[network.index["shop"]]


def test_groups_hold_means_and_the_largest() -> None:
    network = network_of(tables(COMPANIES, *LINKS))
    ranking = rank(network, Question(to="brand"))
    where = {"country": ["X"] * 4 + [""] * 4, "region": [""] * 8}
    found = groups(ranking, where, sold_categories(ranking))
    suppliers = next(g for g in found["role"] if g.value == "supplier")
    loss = [ranking.loss[network.index[c]] for c in ("cells1", "cells2", "glass", "mine", "sand")]
    assert (suppliers.companies, suppliers.mean_loss) == (5, pytest.approx(np.mean(loss)))
    assert suppliers.largest_loss == max(loss)
    assert found["country"][0].companies == 3, "the one asked about does not count"
    assert found["region"] == ()
    assert {g.value for g in found["category"]} == {"cells", "glass", "ore", "sand"}
