"""Why a loss came about is said in sentences, in both languages, on the page as on the console."""

import pytest

from graph.impact.explanation import Asked, explain
from graph.impact.impact import Impact, reckon
from graph.scenario import Outage, Scenario
from tests.cases import row, tables
from tests.networks import network_of
from viz.html import impact_map
from viz.why import MOST, because, of_company, opening
from viz.words import Words


def test_paths_in_words(small_impact: Impact) -> None:
    gm = small_impact.network.index["gm"]
    found = explain(small_impact, gm)
    said = because(small_impact, found, Words("en", "USD"), most=2)
    assert opening(small_impact, found, Words("en", "USD")).startswith("General Motors loses USD ")
    assert any("LG Energy Solution could not deliver cells to General Motors (week" in line for line in said)
    assert said[2].endswith("of it comes over other paths, smaller or not looked for.")
    spoken = because(small_impact, found, Words("zh", "USD"), most=2)
    assert any("LG Energy Solution 未能向 General Motors 供应 cells（第 " in line for line in spoken)
    assert len(spoken) == len(said)


def test_the_shares_that_are_said_are_those_of_the_loss(small_impact: Impact) -> None:
    found = explain(small_impact, None)
    said = because(small_impact, found, Words("en", "USD"), most=1)
    share = Words("en").percent(100.0 * found.paths[0].amount / found.loss)
    assert said[0].startswith(f"{share} of it, lost by ")


def test_weeks_of_a_path_do_not_run_backward(small_impact: Impact) -> None:
    for path in explain(small_impact, None, Asked(most_paths=50)).paths:
        for one, other in zip(path.hops, path.hops[1:], strict=False):
            assert one.first_week <= other.first_week
            assert one.last_week <= other.last_week


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_the_page(small_impact: Impact, lang: str) -> None:
    found = explain(small_impact, small_impact.network.index["gm"])
    page = impact_map(small_impact, lang=lang, why=found)
    words = Words(lang, small_impact.network.snapshot.currency)
    assert words("why_title") in page
    assert opening(small_impact, found, words) in page
    assert page.count('class="part"') == min(MOST, len(found.paths))
    assert 'class="part"' not in impact_map(small_impact, lang=lang)


def test_nothing_lost_is_said(small_impact: Impact) -> None:
    quiet = reckon(small_impact.network, Scenario())
    found = explain(quiet, None)
    assert because(quiet, found, Words("en")) == ()
    assert Words("en")("why_nothing") in impact_map(quiet, why=found)


def courier(**brand: object) -> Impact:
    """A brand whose one courier and one supplier stop for 3 weeks; it has cells for 2 weeks."""
    companies = [
        row(id="brand", annual_revenue=5.2e6, **brand),
        row(id="maker", annual_revenue=1e6),
        row(id="courier", annual_revenue=1e6),
    ]
    cells = {"kind": "SUPPLIES", "category": "cells", "annual_value": 1e6, "inventory_weeks": 2}
    parcels = {"kind": "CARRIES_FOR", "annual_value": 1e5, "inventory_weeks": 1}
    links = (row(source="maker", target="brand", **cells), row(source="courier", target="brand", **parcels))
    shocks = tuple(Outage(who, 1.0, duration_weeks=4) for who in ("maker", "courier"))
    return reckon(network_of(tables(companies, *links)), Scenario(shocks=shocks))


def test_a_courier_carries_and_a_supplier_delivers() -> None:
    impact = courier()
    found = explain(impact, impact.network.index["brand"], Asked(share=1.0))
    for language, carried, delivered in (
        ("en", "courier could not carry for brand", "maker could not deliver cells to brand"),
        ("zh", "courier 未能为 brand 运送", "maker 未能向 brand 供应 cells"),
    ):
        said = " ".join(because(impact, found, Words(language)))
        assert carried in said
        assert delivered in said


@pytest.mark.parametrize(
    ("cash", "told"),
    [
        # 100,000 a week, .4 of it left for 30,000 of fixed cost; without .767 of it 20,672 a week are burnt.
        (200_000, "Its cash outlasts the 52 weeks; at the worst week's loss it would last 9.67 weeks."),
        # 20,000 more by the two weeks before, then burnt 20,672 and 19,454.
        (20_000, "Its cash is gone in week 3."),
        (None, ""),
    ],
)
def test_what_a_company_loses_and_when_it_runs_out(cash: int | None, told: str) -> None:
    known = {} if cash is None else {"cash": cash, "contribution_margin": 0.4, "fixed_cost_per_week": 30_000}
    impact = courier(**known)
    place = impact.network.index["brand"]
    lost = Words("en", "EUR").money(float(impact.revenue_loss[place]))
    said = (
        f"brand loses {lost} of revenue; at worst 76.7% of a week's, in week 2. Did the failure not end, it "
        "would lose more than 1% after 2 weeks. "
        "Of what it cannot do without, the smallest stock lasts 1 week."
    )
    assert of_company(impact, place, Words("en", "EUR")) == f"{said} {told}".rstrip()
    spoken = of_company(impact, place, Words("zh", "EUR"))
    assert "最小库存可用 1 周" in spoken
    assert ("现金" in spoken) == bool(cash)
