"""Compilation: dates, periods, tiers, order."""

import numpy as np

from graph.network import compile_network
from tests.cases import row, tables
from tests.networks import network_of, store_of

COMPANIES = [
    row(id="brand", roles="brand", annual_revenue=100),
    row(id="dealer", roles="dealer", annual_revenue=10),
    row(id="mine", roles="supplier", annual_revenue=10),
    row(id="nobody", roles="supplier", annual_revenue=10),
    row(id="tyres", roles="supplier", annual_revenue=10),
    row(id="van", roles="logistics", annual_revenue=10),
]
LINKS = [
    row(source="tyres", target="brand", kind="SUPPLIES", category="tyres", annual_value=1),
    row(source="mine", target="tyres", kind="SUPPLIES", category="ore", annual_value=1),
    row(source="brand", target="dealer", kind="SELLS_THROUGH", annual_value=1),
    row(source="van", target="dealer", kind="CARRIES_FOR", annual_value=1),
]


def test_tiers_are_hops_from_the_nearest_brand() -> None:
    network = network_of(tables(COMPANIES, *LINKS))
    assert dict(zip(network.ids, network.tier, strict=True)) == {
        "brand": 0, "dealer": -1, "mine": 2, "nobody": None, "tyres": 1, "van": 2,
    }  # fmt: skip


def test_links_stand_in_the_order_of_buyer_category_seller() -> None:
    network = network_of(tables(COMPANIES, *LINKS))
    trade = network.trade
    said = [
        (network.ids[b], network.categories[c], network.ids[s])
        for b, c, s in zip(trade.buyer, trade.category, trade.seller, strict=True)
    ]
    assert said == sorted(said)
    assert ("dealer", "goods:brand", "brand") in said
    assert ("dealer", "delivery", "van") in said


def dated(**cells: str) -> dict[str, str]:
    return row(source="tyres", target="brand", kind="SUPPLIES", category="tyres", annual_value=1, **cells)


def sellers(network_links: list[dict[str, str]], as_of: str = "") -> list[float]:
    with store_of(tables(COMPANIES, *network_links)) as store:
        return np.nan_to_num(compile_network(store, as_of).trade.numbers["annual_value"]).tolist()


def test_a_link_counts_from_since_until_until() -> None:
    link = dated(since="2020-01-01", until="2022-01-01")
    assert sellers([link], "2019-12-31") == []
    assert sellers([link], "2020-01-01") == [1]
    assert sellers([link], "2021-12-31") == [1]
    assert sellers([link], "2022-01-01") == []


def test_the_latest_known_is_the_day_of_the_newest_change() -> None:
    """The facts are stamped 2026-01-01."""
    assert sellers([dated(until="2025-12-31")]) == []
    assert sellers([dated(until="2027-12-31")]) == [1]
    assert sellers([dated(since="2026-06-01")]) == []


def day(cells: dict[str, str], as_of: str = "") -> str:
    with store_of(tables(COMPANIES, dated(**cells))) as store:
        return compile_network(store, as_of).day


def test_a_network_says_of_which_day_it_is() -> None:
    assert day({"since": "2020-01-01"}) == "2026-01-01"
    assert day({"until": "2020-01-01"}) == "2026-01-01"
    assert day({"until": "2020-01-01"}, "2019-05-05") == "2019-05-05"
    assert day({}) == "", "the same on any day"
    assert day({}, "2019-05-05") == "2019-05-05"


def test_of_several_periods_the_one_that_counts_is_used() -> None:
    links = [
        dated(since="2019-01-01"),
        dated(period="FY2018", since="2018-01-01", until="2019-01-01") | {"annual_value": "2"},
        dated(period="FY2017", since="2017-01-01", until="2018-01-01") | {"annual_value": "3"},
    ]
    assert sellers(links) == [1]
    assert sellers(links, "2018-05-05") == [2]
    assert sellers(links, "2017-01-01") == [3]
    assert sellers(links, "2016-01-01") == []


def test_periods_that_overlap_do_not_add_up() -> None:
    links = [
        dated(since="2019-01-01"),
        dated(period="A", since="2020-01-01") | {"annual_value": "2"},
        dated(period="B", since="2018-01-01") | {"annual_value": "3"},
    ]
    assert sellers(links) == [2]


def test_periods_of_a_symmetric_link_may_name_its_ends_in_either_order() -> None:
    one = row(source="tyres", target="mine", kind="COMPETES_WITH", since="2019-01-01", closeness=0.2)
    other = row(
        source="mine", target="tyres", kind="COMPETES_WITH", period="A", since="2020-01-01", closeness=0.7
    )
    competes = network_of(tables(COMPANIES, *LINKS, one, other)).competes
    assert competes.numbers["closeness"].tolist() == [0.7]


def test_links_that_do_not_count_on_the_date_are_counted() -> None:
    ended = dated(until="2020-01-01")
    closed = dated(period="FY2018", since="2018-01-01", until="2019-01-01")
    assert network_of(tables(COMPANIES, *LINKS[1:], ended, closed)).not_on_date == 1
    assert network_of(tables(COMPANIES, *LINKS)).not_on_date == 0


def test_a_walk_towards_a_brand_decides_the_sign_of_a_tier() -> None:
    """`both` supplies a supplier of the brand, and buys from one of its suppliers."""
    both = row(id="both", roles="supplier")
    links = [
        row(source="both", target="mine", kind="SUPPLIES", category="fuel"),
        row(source="tyres", target="both", kind="SUPPLIES", category="tyres"),
    ]
    network = network_of(tables([*COMPANIES, both], *LINKS, *links))
    assert network.tier[network.index["both"]] == 3


def test_owning_is_kept_and_has_no_effect() -> None:
    with_owner = [*LINKS, row(source="mine", target="nobody", kind="OWNS")]
    plain, owned = network_of(tables(COMPANIES, *LINKS)), network_of(tables(COMPANIES, *with_owner))
    assert len(plain.trade) == len(owned.trade)
    assert plain.snapshot.hash != owned.snapshot.hash


def test_an_empty_store_compiles() -> None:
    network = network_of({})
    assert len(network) == len(network.trade) == 0
