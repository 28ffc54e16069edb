"""The plain engine against cases worked by hand. With every half-life 1, keep is .5."""

import math
from typing import Any

import pytest

from tests.cases import Answer, outage, row, scandal, scenario, tables
from tests.naive import run
from tests.naive_chain import PARAMETERS, compile_chain

EXACT = 1e-12


def series(result: Answer, company: str, name: str) -> Any:
    """One series, for a comparison to 1e-12."""
    return pytest.approx(result["series"][company][name], abs=EXACT)


def test_three_weeks_of_blame() -> None:
    chain = tables(
        [
            row(id="s", roles="supplier", annual_revenue=40),
            row(id="b", roles="brand", annual_revenue=104),
        ],
        row(source="s", target="b", kind="SUPPLIES", annual_value=10),  # δ = .25, φ = .75, touch 1
    )
    result = run(
        chain,
        scenario(
            3,
            scandal("s", 0.5, 1),
            attention_fast_share=1,  # E_s = .5, .25, .125
            reputation_half_life=1,
            reputation_gain=0.5,
            legal_half_life=1,
            churn_differentiated_ceiling=0.5,
            churn_differentiated_out_half_life=1,
            churn_differentiated_back_half_life=1,
        ),
    )
    # A_b = .8·E_s, and this is all of X_b; C_s = .15·X_b
    assert series(result, "b", "attributed") == [0.4, 0.2, 0.1]
    assert series(result, "s", "associated") == [0.06, 0.03, 0.015]
    assert series(result, "b", "associated") == [0, 0, 0]
    # r_b = .5·.4; .1 ⊕ .1; .095 ⊕ .05
    assert series(result, "b", "reputation_damage") == [0.2, 0.19, 0.14025]
    # c_b: half way to .1, .095, .070125
    assert series(result, "b", "churn") == [0.05, 0.0725, 0.0713125]
    # ℓ_b = .02·.4; .004 ⊕ .004; .003992 ⊕ .002
    assert series(result, "b", "legal_loss") == [0.008, 0.007984, 0.005984016]
    # f_b = 1: the churn is larger than the legal loss
    assert series(result, "b", "revenue_loss_share") == [0.05, 0.0725, 0.0713125]
    # D = .3·.05 = .015; .015 + .3·(.0725 − .015) = .03225, felt a week later on a quarter of the sales
    assert series(result, "s", "demand_loss") == [0, 0.00375, 0.0080625]
    # ℓ_s = .02·.5; .005 ⊕ .005; .0049875 ⊕ .0025: larger than the orders missing but in the last week
    assert series(result, "s", "revenue_loss_share") == [0.01, 0.009975, 0.0080625]
    # T_s = .15·.5, then keep(52)·T ⊕ .15·E; nobody leaves within the contract
    assert result["series"]["s"]["trust_loss"][0] == pytest.approx(0.075)
    assert result["states"]["beta"]["s", "SUPPLIES", "b", ""] == [1, 1, 1]
    # 104/52 = 2 a week, 40/52 a week; value added 52 (half of 104) and 20 (half of 40)
    b, s = 0.05 + 0.0725 + 0.0713125, 0.01 + 0.009975 + 0.0080625
    assert result["revenue_loss"] == pytest.approx({"b": 2 * b, "s": 40 / 52 * s})
    assert result["gross_revenue_loss"] == pytest.approx(2 * b + 40 / 52 * s)
    assert result["value_added_loss"] == pytest.approx(b + 20 / 52 * s)


def test_supplier_outage_eats_the_stock() -> None:
    chain = tables(
        [row(id="s", roles="supplier", annual_revenue=52), row(id="b", roles="brand", annual_revenue=520)],
        row(source="s", target="b", kind="SUPPLIES", annual_value=52, inventory_weeks=1.5),
    )
    result = run(chain, scenario(6, outage("s", 3), substitution_half_life=1, refill_half_life=1))
    # week 0: z = 1, stock 1.5 → .5; ρ → .5. Week 1: z = 1 − .5·.5 = .75, y = .25; ρ → .75.
    # Week 2: z = 1 − .5·.75 = .625 = y. Then nothing is missing, the stock is half filled each week.
    slot = ("b", "")
    assert result["states"]["b"][slot] == pytest.approx([0.5, 0, 0, 0.75, 1.125, 1.3125])
    assert result["states"]["rho_slot"][slot] == pytest.approx([0.5, 0.75, 0.875, 0.875, 0.875, 0.875])
    # x = χ·y = .8·.25, .8·.625, a week later
    assert series(result, "b", "output_loss") == [0, 0, 0.2, 0.5, 0, 0]
    assert series(result, "s", "output_loss") == [1, 1, 1, 0, 0, 0]
    # D = .3·.2 = .06; .06 + .3·(.5 − .06) = .192; .7·.192 = .1344. δ = 1, so W = D of the week before.
    assert series(result, "s", "demand_loss") == [0, 0, 0, 0.06, 0.192, 0.1344]
    assert result["revenue_loss"] == pytest.approx({"s": 3 + 0.06 + 0.192 + 0.1344, "b": 10 * 0.7})


def test_outages_recover() -> None:
    chain = tables([row(id="b", roles="brand", annual_revenue=52)])
    two = {"severity": 0.8, "start_week": 1, "recovery_weeks": 3}
    linear = run(chain, scenario(8, outage("b", 2, **two, recovery="linear")))
    # .8 less a quarter of it each week
    assert series(linear, "b", "output_loss") == [0, 0.8, 0.8, 0.6, 0.4, 0.2, 0, 0]
    exponential = run(
        chain, scenario(8, outage("b", 2, **two | {"recovery_weeks": 1}, recovery="exponential"))
    )
    assert series(exponential, "b", "output_loss") == [0, 0.8, 0.8, 0.4, 0.2, 0.1, 0.05, 0.025]
    # .8 ⊕ .5 = .9 where both last
    overlap = run(
        chain, scenario(4, outage("b", 2, severity=0.8), outage("b", 3, severity=0.5, start_week=1))
    )
    assert series(overlap, "b", "output_loss") == [0.8, 0.9, 0.5, 0.5]


def test_outage_of_one_line_of_sales() -> None:
    chain = tables(
        [row(id=i, roles="brand;supplier", annual_revenue=100) for i in ("s", "b", "c")],
        row(source="s", target="b", kind="SUPPLIES", category="cells", annual_value=20, criticality=1),
        row(source="s", target="c", kind="SUPPLIES", category="cells", annual_value=30, criticality=1),
        row(source="s", target="c", kind="SUPPLIES", category="tyres", annual_value=10, criticality=1),
    )
    for picks, lost, idle in (
        ({"category": "cells"}, 0.5, ("b", "c")),
        ({"target": "c"}, 0.4, ("c",)),
        ({"category": "cells", "target": "c"}, 0.3, ("c",)),
        ({"category": "", "target": None}, 1, ("b", "c")),
    ):
        result = run(chain, scenario(2, outage("s", 2, **picks)))
        assert result["series"]["s"]["revenue_loss_share"][0] == pytest.approx(lost)
        stopped = [i for i in ("b", "c") if result["series"][i]["output_loss"][1] > 0]
        assert stopped == list(idle)


def test_association() -> None:
    chain = tables(
        [row(id=i, roles=i, annual_revenue=100) for i in ("brand", "platform", "supplier", "logistics")],
        row(source="brand", target="platform", kind="SELLS_THROUGH", annual_value=50),
        row(source="brand", target="platform", kind="COMPETES_WITH", closeness=0.5, informed=0),
        row(source="supplier", target="brand", kind="SUPPLIES", annual_value=10),
        row(source="supplier", target="brand", kind="SUPPLIES", category="b", annual_value=10, touch=0),
        row(source="logistics", target="brand", kind="CARRIES_FOR", annual_value=1, touch=0),
        row(source="platform", target="brand", kind="REGULATED_WITH"),
    )
    result = run(chain, scenario(1, scandal("brand", 0.4, 1)))
    # .5·(.2 + .45) = .325 is larger than the brand's .15 on its platform: .325·.4, not both.
    assert series(result, "platform", "associated") == [0.13]
    # .15·.4 from buyer to seller, once for two links
    assert series(result, "supplier", "associated") == [0.06]
    assert series(result, "logistics", "associated") == [0.06]
    # r = .3·C; ℓ = .02·π·X = .02·.1·.4
    assert series(result, "platform", "reputation_damage") == [0.039]
    assert series(result, "platform", "legal_loss") == [0.0008]
    # The courier touches nobody: .03 instead of blame.
    result = run(chain, scenario(1, scandal("logistics", 0.4, 1)))
    assert series(result, "brand", "attributed") == [0]
    assert series(result, "brand", "associated") == [0.012]
    # The supplier's first link has touch 1 and blames; its second, with touch 0, taints as well.
    result = run(chain, scenario(1, scandal("supplier", 0.4, 1)))
    assert series(result, "brand", "attributed") == [0.32]
    assert series(result, "brand", "associated") == [0.012]


def test_a_courier_that_carries_nothing_taints() -> None:
    chain = tables(
        [
            row(id="brand", roles="brand", annual_revenue=100),
            row(id="all", roles="logistics", annual_revenue=10),
            row(id="none", roles="logistics", annual_revenue=10),
        ],
        row(source="all", target="brand", kind="CARRIES_FOR", annual_value=1, share=1),
        row(source="none", target="brand", kind="CARRIES_FOR", annual_value=1),
    )
    # Its share g of the deliveries is what the other leaves, 0, and its touch is g.
    result = run(chain, scenario(1, scandal("none", 0.4, 1)))
    assert series(result, "brand", "attributed") == [0]
    assert series(result, "brand", "associated") == [0.012]
    result = run(chain, scenario(1, scandal("all", 0.4, 1)))
    assert series(result, "brand", "attributed") == [0.2]
    assert series(result, "brand", "associated") == [0]


def test_parameters_at_their_ends() -> None:
    chain = tables(
        [row(id=i, roles="brand", annual_revenue=100) for i in ("a", "b", "c")],
        row(source="a", target="b", kind="COMPETES_WITH", informed=0),
    )
    most = {"association_peer_base": 1, "association_peer_uninformed": 1, "churn_differentiated_exponent": 0}
    result = run(chain, scenario(1, scandal("a", 0.4, 1), churn_differentiated_out_half_life=1, **most))
    # A weight of 2 counts as 1.
    assert series(result, "b", "associated") == [0.4]
    # r^0 is 1 where there is damage, 0 where there is none.
    assert [series(result, i, "churn") for i in ("a", "b", "c")] == [[0.325], [0.325], [0]]


def test_on_the_edge_of_the_thresholds() -> None:
    chain = tables(
        [row(id="s", roles="supplier", annual_revenue=52), row(id="b", roles="brand", annual_revenue=520)],
        row(source="s", target="b", kind="SUPPLIES", annual_value=52, inventory_weeks=1),
    )
    result = run(chain, scenario(2, outage("s", 1, severity=0.01), refill_half_life=1))
    # .01 is not above .01: nobody searches, and the stock of .99 is half refilled.
    assert result["states"]["rho_slot"]["b", ""] == [0, 0]
    assert result["states"]["b"]["b", ""] == pytest.approx([0.995, 0.9975])


def test_blame_travels_a_tier_a_week() -> None:
    chain = tables(
        [row(id=i, roles="supplier", annual_revenue=100) for i in ("a", "b", "c")],
        row(source="a", target="b", kind="SUPPLIES", annual_value=10, touch=1),
        row(source="a", target="b", kind="SUPPLIES", category="more", annual_value=10, touch=1),
        row(source="b", target="c", kind="SUPPLIES", annual_value=10, attribution=0.5, touch=0.5),
    )
    result = run(chain, scenario(3, scandal("a", 1, 1), attention_fast_share=1, touch_exponent=1))
    # A_b = .8·E_a; A_c a week later .5·.5·A_b
    assert series(result, "b", "attributed") == [0.8, 0.4, 0.2]
    assert series(result, "c", "attributed") == [0, 0.2, 0.1]


def test_partners_leave() -> None:
    chain = tables(
        [row(id="s", roles="supplier", annual_revenue=100), row(id="b", roles="brand", annual_revenue=100)],
        row(source="s", target="b", kind="SUPPLIES", annual_value=40, contract_weeks=1),
    )
    result = run(
        chain,
        scenario(
            2, scandal("s", 1, 1), trust_half_life=1, contract_weeks=0, switching_cost=0, severance_rate=1
        ),
    )
    # T = .15, then .075 ⊕ .15·(.45 + .1·2^(−1/8)); k = 1.
    trust = 1 - (1 - 0.075) * (1 - 0.15 * (0.45 + 0.1 * 2 ** (-1 / 8)))
    assert [0.15, trust] == series(result, "s", "trust_loss")
    # Businesses not recorded, .6 of the sales, leave at once; b is bound for a week.
    gone, more = math.exp(-0.15), math.exp(-0.15 - trust)
    late = 0.3 * result["series"]["b"]["revenue_loss_share"][0]  # D after week 0
    beta = math.exp(-trust)
    expected = [0.6 * (1 - gone), 0.6 * (1 - more) + 0.4 * (1 - beta * (1 - late))]
    assert expected == series(result, "s", "demand_loss")
    # b has replaced what it left: nothing is short
    assert series(result, "b", "output_loss") == [0, 0]


def test_a_seller_leaves_and_the_buyer_is_short() -> None:
    chain = tables(
        [row(id="s", roles="supplier", annual_revenue=100), row(id="b", roles="brand", annual_revenue=100)],
        row(source="s", target="b", kind="SUPPLIES", annual_value=40, contract_weeks=0, switching_cost=0),
    )
    result = run(chain, scenario(2, scandal("b", 1, 1), severance_rate=1))
    # σ = e^−.15 after week 0: h = 1 − σ, x = .8·h
    assert [0, 0.8 * (1 - math.exp(-0.15))] == series(result, "b", "output_loss")


def test_a_dealer_withholds_the_hurt_brands_orders() -> None:
    chain = tables(
        [
            row(id="a", roles="brand", annual_revenue=60),
            row(id="b", roles="brand", annual_revenue=20),
            row(id="dealer", roles="dealer", annual_revenue=100),
        ],
        row(source="a", target="dealer", kind="SELLS_THROUGH", annual_value=30),
        row(source="b", target="dealer", kind="SELLS_THROUGH", annual_value=10),
    )
    result = run(
        chain,
        scenario(
            2,
            scandal("a", 0.4, 1),
            association_partner=0,
            attention_fast_share=1,
            churn_differentiated_out_half_life=1,
        ),
    )
    # r = .3·.4 = .12, then keep(4)·.12 ⊕ .06; c half way to .65·r
    first = 0.5 * 0.65 * 0.12
    second = first + 0.5 * (0.65 * (1 - (1 - 2 ** (-1 / 4) * 0.12) * (1 - 0.06)) - first)
    assert [first, second] == series(result, "a", "churn")
    # The dealer's own name is clean; three quarters of what it buys is a's.
    assert series(result, "dealer", "churn") == [0, 0]
    assert [0.75 * first, 0.75 * second] == series(result, "dealer", "demand_loss")
    # a loses half of its final sales and, a week later, half of .3·(n ⊕ c_a) with n of the dealer 0
    assert [0.5 * first, 0.5 * second + 0.5 * 0.3 * first] == series(result, "a", "demand_loss")
    assert series(result, "b", "demand_loss") == [0, 0]


def test_sellers_find_other_customers() -> None:
    chain = tables(
        [
            row(id="s", roles="supplier", annual_revenue=100, resale=0.5),
            row(id="b", roles="brand", annual_revenue=100),
        ],
        row(source="s", target="b", kind="SUPPLIES", annual_value=100, essential="false"),
    )
    result = run(chain, scenario(3, outage("b", 9), order_adjustment=1, substitution_half_life=1))
    # All orders are gone from week 1 on; ρ = .5 after it, so W = 1 costs 1 − .5·.5.
    assert series(result, "s", "demand_loss") == [0, 1, 0.75]
    # A threshold of 1 is never exceeded: nobody searches.
    result = run(chain, scenario(3, outage("b", 9), order_adjustment=1, search_threshold=1))
    assert series(result, "s", "demand_loss") == [0, 1, 1]


def test_rivals_gain() -> None:
    chain = tables(
        [
            row(id="i", roles="brand", annual_revenue=104),
            row(id="large", roles="brand", annual_revenue=100),
            row(id="small", roles="brand", annual_revenue=50),
            row(id="s", roles="supplier", annual_revenue=50),
        ],
        row(source="i", target="large", kind="COMPETES_WITH", closeness=0.5, informed=0),  # β = .325
        row(source="small", target="i", kind="COMPETES_WITH", informed=1),  # β = .2
        row(source="small", target="s", kind="COMPETES_WITH"),
        row(source="small", target="i", kind="SUPPLIES", annual_value=0),  # taints more, pulls no less
    )
    result = run(
        chain,
        scenario(1, scandal("i", 0.4, 1), churn_differentiated_out_half_life=1, association_partner=0.9),
    )
    # c = .5·.65·.3·.4 = .039 of 104/52 a week, .7 of it caught: 67.5 to 40
    caught = 0.039 * 2 * 0.7
    assert result["rival_gain"]["large"] == pytest.approx(caught * 67.5 / 107.5)
    assert result["rival_gain"]["small"] == pytest.approx(caught * 40 / 107.5)
    # i wins back all that the large one loses, and of the small one's customers 83.2 parts (s: 50·.575)
    churned = {i: result["series"][i]["churn"][0] for i in ("large", "small")}
    back = 0.7 * (churned["large"] * 100 + churned["small"] * 50 * 83.2 / (83.2 + 28.75)) / 52
    assert result["rival_gain"]["i"] == pytest.approx(back)


def test_direct_costs() -> None:
    chain = tables(
        [
            row(id="brand", roles="brand", annual_revenue=100),
            row(id="rich", roles="supplier", annual_revenue=10),
            row(id="poor", roles="supplier", annual_revenue=10, cash=5),
        ],
        row(source="rich", target="brand", kind="SUPPLIES", annual_value=1, recovery_rate=0.95),
        row(source="poor", target="brand", kind="SUPPLIES", annual_value=1, recovery_rate=0.5),
    )
    costs = [
        {"bearer": "brand", "supplier": "rich", "amount": 2},
        {"bearer": "brand", "supplier": "poor", "amount": 40},  # half of it is 20, the cash 5
        {"bearer": "brand", "supplier": None, "amount": 3},
    ]
    shocks = outage("rich", 0), outage("poor", 0, direct_costs=costs)
    result = run(chain, scenario(1, *shocks))
    assert [cost["shock"] for cost in result["direct_costs"]] == [1, 1, 1]
    assert [cost["repaid"] for cost in result["direct_costs"]] == pytest.approx([1.9, 5, 0])
    assert [cost["borne"] for cost in result["direct_costs"]] == pytest.approx([0.1, 35, 3])
    assert result["gross_revenue_loss"] == 0


def test_what_is_derived() -> None:
    chain = tables(
        [
            row(id="b", roles="brand", annual_revenue=10, consumer_share=0.3),
            row(id="s", roles="supplier", annual_revenue=50),
            row(id="over", roles="supplier", annual_revenue=20),
            row(id="d", roles="dealer", value_added=7),
        ],
        row(source="s", target="b", kind="SUPPLIES", category="x", annual_value=6, criticality=0.3),
        row(source="over", target="b", kind="SUPPLIES", category="x", seller_share=0.9, essential="false"),
        row(source="over", target="b", kind="SUPPLIES", category="y", seller_share=0.6, inventory_weeks=2),
        row(source="over", target="d", kind="SUPPLIES", category="x", share=0.25),
        row(source="s", target="d", kind="SUPPLIES", category="x"),
        row(source="b", target="d", kind="SELLS_THROUGH", annual_value=40),
    )
    chain["products"] = [
        row(id="p", company="b", revenue_share=0.25),
        row(id="q", company="b", revenue_share=0.5),
        row(id="r", company="b"),
        row(id="else", company="d", revenue_share=0.9),
    ]
    chain["parts"] = [
        row(product="p", category="y", supplier="over"),
        row(product="p", category="y", supplier="s"),
        row(product="q", category="y"),
        row(product="r", category="x"),
        row(product="else", category="y"),
    ]
    found = compile_chain(chain, PARAMETERS)
    # b sells 40, more than its stated revenue; d has none.
    assert found.revenue == {"b": 40, "s": 50, "over": 30, "d": 0}
    # .9 and .6 of 20; the shares sum to 1.5 and are divided by it.
    assert [link.annual_value for link in found.links] == pytest.approx([6, 18, 12, 0, 0, 40])
    assert found.delta == pytest.approx([0.12, 0.6, 0.4, 0, 0, 1])
    # 6 : 18; alone; .25 given; what is left although its value is 0; alone
    assert found.g == pytest.approx([0.25, 0.75, 1, 0.25, 0.75, 1])
    assert found.f == pytest.approx({"b": 0, "s": 0, "over": 0, "d": 1})
    assert found.phi == pytest.approx({"b": 0, "s": 0.88, "over": 0, "d": 0})
    # b buys for 36; half of what it sells would be 20. d's purchases of 40 are all it shows.
    assert found.value_added == pytest.approx({"b": 4, "s": 25, "over": 15, "d": 7})
    assert found.a[("b", "x")] == pytest.approx(24 / 36)
    assert found.a[("d", "goods:b")] == pytest.approx(1)
    assert found.essential == {("b", "x"): True, ("b", "y"): True, ("d", "x"): True, ("d", "goods:b"): False}
    # .3 stated and a blank of .8; two products of .25 and .5 contain y; the blank product says nothing on x.
    assert found.chi == pytest.approx(
        {("b", "x"): 0.8, ("b", "y"): 0.75, ("d", "x"): 0.8, ("d", "goods:b"): 0.8}
    )
    assert found.inventory == {("b", "x"): 0, ("b", "y"): 2, ("d", "x"): 0, ("d", "goods:b"): 0}
