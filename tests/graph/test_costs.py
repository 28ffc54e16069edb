"""Cash week by week, and what it costs to replace who left: by hand, and against the plain engine."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.impact.impact import NEVER, reckon
from graph.impact.notices import Notice
from graph.scenario import Outage, Scandal, Scenario
from tests.cases import row, tables
from tests.chains import chains, scenarios
from tests.naive import run
from tests.networks import network_of, scenario_of

ONE = {
    "id": "a",
    "roles": "brand",
    "annual_revenue": 520,
    "cash": 9,
    "fixed_cost_per_week": 4,
    "contribution_margin": 0.5,
}


@pytest.mark.parametrize(
    ("cells", "week"),
    [
        ({}, 2),  # earns 1 a week; stopped, burns 4: 9 - 4 - 4 = 1 after week 1, gone in week 2
        ({"cash": 8}, 1),  # to the last penny
        ({"cash": 13}, NEVER),  # 13 - 12 = 1, and from week 3 on it earns again
        ({"cash": 0}, 0),
        ({"cash": 9, "fixed_cost_per_week": ""}, NEVER),
        ({"cash": ""}, NEVER),
        ({"cash": 0, "fixed_cost_per_week": 0}, NEVER),  # nothing is burnt
    ],
)
def test_cash_is_gone_in_the_week(cells: dict[str, object], week: int) -> None:
    network = network_of(tables([row(**ONE | cells)]))
    impact = reckon(network, Scenario(shocks=(Outage("a", 1.0, 3),), horizon_weeks=10))
    assert impact.answers.cash_out_week.tolist() == [week]
    told = [notice for notice in impact.notices if notice.kind == "cash_out"]
    assert told == ([] if week == NEVER else [Notice("cash_out", ("a",), weeks=(week,))])


def test_who_burns_cash_anyway_is_no_finding_unless_sooner() -> None:
    network = network_of(tables([row(**ONE | {"fixed_cost_per_week": 8})]))  # burns 3 a week as it is
    quiet = reckon(network, Scenario(horizon_weeks=10))
    assert quiet.answers.cash_out_week.tolist() == [2]
    assert not quiet.notices
    hit = reckon(network, Scenario(shocks=(Outage("a", 1.0, 3),), horizon_weeks=10))
    assert hit.notices == (Notice("cash_out", ("a",), weeks=(1,)),)
    late = reckon(network, Scenario(shocks=(Outage("a", 1.0, 3, start_week=5),), horizon_weeks=10))
    assert late.answers.cash_out_week.tolist() == [2]
    assert not late.notices


def test_who_left_is_replaced_by_hand() -> None:
    """In a week half the customers leave; the partner goes in proportion to exp(-k T), k = .8, T = 1."""
    companies = [
        row(id="a", roles="brand", annual_revenue=100, consumer_share=0.25),
        row(id="b", roles="supplier", annual_revenue=50),
    ]
    sale = row(source="a", target="b", kind="SUPPLIES", annual_value=40, contract_weeks=0, switching_cost=0)
    parameters = {
        "trust_gain": 1.0,
        "reputation_gain": 1.0,
        "churn_differentiated_ceiling": 0.5,
        "churn_differentiated_out_half_life": 1.0,
        "acquisition_cost": 0.3,
        "partner_cost": 0.1,
    }
    scandal = Scandal("a", 1.0, 1.0)
    network = network_of(tables(companies, sale))
    told = reckon(network, Scenario(shocks=(scandal,), horizon_weeks=1, parameters=parameters)).answers
    assert told.replacement_cost == pytest.approx([0.3 * 100 * 0.25 * 0.25, 0])  # half of .5 in a week
    broken = 40 * (1 - math.exp(-0.8))
    assert told.rematching_cost == pytest.approx([0.1 * broken, 0.1 * broken])


@pytest.mark.parametrize(
    ("half_life", "weeks", "looked"),
    [
        (8, 4, 4),  # the supplier is back before nine tenths are found
        (8, 52, 27),  # 8 log2(10) = 26.6
        (1, 52, 4),
        (1e-300, 52, 1),  # at once
        (100_000, 52, 52),  # still looking when the year is over
    ],
)
def test_how_long_one_looks_for_another_supplier_by_hand(half_life: float, weeks: int, looked: int) -> None:
    companies = [
        row(id="a", roles="supplier", annual_revenue=50),
        row(id="b", roles="brand", annual_revenue=500),
    ]
    sale = row(source="a", target="b", kind="SUPPLIES", category="cells", annual_value=25, take_or_pay=1)
    off = {"substitution_half_life": half_life, "order_adjustment": 0.0}
    scenario = Scenario(shocks=(Outage("a", 1.0, weeks),), parameters=off)
    told = reckon(network_of(tables(companies, sale)), scenario).answers
    assert told.rematching_weeks.tolist() == [0, looked]


@settings(max_examples=40)
@given(data=st.data())
def test_costs_agree_with_the_plain_engine(data: st.DataObject) -> None:
    chain = data.draw(chains())
    scenario = data.draw(scenarios(chain))
    scenario["parameters"] = scenario.get("parameters", {}) | {"acquisition_cost": 0.3, "partner_cost": 0.1}
    plain = run(chain, scenario)
    facts, states = plain["chain"], plain["states"]
    expected = {i: [0.0, 0.0] for i in facts.companies}
    for i, (customers, partners) in expected.items():
        customers = 0.3 * facts.f[i] * facts.revenue[i] * max(plain["series"][i]["churn"])
        partners = 0.1 * facts.phi[i] * facts.revenue[i] * (1 - states["eta"][i][-1])
        expected[i] = [customers, partners]
    for e, link in enumerate(facts.links):
        left = states["beta"][link.key][-1] * states["sigma"][link.key][-1]
        for side in (link.seller, link.buyer):
            expected[side][1] += 0.1 * facts.delta[e] * facts.revenue[link.seller] * (1 - left)
    looked = dict.fromkeys(facts.companies, 0)
    enough = math.ceil(scenario["parameters"].get("substitution_half_life", 8) * math.log2(10))
    for name, buyer in (("rho", lambda i: i), ("rho_slot", lambda slot: slot[0])):
        for key, found in states[name].items():
            weeks = sum(now > before for before, now in pairwise([0.0, *found]))
            looked[buyer(key)] = max(looked[buyer(key)], min(weeks, enough))
    network = network_of(chain)
    told = reckon(network, scenario_of(scenario)).answers
    assert told.rematching_weeks.tolist() == [looked[i] for i in network.ids]
    assert told.replacement_cost == pytest.approx([expected[i][0] for i in network.ids], abs=1e-9)
    assert told.rematching_cost == pytest.approx([expected[i][1] for i in network.ids], abs=1e-9)
