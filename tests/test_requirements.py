"""docs/requirements.md under test: each mechanism shows in the answer, and switched off it changes it.

One small chain for all: a mine, a cell maker, a brand with a rival and a probed peer, a shop and a courier.
The answers are read as people get them, in the fields of `what-if --json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import pytest

from api import answers
from graph.explorer import Explorer
from graph.impact.impact import Impact
from graph.scenario import DirectCost, Outage, Scandal, Scenario, Shock
from tests.cases import MARKETS, row, tables
from tests.naive_chain import Row, Tables
from tests.networks import store_of

CELL_MAKER = row(
    id="cells",
    roles="supplier",
    annual_revenue=100,
    cash=6,
    fixed_cost_per_week=0.5,
    contribution_margin=0.3,
)
COMPANIES = (
    row(id="mine", roles="supplier", annual_revenue=40),
    CELL_MAKER,
    row(id="brand", roles="brand", annual_revenue=500, market="cars"),
    row(id="rival", roles="brand", annual_revenue=300, market="cars"),
    row(id="peer", roles="brand", annual_revenue=200, market="cars"),
    row(id="shop", roles="dealer", annual_revenue=200),
    row(id="courier", roles="logistics", annual_revenue=30),
)
ORE = row(source="mine", target="cells", kind="SUPPLIES", category="ore", annual_value=30)
CELLS = row(source="cells", target="brand", kind="SUPPLIES", category="cells", annual_value=80)
GOODS = row(source="brand", target="shop", kind="SELLS_THROUGH", annual_value=150)
DELIVERY = row(source="courier", target="brand", kind="CARRIES_FOR", annual_value=10)
RIVALRY = row(source="brand", target="rival", kind="COMPETES_WITH")
PROBE = row(source="brand", target="peer", kind="REGULATED_WITH")
LINKS = (ORE, CELLS, GOODS, DELIVERY, RIVALRY, PROBE)
CHAIN = tables(list(COMPANIES), *LINKS)


def without(*links: Row) -> Tables:
    """The chain without these links."""
    return tables(list(COMPANIES), *(link for link in LINKS if link not in links))


def having(company: str, **cells: object) -> Tables:
    """The chain with these cells of a company changed; an empty one is a blank."""
    changed = [{**c, **row(**cells)} if c["id"] == company else c for c in COMPANIES]
    return tables(changed, *LINKS)


@dataclass(frozen=True)
class Answer:
    """What `what-if --json` says."""

    document: dict[str, Any]
    impact: Impact

    def of(self, company: str, field: str) -> Any:
        """A figure of a company."""
        return next(c for c in self.document["companies"] if c["id"] == company)[field]

    def series(self, company: str, name: str) -> list[float]:
        """A weekly series of a company."""
        found: list[float] = answers.series(self.impact, self.impact.network.index[company])[name]
        return found

    def most(self, company: str, name: str) -> float:
        """The highest week of a series."""
        return max(self.series(company, name))


def ask(
    *shocks: Shock,
    chain: Tables = CHAIN,
    weeks: int = 52,
    exits: bool = False,
    parameters: Mapping[str, float] | None = None,
    **more: float,
) -> Answer:
    """Ask a chain what shocks do to it, with these parameters and `more` of them."""
    set_to = {**(parameters or {}), **more}
    scenario = Scenario(shocks=shocks, horizon_weeks=weeks, parameters=set_to, exits=exits)
    with store_of(chain) as store:
        impact = Explorer(store).what_if(scenario)
    return Answer(answers.what_if(impact), impact)


STOP = Outage("cells", 1.0, 6)
BRAND_STOPS = Outage("brand", 1.0, 8)
SCANDAL = Scandal("brand", 0.7)
BAD_CELLS = Scandal("cells", 0.7)


def test_s1_economic_reputation_and_trust_stand_apart() -> None:
    told = ask(SCANDAL)
    for name in ("revenue_loss_share", "reputation_damage", "trust_loss"):
        assert told.most("brand", name) > 0.01
    no_reputation = ask(SCANDAL, reputation_gain=0)
    assert no_reputation.most("brand", "reputation_damage") == 0
    assert no_reputation.most("brand", "trust_loss") == told.most("brand", "trust_loss")
    no_trust = ask(SCANDAL, trust_gain=0)
    assert no_trust.most("brand", "trust_loss") == 0
    assert no_trust.most("brand", "reputation_damage") == told.most("brand", "reputation_damage")


def test_s2_lost_demand_cuts_orders_upstream() -> None:
    weeks = 26  # before any contract ends, so nobody leaves
    told = ask(SCANDAL, weeks=weeks)
    assert told.most("cells", "demand_loss") > 0.01
    assert told.most("mine", "demand_loss") > 0.001
    assert told.of("cells", "revenue_loss") > 0
    assert ask(SCANDAL, weeks=weeks, take_or_pay=1).most("cells", "demand_loss") == 0
    assert ask(SCANDAL, weeks=weeks, order_adjustment=0).most("cells", "demand_loss") == 0
    assert ask(SCANDAL, chain=without(CELLS), weeks=weeks).most("cells", "demand_loss") == 0


def test_s3_backlog_idle_capacity_and_unit_cost() -> None:
    fields = ("backlog_weeks", "idle_capacity", "unit_cost_rise")
    told, off = ask(BRAND_STOPS), ask(BRAND_STOPS, take_or_pay=1, weeks=26)
    for field in fields:
        assert told.of("cells", field) > 0.1
        assert off.of("cells", field) == 0


def test_s4_cash_runs_out_under_a_shock() -> None:
    assert ask().of("cells", "runway_weeks") is None  # nothing is burnt
    told = ask(BRAND_STOPS).of("cells", "runway_weeks")
    assert 6 / 0.5 < told < 52  # longer than if it sold nothing at all
    assert ask(BRAND_STOPS, take_or_pay=1).of("cells", "runway_weeks") is None
    assert ask(BRAND_STOPS, chain=having("cells", cash=12)).of("cells", "runway_weeks") == pytest.approx(
        2 * told
    )


def test_s4_s19_cash_runs_down_week_by_week_until_it_is_gone() -> None:
    poor = having("cells", cash=1)
    told = ask(BRAND_STOPS, chain=poor)
    weekly, course = told.of("cells", "revenue") / 52, told.series("cells", "revenue_loss_share")
    burnt = list(accumulate(0.5 - 0.3 * weekly * (1 - lost) for lost in course))
    week = next(number for number, so_far in enumerate(burnt) if so_far >= 1)
    assert told.of("cells", "cash_out_week") == week
    assert any(f", week {week}" in warning and "cells" in warning for warning in told.document["warnings"])
    # Off: without a shock, with orders that must be paid, with cash enough, where a figure is blank.
    for off in (
        ask(chain=poor),
        ask(BRAND_STOPS, chain=poor, take_or_pay=1),
        ask(BRAND_STOPS, chain=having("cells", cash=50)),
        ask(BRAND_STOPS, chain=having("cells", cash="")),
    ):
        assert off.of("cells", "cash_out_week") is None
        assert not any("cells (" in warning for warning in off.document["warnings"])


def test_s6_taint_runs_over_association_links() -> None:
    told = ask(SCANDAL)
    for innocent in ("cells", "shop", "rival"):
        assert told.most(innocent, "associated") > 0.01
        assert told.most(innocent, "reputation_damage") > 0.001
    partners = ask(SCANDAL, association_partner=0)
    assert partners.most("cells", "associated") == partners.most("shop", "associated") == 0
    assert ask(SCANDAL, chain=without(RIVALRY)).most("rival", "associated") == 0


def test_s7_an_innocent_supplier_is_boycotted() -> None:
    chain = having("cells", consumer_share=0.2)  # some of it under its own name
    told = ask(SCANDAL, chain=chain)
    assert told.most("cells", "churn") > 0
    assert told.of("cells", "revenue_loss") > 0
    assert told.most("cells", "attributed") == told.most("cells", "trust_loss") == 0  # it is at no fault
    assert ask(SCANDAL, chain=chain, association_partner=0).most("cells", "churn") == 0


def test_s8_a_service_partner_is_held_for_part_of_the_problem() -> None:
    software = Scandal("cells", 0.5)  # the maker of what the brand builds its service on
    told = ask(software)
    assert told.most("brand", "attributed") > 0.1
    assert told.most("shop", "associated") > 0.001  # and so is whoever sells the brand
    off = ask(software, attribution_component=0)
    assert off.most("brand", "attributed") == off.most("shop", "associated") == 0


def test_s9_each_failure_costs_trust() -> None:
    again = Scandal("cells", 0.7, start_week=10)
    once, twice = ask(BAD_CELLS), ask(BAD_CELLS, again)
    assert twice.of("cells", "credit_haircut") > once.of("cells", "credit_haircut") > 0
    assert ask(BAD_CELLS, again, trust_gain=0).of("cells", "credit_haircut") == 0


def test_s10_distrust_breaks_links() -> None:
    # Without blame, taint and law only trust is left.
    others = {"attribution_component": 0.0, "association_partner": 0.0, "legal_gain": 0.0}

    def quiet(**more: float) -> list[float]:
        return ask(BAD_CELLS, weeks=104, parameters=others | more).series("cells", "demand_loss")

    told = quiet()
    assert max(told[:26]) == 0  # bound by contract
    assert told[-1] > told[40] > 0.001
    assert max(quiet(severance_rate=0)) == 0
    assert max(quiet(switching_cost=1)) == 0
    assert max(quiet(contract_weeks=104)) == 0


def test_s11_a_chain_reaction_over_several_links_and_its_total() -> None:
    told = ask(Outage("mine", 1.0, 12))
    first = [told.of(company, "first_week") for company in ("mine", "cells", "brand", "shop")]
    assert all(earlier < later for earlier, later in pairwise(first))
    losses = told.document["revenue_loss"]
    assert told.document["gross_revenue_loss"] == pytest.approx(sum(losses.values()))
    assert told.document["value_added_loss"] < told.document["gross_revenue_loss"]
    cut = ask(Outage("mine", 1.0, 12), chain=without(CELLS))
    assert cut.document["revenue_loss"]["brand"] == cut.document["revenue_loss"]["shop"] == 0
    assert cut.document["value_added_loss"] < told.document["value_added_loss"]


def test_s12_lost_share_goes_to_rivals_and_new_partners_take_time() -> None:
    told = ask(SCANDAL)
    assert told.document["rival_gain"]["rival"] > 0
    assert told.document["rival_gain"]["peer"] == 0  # it does not compete
    assert ask(SCANDAL, rival_capture=0).document["rival_gain"]["rival"] == 0
    assert ask(SCANDAL, chain=without(RIVALRY)).document["rival_gain"]["rival"] == 0
    quick, slow = ask(STOP, substitution_half_life=2), ask(STOP, substitution_half_life=26)
    never = ask(STOP, search_threshold=1)
    assert (
        quick.of("brand", "revenue_loss")
        < slow.of("brand", "revenue_loss")
        < never.of("brand", "revenue_loss")
    )


def test_s12_new_partners_cost_money() -> None:
    told = ask(BAD_CELLS, weeks=104)
    for partner in ("cells", "mine", "brand"):
        assert told.of(partner, "rematching_cost") > 0
    assert told.of("courier", "rematching_cost") == 0  # nobody left it, and it left nobody
    dear = ask(BAD_CELLS, weeks=104, partner_cost=0.5)
    assert dear.of("cells", "rematching_cost") == pytest.approx(10 * told.of("cells", "rematching_cost"))
    assert dear.document["revenue_loss"] == told.document["revenue_loss"]  # never added to the loss
    for off in ({"partner_cost": 0.0}, {"severance_rate": 0.0}, {"contract_weeks": 104.0}):
        assert ask(BAD_CELLS, weeks=104, parameters=off).of("cells", "rematching_cost") == 0


def test_s12_new_partners_take_weeks() -> None:
    told = ask(BAD_CELLS, weeks=104)
    for partner in ("cells", "mine"):
        assert 0 < told.of(partner, "rematching_weeks") <= 27
    slow = ask(BAD_CELLS, weeks=104, substitution_half_life=26)
    assert slow.of("cells", "rematching_weeks") > told.of("cells", "rematching_weeks")
    nobody = ask(BAD_CELLS, weeks=104, search_threshold=1)
    assert all(nobody.of(partner, "rematching_weeks") == 0 for partner in ("cells", "mine", "brand"))


def test_s18_how_fast_damage_builds_up_and_fades() -> None:
    fast = ask(SCANDAL, churn_differentiated_out_half_life=2).series("brand", "churn")
    slow = ask(SCANDAL, churn_differentiated_out_half_life=26).series("brand", "churn")
    assert fast[2] > slow[2]
    assert fast.index(max(fast)) < slow.index(max(slow))
    brief = ask(SCANDAL, attention_fast_half_life=0.5, attention_slow_half_life=0.5)
    long = ask(SCANDAL, attention_fast_half_life=8, attention_slow_half_life=8)
    assert brief.of("brand", "revenue_loss") < long.of("brand", "revenue_loss")


def test_s18_news_may_spread_slowly() -> None:
    at_once = ask(SCANDAL).series("brand", "reputation_damage")
    slow = ask(SCANDAL, attention_rise_half_life=4).series("brand", "reputation_damage")
    assert 0 < slow[0] < 0.5 * at_once[0]
    assert slow.index(max(slow)) > at_once.index(max(at_once))
    assert ask(SCANDAL, attention_rise_half_life=0).series("brand", "reputation_damage") == at_once


def test_s19_who_is_out_of_cash_is_gone_and_winners_gain_share() -> None:
    gain = ask(SCANDAL).document["rival_gain"]
    worse = ask(Scandal("brand", 1.0, 1.0)).document["rival_gain"]
    assert worse["rival"] > gain["rival"] > 0
    assert ask(SCANDAL, reputation_gain=0).document["rival_gain"]["rival"] == 0
    poor = having("brand", cash=1, fixed_cost_per_week=1.9, contribution_margin=0.2)
    lent, gone = ask(SCANDAL, chain=poor), ask(SCANDAL, chain=poor, exits=True)
    week = lent.of("brand", "cash_out_week")
    assert gone.document["exits"][0] == {"company": "brand", "week": week + 1}
    assert 0 < week == gone.of("brand", "cash_out_week") < 50
    before, after = (told.series("brand", "revenue_loss_share") for told in (lent, gone))
    assert after[: week + 1] == before[: week + 1]
    assert min(after[week + 1 :]) == 1 > max(before)
    gain = {name: told.document["rival_gain"]["rival"] for name, told in (("lent", lent), ("gone", gone))}
    assert gain["gone"] > 2 * gain["lent"] > 0
    assert ask(SCANDAL, chain=poor, exits=True, rival_capture=0).document["rival_gain"]["rival"] == 0
    # Off: with cash enough, without a shock, where its cash would be gone anyway.
    rich = having("brand", cash=2000, fixed_cost_per_week=1.9, contribution_margin=0.2)
    burning = having("brand", cash=2, fixed_cost_per_week=9, contribution_margin=0.2)
    for chain, shocks in ((rich, [SCANDAL]), (poor, []), (burning, [SCANDAL])):
        assert ask(*shocks, chain=chain, exits=True).document["exits"] == []


def test_s22_the_legal_channel_reaches_those_under_the_same_regulator() -> None:
    told = ask(SCANDAL)
    assert told.most("brand", "legal_loss") > told.most("peer", "legal_loss") > 0
    assert told.of("peer", "revenue_loss") > 0
    assert ask(SCANDAL, legal_gain=0).most("brand", "legal_loss") == 0
    assert ask(SCANDAL, regulatory_exposure=0).most("peer", "legal_loss") == 0
    assert ask(SCANDAL, chain=without(PROBE)).of("peer", "revenue_loss") == 0


def test_s24_roles_are_kept_and_count() -> None:
    told = ask(SCANDAL)
    assert told.of("shop", "roles") == ["dealer"]
    assert told.of("brand", "tier") == 0
    # Only a brand, dealer or platform sells to customers by itself: without the role nobody can leave.
    blank = having("rival", roles="")
    assert told.of("rival", "revenue_loss") > 0
    assert ask(SCANDAL, chain=blank).of("rival", "revenue_loss") == 0
    bank = {**CHAIN, "companies": [*COMPANIES, row(id="bank", roles="financier;regulator", annual_revenue=1)]}
    assert ask(SCANDAL, chain=bank).of("bank", "roles") == ["financier", "regulator"]


def test_s25_a_product_is_traced_to_its_parts_and_their_makers() -> None:
    chain = {
        **CHAIN,
        "products": [row(id="car", company="brand", revenue_share=0.2)],
        "parts": [row(product="car", category="cells", supplier="cells")],
        "batches": [row(id="b1", product="car", category="cells", supplier="cells", quantity=10)],
    }
    with store_of(chain) as store:
        explorer = Explorer(store)
        maker, brand = answers.show(explorer, "cells"), answers.show(explorer, "brand")
        around = answers.chain(explorer, "cells", 2, 100)
    assert [f["values"]["product"] for f in maker["related"]["parts"]] == ["car"]
    assert [f["key"] for f in maker["related"]["batches"]] == [["b1"]]
    assert [f["key"] for f in brand["related"]["products"]] == [["car"]]
    assert {"cells", "brand", "shop", "mine"} <= {c["id"] for c in around["companies"]}
    # The part says how much of the brand hangs on it.
    whole = ask(STOP).of("brand", "revenue_loss")
    assert ask(STOP, chain=chain).of("brand", "revenue_loss") < whole
    with store_of(CHAIN) as store:
        assert not answers.show(Explorer(store), "cells")["related"]["parts"]


def test_s26_the_blamed_brand_is_told_from_the_cause() -> None:
    told = ask(BAD_CELLS)
    assert told.most("brand", "attributed") > told.most("cells", "attributed") == 0
    assert told.most("cells", "trust_loss") > told.most("brand", "trust_loss") == 0
    assert told.of("brand", "revenue_loss") > 0
    off = ask(BAD_CELLS, attribution_component=0)
    assert off.most("brand", "attributed") == 0
    assert ask(BAD_CELLS, chain=without(CELLS)).of("brand", "revenue_loss") == 0
    cost = Scandal("cells", 0.7, direct_costs=(DirectCost("brand", 10.0, "cells"),))
    assert ask(cost).document["direct_costs"][0]["borne"] == 10  # no recovery rate: the brand is left with it


@pytest.mark.parametrize(
    ("cause", "link", "parameter"),
    [
        ("shop", GOODS, "attribution_dealer"),
        ("cells", CELLS, "attribution_component"),
        ("courier", DELIVERY, "attribution_logistics"),
    ],
)
def test_s28_dealers_suppliers_and_couriers_fail_the_brand(cause: str, link: Row, parameter: str) -> None:
    shock = Scandal(cause, 0.5)
    assert ask(shock).most("brand", "attributed") > 0.05
    assert ask(shock, parameters={parameter: 0.0}).most("brand", "attributed") == 0
    assert ask(shock, chain=without(link)).most("brand", "attributed") == 0


def test_s30_one_bad_delivery_hurts_the_brand() -> None:
    delivery = Scandal("courier", 0.2)
    told = ask(delivery)
    assert told.most("brand", "reputation_damage") > 0.01
    assert told.of("brand", "revenue_loss") > 0
    assert ask(delivery, attribution_logistics=0).of("brand", "revenue_loss") == 0
    long_after = ask(delivery, weeks=104).series("brand", "reputation_damage")[-1]
    assert long_after < 0.01 * told.most("brand", "reputation_damage")  # it is forgotten


def test_s69_lost_volume_raises_the_fixed_cost_of_a_unit() -> None:
    told = ask(STOP)
    worst = told.most("brand", "revenue_loss_share")
    assert told.of("brand", "unit_cost_rise") == pytest.approx(1 / (1 - worst) - 1)
    assert told.of("brand", "unit_cost_rise") > ask(Outage("cells", 0.5, 6)).of("brand", "unit_cost_rise") > 0
    assert ask(STOP, criticality=0).of("brand", "unit_cost_rise") == 0


def test_s70_new_customers_cost_money() -> None:
    told = ask(SCANDAL)
    worst, revenue = told.most("brand", "churn"), told.of("brand", "revenue")
    assert told.of("brand", "replacement_cost") == pytest.approx(
        0.2 * 0.7 * revenue * worst
    )  # .3 over the shop
    assert told.of("courier", "replacement_cost") == 0  # it has no final customers
    dear = ask(SCANDAL, acquisition_cost=0.4)
    assert dear.of("brand", "replacement_cost") == pytest.approx(2 * told.of("brand", "replacement_cost"))
    assert dear.document["revenue_loss"] == told.document["revenue_loss"]  # never added to the loss
    assert ask(SCANDAL, acquisition_cost=0).of("brand", "replacement_cost") == 0
    assert ask(SCANDAL, reputation_gain=0).of("brand", "replacement_cost") == 0


def test_s71_one_failure_becomes_news() -> None:
    reach = {
        r: ask(Scandal("brand", 0.5, reach=r)).of("brand", "revenue_loss")
        for r in ("trade", "regional", "national")
    }
    assert 0 < reach["trade"] < reach["regional"] < reach["national"]
    assert (
        ask(Scandal("brand", 0.5), reputation_gain=0, legal_gain=0, trust_gain=0).of("brand", "revenue_loss")
        == 0
    )
    # A loss that is large enough becomes news itself.
    loud = ask(BRAND_STOPS, feedback=0.5)
    assert loud.most("brand", "reputation_damage") > 0.01
    assert ask(BRAND_STOPS).most("brand", "reputation_damage") == 0


def test_s71_customers_that_left_tell_others() -> None:
    silent, heard = ask(SCANDAL), ask(SCANDAL, word_of_mouth=0.5)
    assert heard.most("brand", "churn") > silent.most("brand", "churn") > 0
    assert heard.series("brand", "churn")[0] == silent.series("brand", "churn")[0]  # nobody has left yet
    # It is the customers: who stay cannot tell, and where nobody left nothing is told.
    stay = {"churn_differentiated_ceiling": 0.0}
    assert (
        ask(SCANDAL, parameters=stay, word_of_mouth=0.5).document["revenue_loss"]
        == (ask(SCANDAL, parameters=stay).document["revenue_loss"])
    )
    assert ask(STOP, word_of_mouth=0.5).document["revenue_loss"] == ask(STOP).document["revenue_loss"]


def in_market(structure: str) -> Tables:
    """The chain with the brand in a market of this structure."""
    chain = having("brand", market="market")
    return {**chain, "markets": [*MARKETS, row(id="market", structure=structure)]}


def test_s75_a_monopoly_loses_customers_only_past_tolerance() -> None:
    def churn(structure: str, harm: float) -> float:
        return ask(Scandal("brand", harm), chain=in_market(structure)).most("brand", "churn")

    assert 0 < churn("monopoly", 0.7) < 0.05 * churn("differentiated", 0.7)
    # Below tolerance next to nobody leaves: a quarter of the harm, a far smaller part of the churn.
    assert churn("monopoly", 0.2) < 0.05 * churn("monopoly", 0.8)
    assert churn("differentiated", 0.2) > 0.15 * churn("differentiated", 0.8)


def test_s77_switching_cost_keeps_partners_and_customers_of_a_special_market() -> None:
    free, bound = ask(BAD_CELLS, weeks=104, switching_cost=0), ask(BAD_CELLS, weeks=104, switching_cost=0.9)
    assert free.of("cells", "revenue_loss") > bound.of("cells", "revenue_loss")
    differentiated = ask(SCANDAL, chain=in_market("differentiated")).of("brand", "revenue_loss")
    homogeneous = ask(SCANDAL, chain=in_market("homogeneous")).of("brand", "revenue_loss")
    assert differentiated < homogeneous


def test_s79_in_a_commodity_market_a_small_fault_drives_many_away() -> None:
    small = Scandal("brand", 0.2)
    homogeneous, differentiated = (ask(small, chain=in_market(s)) for s in ("homogeneous", "differentiated"))
    assert homogeneous.most("brand", "churn") > 3 * differentiated.most("brand", "churn")
    quick, slow = (a.series("brand", "churn") for a in (homogeneous, differentiated))
    assert quick.index(max(quick)) < slow.index(max(slow))
    assert ask(small, chain=in_market("homogeneous"), churn_homogeneous_ceiling=0).most("brand", "churn") == 0


def test_s84_a_boycott_over_harm_to_others() -> None:
    others, buyers = Scandal("brand", 1.0, victims="third_parties"), Scandal("brand", 1.0)
    told = ask(others)
    assert 0 < told.most("brand", "churn") < 0.2 * ask(buyers).most("brand", "churn")
    assert ask(Scandal("brand", 0.0, victims="third_parties")).of("brand", "revenue_loss") == 0


def test_s85_a_disaster_stops_several_at_once_and_they_come_back_slowly() -> None:
    def disaster(recovery: str) -> tuple[Shock, ...]:
        return tuple(
            Outage(c, 0.8, 4, recovery=recovery, recovery_weeks=8) for c in ("mine", "cells", "courier")
        )

    told = ask(*disaster("linear"))
    for company in ("mine", "cells", "courier", "brand"):
        assert told.of(company, "revenue_loss") > 0
    assert told.of("cells", "revenue_loss") > ask(*disaster("step")).of("cells", "revenue_loss")
    assert told.of("brand", "recovery_week") > ask(*disaster("step")).of("brand", "recovery_week")
    assert ask().document["gross_revenue_loss"] == 0
