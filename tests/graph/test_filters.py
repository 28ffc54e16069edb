"""Shocks that name no company but what companies are like."""

from collections.abc import Iterator

import pytest

from graph import explorer as room
from graph.errors import ScenarioError
from graph.explorer import Explorer
from graph.filters import KEYS
from graph.scenario import Demand, DirectCost, Filter, Outage, Scandal, Scenario, Shock
from tests.cases import row, tables
from tests.networks import store_of

CHAIN = tables(
    [
        row(id="a", name="A", roles="supplier", country="JP", region="Kantō", city="Chiba", industry="steel"),
        row(id="b", name="B", roles="supplier;dealer", country="jp ", industry="Steel"),
        row(id="c", name="C", roles="brand", country="DE", market="cars"),
        row(id="d", name="D", roles="dealer", market="cars"),
    ],
    row(source="a", target="c", kind="SUPPLIES", category="Tyres", annual_value=1),
    row(source="a", target="b", kind="SUPPLIES", category="ore", annual_value=1),
    row(source="b", target="c", kind="SUPPLIES", category="wheels", annual_value=1),
    row(source="c", target="d", kind="SELLS_THROUGH", annual_value=1),
)
CHAIN["markets"] = [row(id="cars", name="汽车", structure="differentiated", region="China")]


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    with store_of(CHAIN) as store:
        yield Explorer(store)


def hit(explorer: Explorer, shock: Shock) -> list[str]:
    return [s.company for s in explorer.resolve(Scenario(shocks=(shock,))).shocks]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((("country", "JP"),), "ab"),
        ((("country", "ｊｐ"),), "ab"),
        ((("country", "JP"), ("role", "dealer")), "b"),
        ((("region", "Kantō"),), "a"),
        ((("city", "chiba"),), "a"),
        ((("industry", "steel"),), "ab"),
        ((("market", "cars"),), "cd"),
        ((("market", "汽车"),), "cd"),
        ((("sells_in", "china"),), "cd"),  # their market
        ((("sells_in", "DE"),), "ab"),  # to c
        ((("sells_in", "jp"), ("country", "jp")), "a"),  # to b
        ((("role", "Supplier"),), "ab"),
        ((("category", "tyres"),), "a"),
        ((("category", "goods:c"),), "c"),
        ((("tier", "1"),), "ab"),
        ((("tier", "-1"),), "d"),
    ],
)
def test_whom_a_filter_means(explorer: Explorer, where: Filter, expected: str) -> None:
    assert hit(explorer, Demand("", 0.1, where=where)) == list(expected)
    assert where[0][0] in KEYS


def test_the_expansion_is_the_shock_once_a_company(explorer: Explorer) -> None:
    costs = (DirectCost("C", 5.0, "A"),)
    asked = Scandal("", 0.5, start_week=3, direct_costs=costs, where=(("role", "supplier"),))
    first, second = explorer.resolve(Scenario(shocks=(asked,))).shocks
    assert first == Scandal("a", 0.5, start_week=3, direct_costs=(DirectCost("c", 5.0, "a"),))
    assert second == Scandal("b", 0.5, start_week=3)  # a cost is paid once


def test_only_those_that_sell_it_stop_selling_it(explorer: Explorer) -> None:
    where = (("country", "JP"),)
    assert hit(explorer, Outage("", 1, 1, category="Tyres", where=where)) == ["a"]
    assert hit(explorer, Outage("", 1, 1, target="C", where=where)) == ["a", "b"]
    assert explorer.what_if(
        Scenario(shocks=(Outage("", 1, 1, target="B", where=where),))
    ).scenario.shocks == (Outage("a", 1, 1, target="b"),)


@pytest.mark.parametrize(
    ("shock", "said"),
    [
        (Demand("", 0.1, where=(("country", "JP"), ("role", "brand"))), "country=JP, role=brand"),
        (Demand("", 0.1, where=(("planet", "Mars"),)), "planet"),
        (Outage("", 1, 1, category="glass", where=(("country", "JP"),)), "country=JP"),
    ],
)
def test_a_filter_that_means_nobody_is_named(explorer: Explorer, shock: Shock, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        explorer.resolve(Scenario(shocks=(Outage("a", 1, 1), shock)))
    assert caught.value.field == "shocks.1.where"
    assert said in caught.value.message
    assert caught.value.remedy


def test_filters_make_no_endless_scenario(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 3)
    everyone = Demand("", 0.1, where=(("role", "supplier"),))
    with pytest.raises(ScenarioError) as caught:
        explorer.resolve(Scenario(shocks=(everyone, everyone)))
    assert caught.value.field == "shocks.1.where"
