"""Money and the derived answers, each worked by hand on a chain of a few companies."""

import math

import numpy as np
import pytest

from graph.errors import ScenarioError
from graph.impact.impact import NEVER, reckon
from graph.impact.notices import Notice
from graph.scenario import DirectCost, Outage, Scandal, Scenario
from tests.cases import row, tables
from tests.networks import network_of

# A supplier sells half of its 104 to a brand; the brand sells all of its 520 to customers.
CHAIN = tables(
    [
        row(
            id="brand",
            roles="brand",
            annual_revenue=520,
            cash=30,
            fixed_cost_per_week=4,
            contribution_margin=0.5,
        ),
        row(id="supplier", roles="supplier", annual_revenue=104),
    ],
    row(
        source="supplier",
        target="brand",
        kind="SUPPLIES",
        category="tyres",
        annual_value=52,
        criticality=0.5,
        inventory_weeks=2,
        substitutability=0,
        recovery_rate=0.6,
    ),
)


def test_an_outage_by_hand() -> None:
    """Four weeks of stop, two of stock: the brand misses two weeks of half its output."""
    network = network_of(CHAIN)
    impact = reckon(network, Scenario(shocks=(Outage("supplier", 1.0, 4),), horizon_weeks=10))
    brand, supplier = network.index["brand"], network.index["supplier"]
    loss = impact.series["revenue_loss_share"]
    # Missing in weeks 0-3, covered in 0 and 1; felt a week later.
    assert loss[:, brand] == pytest.approx([0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0])
    assert impact.revenue_loss[brand] == pytest.approx(10.0)  # 2 weeks · .5 · 520 / 52
    assert loss[:4, supplier] == pytest.approx([1, 1, 1, 1])
    answers = impact.answers
    assert (answers.first_week[brand], answers.recovery_week[brand]) == (3, 5)
    assert (answers.first_week[supplier], answers.time_to_survive[brand]) == (0, 3)
    assert answers.inventory_weeks[brand] == 2
    assert math.isnan(answers.inventory_weeks[supplier])
    assert answers.unit_cost_rise[brand] == pytest.approx(1.0)  # 1 / (1 - .5) - 1
    assert math.isnan(answers.unit_cost_rise[supplier])  # nothing is made: no unit to bear the cost
    # burn in the worst week: 4 - .5 · 520/52 · .5 = 1.5; cash 30 lasts 20 weeks
    assert answers.runway_weeks[brand] == pytest.approx(20.0)
    assert math.isnan(answers.runway_weeks[supplier])


def test_value_added_and_gross_are_two_totals() -> None:
    network = network_of(CHAIN)
    impact = reckon(network, Scenario(shocks=(Outage("supplier", 1.0, 4),), horizon_weeks=10))
    # Purchases are at least half of revenue: value added 260 and 52.
    share = impact.series["revenue_loss_share"].sum(axis=0) / 52
    assert impact.chain.value_added.tolist() == [260, 52]
    assert impact.gross_revenue_loss == pytest.approx(float(share @ np.array([520, 104])))
    assert impact.value_added_loss == pytest.approx(float(share @ np.array([260, 52])))


def test_orders_lost_leave_capacity_idle() -> None:
    """The brand stops: the supplier could work but half of its orders shrink by .3 of the gap a week."""
    network = network_of(CHAIN)
    impact = reckon(network, Scenario(shocks=(Outage("brand", 1.0, 3),), horizon_weeks=3))
    supplier = network.index["supplier"]
    # D: 0, .3, .51; demand lost: half of it.
    assert impact.series["demand_loss"][:, supplier] == pytest.approx([0, 0.15, 0.255])
    assert impact.answers.idle_capacity[supplier] == pytest.approx(0.255)
    assert impact.answers.backlog_weeks[supplier] == pytest.approx(0.405)


def test_direct_costs_are_repaid_at_most_from_cash() -> None:
    chain = tables([dict(company) for company in CHAIN["companies"]], *CHAIN["links"])
    chain["companies"][1]["cash"] = "50"
    costs = (
        DirectCost("brand", 40.0, "supplier"),
        DirectCost("brand", 100.0, "supplier"),
        DirectCost("brand", 7.0),
    )
    scandal = Scandal("supplier", 0.5, direct_costs=costs)
    impact = reckon(network_of(chain), Scenario(shocks=(scandal,)))
    assert [(c.amount, c.repaid, c.borne) for c in impact.direct_costs] == [
        (40, pytest.approx(24), pytest.approx(16)),  # .6 of it
        (100, pytest.approx(26), pytest.approx(74)),  # what is left of 50
        (7, 0, 7),  # nobody else is at fault
    ]


def test_survival_counts_from_the_first_shock() -> None:
    network = network_of(CHAIN)
    brand, supplier = network.index["brand"], network.index["supplier"]
    late = reckon(network, Scenario(shocks=(Outage("supplier", 1.0, 4, start_week=10),), horizon_weeks=30))
    assert late.answers.first_week[brand] == 13
    assert late.answers.time_to_survive[[brand, supplier]].tolist() == [3, 0]


def test_no_recovery_rate_is_said() -> None:
    chain = tables(CHAIN["companies"], {**CHAIN["links"][0], "recovery_rate": ""})
    scandal = Scandal("supplier", 0.5, direct_costs=(DirectCost("brand", 40.0, "supplier"),))
    impact = reckon(network_of(chain), Scenario(shocks=(scandal,)))
    assert impact.direct_costs[0].repaid == 0
    assert Notice("no_recovery_rate", ("supplier", "brand")) in impact.notices


def test_links_that_have_ended_are_said() -> None:
    chain = tables(CHAIN["companies"], {**CHAIN["links"][0], "until": "2020-01-01"})
    impact = reckon(network_of(chain), Scenario(shocks=(Outage("supplier", 1.0, 4),)))
    assert Notice("not_on_date", count=1) in impact.notices


def test_no_loss_has_no_weeks() -> None:
    impact = reckon(network_of(CHAIN), Scenario(shocks=()))
    assert (impact.answers.first_week == NEVER).all()
    assert (impact.answers.recovery_week == NEVER).all()
    assert (impact.answers.time_to_survive == NEVER).all()


def test_a_loss_that_lasts_has_no_recovery() -> None:
    impact = reckon(network_of(CHAIN), Scenario(shocks=(Outage("supplier", 1.0, 99),), horizon_weeks=5))
    assert (impact.answers.recovery_week == NEVER).all()


def test_defaults_are_counted() -> None:
    chain = reckon(network_of(CHAIN), Scenario(shocks=())).chain
    assert chain.assumed["links.switching_cost"] == 1
    assert chain.assumed["links.touch"] == 1
    assert chain.assumed["companies.market"] == 2
    assert "links.criticality" not in chain.assumed


def test_rules_that_fill_blanks_are_counted() -> None:
    companies = [
        row(id="s", roles="supplier"),
        row(id="t", roles="supplier", annual_revenue=10),
        row(id="b", roles="brand", annual_revenue=100, value_added=7),
    ]
    links = [
        row(source="s", target="b", kind="SUPPLIES", category="ore", seller_share=0.5),
        row(source="t", target="b", kind="SUPPLIES", category="ore"),
    ]
    chain = reckon(network_of(tables(companies, *links)), Scenario(shocks=())).chain
    # Neither link's value is known: s has no revenue to take a share of. So they divide the slot equally.
    assert chain.assumed["links.annual_value"] == 2
    assert chain.assumed["links.share"] == 2
    assert chain.coefficients.need_share.tolist() == [0.5, 0.5]
    assert chain.assumed["companies.annual_revenue"] == 1
    assert chain.assumed["companies.value_added"] == 1  # t's, by purchases_share
    assert chain.assumed["companies.consumer_share"] == 3


def test_value_added_above_revenue_is_said() -> None:
    network = network_of(tables([row(id="b", roles="brand", annual_revenue=1, value_added=2)]))
    assert reckon(network, Scenario(shocks=())).notices == (Notice("value_added_above_revenue", ("b",)),)


def test_given_shares_above_one_are_said() -> None:
    """A loader rejects them; a store that was filled otherwise may hold them."""
    network = network_of(
        tables(
            [row(id=c, roles="supplier", annual_revenue=10) for c in "stb"],
            row(source="s", target="b", kind="SUPPLIES", share=0.7),
            row(source="t", target="b", kind="SUPPLIES", share=0.6),
        )
    )
    assert Notice("slots_oversold", count=1) in reckon(network, Scenario(shocks=())).notices


def test_what_is_left_below_a_trillionth_is_nothing() -> None:
    shares = [0.1] * 9 + [0.1 - 1e-14]
    network = network_of(
        tables(
            [row(id="s", roles="brand", annual_revenue=10), *(row(id=f"b{k}") for k in range(10))],
            *(row(source="s", target=f"b{k}", kind="SUPPLIES", seller_share=x) for k, x in enumerate(shares)),
        )
    )
    chain = reckon(network, Scenario(shocks=())).chain
    assert chain.coefficients.final_share[network.index["s"]] == 0
    assert chain.coefficients.other_share[network.index["s"]] == 0


def test_weights_and_criticality_are_at_most_one() -> None:
    chain = tables(
        [row(id=c, roles="brand", annual_revenue=10) for c in "ab"],
        row(source="a", target="b", kind="COMPETES_WITH", informed=0),
        row(source="a", target="b", kind="SUPPLIES", category="cells", annual_value=1),
    )
    chain["products"] = [row(id=p, company="b", revenue_share=s) for p, s in (("x", 0.7), ("y", 0.6))]
    chain["parts"] = [row(product=p, category="cells", supplier="a") for p in "xy"]
    p = {"association_peer_base": 0.9, "association_peer_uninformed": 0.9}
    coefficients = reckon(network_of(chain), Scenario(shocks=(), parameters=p)).chain.coefficients
    assert coefficients.taint.value.max() == 1
    assert coefficients.criticality.tolist() == [1]


def test_a_company_without_revenue_is_named() -> None:
    network = network_of(tables([row(id="b", roles="brand"), row(id="c", roles="brand", annual_revenue=1)]))
    assert reckon(network, Scenario(shocks=())).notices == (Notice("no_revenue", ("b",)),)


def test_shares_above_one_are_divided_and_said() -> None:
    network = network_of(
        tables(
            [
                row(id="s", roles="supplier", annual_revenue=10),
                row(id="a", roles="brand"),
                row(id="b", roles="brand"),
            ],
            row(source="s", target="a", kind="SUPPLIES", seller_share=0.9),
            row(source="s", target="b", kind="SUPPLIES", seller_share=0.6),
        )
    )
    impact = reckon(network, Scenario(shocks=()))
    assert impact.chain.coefficients.seller_share.tolist() == pytest.approx([0.6, 0.4])
    assert impact.notices == (Notice("shares_above_one", ("s",)), Notice("no_revenue", ("a", "b")))


def test_products_and_parts_tell_the_criticality() -> None:
    chain = tables(
        [row(id="s", roles="supplier", annual_revenue=10), row(id="b", roles="brand", annual_revenue=100)],
        row(source="s", target="b", kind="SUPPLIES", category="cells", annual_value=1),
    )
    chain["products"] = [
        row(id="car", company="b", revenue_share=0.01),
        row(id="van", company="b", revenue_share=0.02),
        row(id="bus", company="b", revenue_share=0.5),
    ]
    chain["parts"] = [row(product=p, category="cells", supplier="s") for p in ("car", "van")]
    impact = reckon(network_of(chain), Scenario(shocks=()))
    assert impact.chain.coefficients.criticality.tolist() == pytest.approx([0.03])
    assert "links.criticality" not in impact.chain.assumed


@pytest.mark.parametrize(
    ("shock", "field"),
    [
        (Outage("nobody", 1.0, 1), "shocks.0.company"),
        (Outage("supplier", 1.0, 1, category="cells"), "shocks.0.category"),
        (Outage("supplier", 1.0, 1, target="supplier"), "shocks.0.target"),
    ],
)
def test_a_shock_that_matches_nothing_is_an_error(shock: Outage, field: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        reckon(network_of(CHAIN), Scenario(shocks=(shock,)))
    assert caught.value.field == field
    assert caught.value.remedy
