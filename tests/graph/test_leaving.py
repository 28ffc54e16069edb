"""Customers that leave for other reasons than a bad name, and markets that change, worked by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ScenarioError
from graph.impact.impact import Impact, reckon
from graph.impact.notices import Notice
from graph.network import Network
from graph.scenario import (
    Boon,
    Boycott,
    Demand,
    Experience,
    Opening,
    Outage,
    Scandal,
    Scenario,
    Shock,
    Substitute,
)
from tests.cases import row, tables
from tests.chains import chains, scenarios
from tests.networks import network_of, scenario_of

OUT = 1 - 2 ** (-1 / 13)  # a week's step out of a differentiated market; homogeneous: 1/2
BACK = 1 - 2 ** (-1 / 39)  # and back into a homogeneous one


def two_rivals(market: str = "coffee", **closeness: object) -> Network:
    """Each has 10 a week from final customers."""
    brands = [row(id=i, roles="brand", annual_revenue=520, market=market) for i in ("one", "two")]
    chain = tables(brands, row(source="one", target="two", kind="COMPETES_WITH", **closeness))
    chain["markets"] = [*chain["markets"], row(id="water", structure="monopoly")]
    return network_of(chain)


def run(network: Network, *shocks: Shock, weeks: int = 4, **parameters: float) -> Impact:
    return reckon(network, Scenario(shocks=shocks, horizon_weeks=weeks, parameters=parameters))


def lost(impact: Impact, company: str) -> list[float]:
    found: list[float] = impact.series["revenue_loss_share"][:, impact.network.index[company]].tolist()
    return found


def gained(impact: Impact, company: str) -> float:
    return float(impact.rival_gain[impact.network.index[company]])


def test_demand_falls_and_nobody_gains() -> None:
    impact = run(two_rivals(), Demand("one", 0.2, duration_weeks=2, start_week=1))
    assert lost(impact, "one") == pytest.approx([0, 0.2, 0.2, 0])
    assert impact.revenue_loss.tolist() == pytest.approx([4, 0])
    assert not impact.rival_gain.any()
    assert not impact.series["churn"].any()  # nobody left for a bad name


def test_demand_without_an_end_and_with_a_slow_one() -> None:
    assert lost(run(two_rivals(), Demand("one", 0.2)), "one") == pytest.approx([0.2] * 4)
    fading = Demand("one", 0.2, duration_weeks=1, recovery="linear", recovery_weeks=1)
    assert lost(run(two_rivals(), fading), "one") == pytest.approx([0.2, 0.1, 0, 0])


def test_demand_reaches_businesses_that_are_not_recorded() -> None:
    network = network_of(tables([row(id="maker", roles="supplier", annual_revenue=520)]))
    assert lost(run(network, Demand("maker", 0.25)), "maker") == pytest.approx([0.25] * 4)


def test_shop_and_brand_lose_the_same_customer_once() -> None:
    """Where both are named: the shop loses .2, not .36; its orders shrink by .3 of that in a week."""
    network = network_of(
        tables(
            [
                row(id="brand", roles="brand", annual_revenue=520),
                row(id="shop", roles="dealer", annual_revenue=520),
            ],
            row(source="brand", target="shop", kind="SELLS_THROUGH", annual_value=520),
        )
    )
    both = run(network, Demand("brand", 0.2), Demand("shop", 0.2), weeks=2)
    assert lost(both, "shop") == pytest.approx([0.2, 0.2])
    assert lost(both, "brand") == pytest.approx([0, 0.06])
    brand_only = run(network, Demand("brand", 0.2), weeks=2)
    assert lost(brand_only, "shop") == pytest.approx([0.2, 0.2])


def test_a_boycott_sends_customers_to_rivals() -> None:
    impact = run(two_rivals(), Boycott("one", 0.1, duration_weeks=2))
    assert lost(impact, "one") == pytest.approx([0.1, 0.1, 0, 0])
    assert gained(impact, "two") == pytest.approx(0.7 * 2)


def test_who_needs_nothing_cannot_boycott() -> None:
    impact = run(two_rivals(), Boycott("one", 0.1, duration_weeks=2), Demand("one", 0.5))
    assert lost(impact, "one") == pytest.approx([1 - 0.5 * 0.9] * 2 + [0.5] * 2)
    assert gained(impact, "two") == pytest.approx(0.7 * 2 * 0.5)


def test_a_boon_lures_what_the_market_lets_move() -> None:
    """L .8, half of the way in a week; back slowly."""
    impact = run(two_rivals(), Boon("one", 0.5, duration_weeks=2))
    course = [0.2, 0.3, 0.3 * (1 - BACK), 0.3 * (1 - BACK) ** 2]
    assert lost(impact, "two") == pytest.approx(course)
    assert gained(impact, "one") == pytest.approx(10 * sum(course))
    assert lost(impact, "one") == [0] * 4
    half = run(two_rivals(closeness=0.5), Boon("one", 0.5), weeks=1)
    assert lost(half, "two") == pytest.approx([0.1])
    monopoly = run(two_rivals("water"), Boon("one", 0.5), weeks=1)
    assert lost(monopoly, "two")[0] == pytest.approx((1 - 2 ** (-1 / 26)) * 0.1 * 0.5)


def test_a_boon_without_rivals_is_said() -> None:
    network = network_of(tables([row(id="b", roles="brand", annual_revenue=1)]))
    impact = run(network, Boon("b", 1))
    assert not impact.revenue_loss.any()
    assert Notice("no_rivals", ("b",)) in impact.notices


def test_no_customer_is_won_twice() -> None:
    """Two that shine, a boycott and a need that falls: what is won is at most what is lost."""
    brands = [row(id=i, roles="brand", annual_revenue=520, market="coffee") for i in ("a", "b", "c")]
    pairs = [row(source=s, target=t, kind="COMPETES_WITH") for s, t in ("ab", "ac", "bc")]
    network = network_of(tables(brands, *pairs))
    shocks = Boon("a", 1), Boon("b", 0.5), Boycott("c", 0.4), Demand("c", 0.3), Scandal("c", 1)
    impact = run(network, *shocks, weeks=30, rival_capture=1)
    assert float(impact.rival_gain.sum()) <= float(impact.revenue_loss.sum()) * (1 + 1e-12)
    assert gained(impact, "a") > gained(impact, "b") > 0


def test_satisfaction_is_what_is_perceived_above_what_is_expected() -> None:
    above = run(two_rivals(), Experience("one", perceived=0.9, expected=0.4))
    assert above.series["revenue_loss_share"].tolist() == (
        run(two_rivals(), Boon("one", 0.5)).series["revenue_loss_share"].tolist()
    )
    below = run(two_rivals(), Experience("one", perceived=0.4, expected=0.9), weeks=2)
    target = 0.8 * 0.5**0.7
    assert lost(below, "one") == pytest.approx([target / 2, target * 3 / 4])
    assert gained(below, "two") == pytest.approx(0.7 * 10 * target * 1.25)
    met = run(two_rivals(), Experience("one", perceived=0.5, expected=0.5))
    assert not met.revenue_loss.any()


def test_only_those_that_cannot_be_served_leave() -> None:
    whole = run(two_rivals(), Experience("one", 0.7, 1.0))
    part = run(two_rivals(), Experience("one", 0.7, 1.0, segment=0.1))
    assert lost(part, "one") == pytest.approx([0.1 * share for share in lost(whole, "one")])


def test_a_substitute_pulls_and_loosens() -> None:
    """Differentiated, half of the way to homogeneous: L .725, and half of the difference in speed."""
    impact = run(two_rivals("cars"), Substitute("one", 0.5, start_week=1), weeks=2)
    speed, ceiling = (OUT + 0.5) / 2, 0.725
    assert lost(impact, "one") == pytest.approx([0, speed * ceiling * 0.5])
    assert not impact.rival_gain.any()
    tight = run(two_rivals("cars"), Substitute("one", 0.5), weeks=1, substitute_loosening=0)
    assert lost(tight, "one") == pytest.approx([OUT * 0.65 * 0.5])


def test_a_substitute_loosens_those_whom_a_bad_name_drives() -> None:
    alone = run(two_rivals("cars"), Scandal("one", 0.5), weeks=20).series["churn"]
    loosened = run(two_rivals("cars"), Scandal("one", 0.5), Substitute("one", 0.5), weeks=20).series["churn"]
    assert (loosened[:, 0] > alone[:, 0]).all()


def test_a_substitute_never_ties_customers() -> None:
    """A homogeneous market that parameters made tighter than the company's own."""
    tight = {"churn_homogeneous_ceiling": 0.1, "churn_homogeneous_out_half_life": 100.0}
    impact = run(two_rivals("cars"), Substitute("one", 1.0), weeks=1, **tight)
    assert lost(impact, "one") == pytest.approx([OUT * 0.65])


def test_an_opened_monopoly_loses_those_it_held() -> None:
    shortfall = Experience("one", 0.4, 0.9)
    held = run(two_rivals("water"), shortfall, weeks=30)
    opened = run(two_rivals("water"), shortfall, Opening("one", "homogeneous", start_week=20), weeks=30)
    assert lost(opened, "one")[:20] == lost(held, "one")[:20]
    assert lost(held, "one")[29] < 0.01
    assert lost(opened, "one")[29] > 0.4


def test_a_market_may_change_twice_but_not_at_once() -> None:
    twice = Opening("one", "differentiated", 1), Opening("one", "homogeneous", 2)
    impact = run(two_rivals("water"), Experience("one", 0, 1), *twice, weeks=3)
    slow, start = OUT, (1 - 2 ** (-1 / 26)) * 0.1
    second = start + slow * (0.65 - start)
    assert lost(impact, "one") == pytest.approx([start, second, (second + 0.8) / 2])
    with pytest.raises(ScenarioError) as caught:
        run(two_rivals("water"), Opening("one", "differentiated"), Opening("one", "homogeneous"))
    assert caught.value.remedy


def test_a_shock_on_nobody_is_named() -> None:
    for shock in (Demand("no", 1), Boon("no", 1), Substitute("no", 1), Opening("no", "monopoly")):
        with pytest.raises(ScenarioError) as caught:
            run(two_rivals(), Outage("one", 1, 1), shock)
        assert caught.value.field == "shocks.1.company"


def test_survival_is_asked_of_shocks_that_end() -> None:
    """A week of boycott ends before half of a market follows a boon; without an end both pass 1 %."""
    short = run(two_rivals("water"), Boon("one", 0.5, duration_weeks=1, start_week=2), weeks=40)
    two = short.network.index["two"]
    assert short.answers.first_week[two] == -1
    assert short.answers.time_to_survive[two] > 1


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Demand("a", 1.5), "size"),
        (lambda: Boycott("a", 0.5, duration_weeks=-1), "duration_weeks"),
        (lambda: Boon("a", 0.5, recovery="slow"), "recovery"),
        (lambda: Experience("a", -1, 0), "perceived"),
        (lambda: Experience("a", 1, 0, margin=2), "margin"),
        (lambda: Experience("a", 1, 0, margin=float("nan")), "margin"),
        (lambda: Substitute("a", 2), "pull"),
        (lambda: Opening("a", "free"), "structure"),
    ],
)
def test_what_is_wrong_is_named(make: Any, field: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        make()
    assert caught.value.field == field


@settings(max_examples=40)
@given(st.data())
def test_shares_and_gains_stay_in_range(data: st.DataObject) -> None:
    tables = data.draw(chains())
    question = data.draw(scenarios(tables, customers=True))
    impact = reckon(network_of(tables), scenario_of(question))
    for source in impact.trajectory.leaving.sources:
        assert (source.course >= 0).all()
        assert (source.course <= 1).all()
    for values in impact.trajectory.series.values():
        assert (values >= -1e-12).all()
        assert (values <= 1 + 1e-12).all()
    assert np.isfinite(impact.rival_gain).all()
    assert (impact.rival_gain >= 0).all()
