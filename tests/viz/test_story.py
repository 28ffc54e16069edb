"""The headline and the notes say what the scenario asks and what the impact holds, in both languages."""

import json
from pathlib import Path

import pytest

from graph.impact.impact import Impact, reckon
from graph.impact.sureness import sureness
from graph.scenario import Boon, Demand, DirectCost, Outage, Scandal, Scenario, Shock
from tests.cases import row, tables
from tests.networks import GOLDEN, golden_tables, network_of, scenario_of
from viz import band, story
from viz.words import Words

EN, ZH = Words("en", "USD"), Words("zh", "USD")


def asked(impact: Impact, *shocks: Shock, weeks: int = 20, **parameters: float) -> Impact:
    """The same chain under other shocks."""
    return reckon(impact.network, Scenario("", shocks, weeks, parameters=parameters))


@pytest.mark.parametrize(
    ("shock", "english", "chinese"),
    [
        (
            Outage("lg", 1.0, 3),
            "If LG Energy Solution stops for 3 weeks, ",
            "若 LG Energy Solution 停产 3 周，",
        ),
        (
            Outage("lg", 0.6, 1),
            "If LG Energy Solution loses 60.0% of its output for 1 week, ",
            "产出下降 60.0%，持续 1 周",
        ),
        (
            Outage("lg", 1.0, 3, category="cells", target="gm"),
            "If LG Energy Solution delivers no cells to General Motors for 3 weeks, ",
            "若 LG Energy Solution 对 General Motors 断供 cells 3 周，",
        ),
        (
            Outage("lg", 0.5, 3, target="gm"),
            "delivers 50.0% less goods to General Motors for",
            "少供 50.0% 的货物",
        ),
        (Scandal("gm", 0.5), "If a scandal hits General Motors, ", "若 General Motors 爆出丑闻，"),
    ],
)
def test_one_shock(small_impact: Impact, shock: Shock, english: str, chinese: str) -> None:
    impact = asked(small_impact, shock)
    assert english in story.headline(impact, EN)
    assert chinese in story.headline(impact, ZH)
    assert EN.money(impact.value_added_loss) in story.headline(impact, EN)
    assert ZH.money(impact.value_added_loss) in story.headline(impact, ZH)
    assert len(story.shocks(impact, EN)) == len(story.shocks(impact, ZH)) == 1


def test_two_shocks_and_many(small_impact: Impact) -> None:
    two = "If LG Energy Solution delivers no cells for 8 weeks and a scandal hits General Motors, the chain"
    assert story.headline(small_impact, EN).startswith(two)
    many = asked(small_impact, *(Scandal(c, 0.2) for c in ("gm", "lg", "xpo", "lithia", "gm")))
    assert "5 shocks hit General Motors, LG Energy Solution, XPO Logistics …" in story.headline(many, EN)


def test_of_very_many_shocks_the_first_are_told(small_impact: Impact) -> None:
    company = small_impact.network.ids[0]
    told = story.shocks(asked(small_impact, *[Demand(company, 0.1)] * 103), Words("en"))
    assert len(told) == 101
    assert told[-1] == "And 3 more of them."


def test_no_shock_no_loss(small_impact: Impact) -> None:
    impact = asked(small_impact)
    assert (
        story.headline(impact, EN)
        == "If nothing happens, no loss reaches any recorded company within 20 weeks."
    )
    assert story.below_headline(impact, EN) == ""
    assert story.shocks(impact, EN) == ()


def test_the_hardest_hit_is_a_bystander(small_impact: Impact) -> None:
    below = story.below_headline(small_impact, EN)
    series = small_impact.series["revenue_loss_share"]
    index = small_impact.network.index
    bystanders = [i for c, i in index.items() if c not in ("lg", "gm")]
    assert below.startswith("Hardest hit: Hyundai Motor, ")
    assert EN.percent(100 * series[:, bystanders].max()) in below


def test_a_shock_says_all_that_it_is(small_impact: Impact) -> None:
    outage, cost, scandal = story.shocks(small_impact, EN)
    assert outage == (
        "Outage of LG Energy Solution: 100% of its sales of cells, weeks 1–8, then linear recovery over "
        "4 weeks."
    )
    assert cost == (
        "Direct cost: USD 2 bn, paid by General Motors; LG Energy Solution repays USD 0, so USD 2 bn stay "
        "with General Motors."
    )
    assert scandal == (
        "Scandal at General Motors from week 3: harm 0.5, culpability 0.7, victims: buyers, reach: national."
    )
    alone = asked(small_impact, Outage("gm", 1.0, 2, direct_costs=(DirectCost("gm", 5.0),)))
    assert story.shocks(alone, ZH)[1] == "直接成本 5 美元，由 General Motors 支付。"


def test_assumptions_count_every_default(small_impact: Impact) -> None:
    told = story.assumptions(small_impact, EN)
    assert "criticality (links): 12 blank, taken as 0.8" in told
    assert "market (companies): 12 blank, filled by the model's rule" in told
    assert len(told) == len(small_impact.chain.assumed) + len(small_impact.network.marked)
    changed = asked(small_impact, Scandal("gm", 0.5), criticality=0.5)
    assert "Parameter criticality set to 0.5" in story.assumptions(changed, EN)
    assert "criticality (links): 12 blank, taken as 0.5" in story.assumptions(changed, EN)


@pytest.mark.parametrize(
    "file", sorted(GOLDEN.glob("*/*.scenario.json")), ids=lambda f: f"{f.parent.name}-{f.stem}"
)
def test_every_golden_case_can_be_told(file: Path) -> None:
    impact = reckon(network_of(golden_tables(file.parent.name)), scenario_of(json.loads(file.read_text())))
    for words in (EN, ZH):
        told = [
            story.headline(impact, words),
            story.below_headline(impact, words),
            *story.shocks(impact, words),
            *story.assumptions(impact, words),
        ]
        assert all(line and "{" not in line for line in told)


def test_warnings_name_companies_with_their_ids() -> None:
    """Who has no revenue, no rival, no rate between them, no cash left: each as Name (id)."""
    companies = [
        row(id="mill", name="New Mill", roles="supplier"),
        row(id="lantern", name="灯笼", roles="brand", annual_revenue=520, cash=3, fixed_cost_per_week=4,
            contribution_margin=0.5),
    ]  # fmt: skip
    network = network_of(tables(companies, row(source="mill", target="lantern", kind="SUPPLIES")))
    cost = (DirectCost("lantern", 5.0, "mill"),)
    shocks = (Outage("lantern", 1.0, 4, direct_costs=cost), Boon("lantern", 0.2))
    impact = reckon(network, Scenario("", shocks, 12))
    both = "灯笼 (lantern)"
    assert story.warnings(impact, EN) == (
        "No revenue is known of New Mill (mill): a loss of 0 there is no finding.",
        f"No recovery rate is known between New Mill (mill) – {both}: nothing is repaid.",
        f"No rival of {both} is recorded, so nobody can lose customers to it.",
        f"Cash is gone, and sooner than without the shocks: {both}, week 0.",
    )
    chinese = story.warnings(impact, ZH)
    assert len(chinese) == 4
    assert chinese[0] == "New Mill (mill)的收入未知：其损失为 0 不是结论。"
    assert all("(lantern)" in said for said in chinese[1:])
    assert chinese[3] == f"以下公司的现金耗尽，且早于无冲击时：{both}，第 0 周。"


def test_of_many_companies_a_warning_names_the_first() -> None:
    network = network_of(tables([row(id=f"c{n:02}", name=f"C {n}", roles="brand") for n in range(13)]))
    impact = reckon(network, Scenario())
    [english], [chinese] = story.warnings(impact, EN), story.warnings(impact, ZH)
    assert "C 0 (c00), C 1 (c01), " in english
    assert "C 9 (c09), +3 others: a loss" in english
    assert "C 9 (c09)、其他 3 家" in chinese


def test_of_many_that_go_out_of_business_each_sentence_names_the_first() -> None:
    """In words, of the draws and in the warning of who runs out of cash: Name (id), and one ending."""
    poor = {"annual_revenue": 52, "cash": 1, "fixed_cost_per_week": 0.5, "contribution_margin": 0.6}
    network = network_of(
        tables(
            [
                row(id="brand", name="Lantern", roles="brand", annual_revenue=1040),
                *(row(id=f"m{n:02}", name=f"Mill {n}", roles="supplier", **poor) for n in range(13)),
            ],
            *(row(source=f"m{n:02}", target="brand", kind="SUPPLIES", annual_value=52) for n in range(13)),
        )
    )
    impact = reckon(network, Scenario("", (Outage("brand", 1.0, 8),), 20, exits=True))
    week, likely = impact.exits[0].start_week, "Out of business, in so many of the draws: "
    sure = sureness(impact, 4)
    english, chinese = story.exits(impact, EN), story.exits(impact, ZH)
    assert english.startswith(f"Out of business by it (13): Mill 0 (m00), from week {week}; Mill 1 (m01), ")
    assert english.endswith(f"; Mill 9 (m09), from week {week}; +3 others.")
    assert chinese.startswith(f"因此退出市场（13 家）：Mill 0 (m00)，第 {week} 周起；Mill 1 (m01)，")
    assert chinese.endswith(f"；Mill 9 (m09)，第 {week} 周起；其他 3 家。")
    assert f"{likely}Mill 0 (m00), 100%; Mill 1 (m01), 100%; " in band.told(sure, EN).sentence
    assert band.told(sure, EN).sentence.endswith("; Mill 9 (m09), 100%; +3 others.")
    assert band.told(sure, ZH).sentence.endswith("；Mill 9 (m09)，100%；其他 3 家。")
    assert story.warnings(impact, EN)[-1].endswith("+3 others.")
    assert story.warnings(impact, ZH)[-1].endswith("其他 3 家。")


def test_a_name_in_a_warning_is_fit_to_be_shown() -> None:
    network = network_of(tables([row(id="b", name="x\u202e" + "y" * 200, roles="brand")]))
    [said] = story.warnings(reckon(network, Scenario()), EN)
    assert "\u202e" not in said
    assert "y… (b): a loss" in said
