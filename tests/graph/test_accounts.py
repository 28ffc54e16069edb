"""The test of key accounts, worked by hand."""

import math

import pytest

from graph.impact.accounts import KeyAccounts, key_accounts
from graph.impact.coefficients import derive
from graph.parameters import parameters
from tests.cases import row, tables
from tests.networks import network_of

# 520 a year: 10 a week, of which .4 is left to pay 3 a week of fixed cost.
MAKER = {"id": "maker", "roles": "supplier", "annual_revenue": 520, "cash": 30}
COSTS = {"fixed_cost_per_week": 3, "contribution_margin": 0.4}
BUYERS = [row(id=i, roles="brand", annual_revenue=1000) for i in ("large", "middle", "small")]
LINKS = [
    row(source="maker", target="large", kind="SUPPLIES", category="a", annual_value=130),
    row(source="maker", target="large", kind="SUPPLIES", category="b", annual_value=78),
    row(source="maker", target="small", kind="SUPPLIES", category="a", annual_value=52),
    row(source="maker", target="middle", kind="SUPPLIES", category="a", annual_value=104),
]


def accounts_with(**cells: object) -> KeyAccounts:
    network = network_of(tables([row(**MAKER, **cells), *BUYERS], *LINKS))
    return key_accounts(derive(network, parameters({})), network.index["maker"])


def test_the_largest_leave_one_after_another() -> None:
    tested = accounts_with(**COSTS)
    network = network_of(tables([row(**MAKER), *BUYERS], *LINKS))
    assert [network.ids[i] for i in tested.buyer] == ["large", "middle", "small"]
    assert tested.share.tolist() == pytest.approx([0.4, 0.2, 0.1])  # two categories are one customer
    assert tested.lost.tolist() == pytest.approx([0.4, 0.6, 0.7])
    # earned: 4 · .6, · .4, · .3
    assert tested.burn.tolist() == pytest.approx([0.6, 1.4, 1.8])
    assert tested.runway.tolist() == pytest.approx([50, 30 / 1.4, 30 / 1.8])
    assert tested.concentration == pytest.approx(0.16 + 0.04 + 0.01)


def test_a_margin_that_still_covers_the_cost_lasts() -> None:
    tested = accounts_with(fixed_cost_per_week=2, contribution_margin=0.4)
    assert tested.burn[0] < 0 < tested.burn[1]
    assert math.isinf(tested.runway[0])


def test_what_is_not_known_is_not_guessed() -> None:
    tested = accounts_with()
    assert all(math.isnan(value) for value in (*tested.burn, *tested.runway))


def test_who_sells_to_nobody_recorded_has_no_accounts() -> None:
    network = network_of(tables([row(**MAKER), *BUYERS], *LINKS))
    tested = key_accounts(derive(network, parameters({})), network.index["small"])
    assert len(tested.buyer) == 0
    assert tested.concentration == 0
