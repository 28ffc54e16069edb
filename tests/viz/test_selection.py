"""Who is drawn: the shocked, the brands, then by money at risk; the others are counted and add up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.impact.impact import Impact
from graph.scenario import Outage, Scenario
from tests.viz.chains import company, impact_of, link
from viz.html import impact_map
from viz.selection import select, value_added_loss


def test_all_where_there_is_room(small_impact: Impact) -> None:
    selection = select(small_impact, 300)
    assert sorted(selection.drawn.tolist()) == list(range(12))
    assert selection.others == ()
    loss = small_impact.revenue_loss[selection.drawn]
    assert (np.diff(loss) <= 0).all()


@pytest.mark.parametrize("limit", [5, 20, 299])
def test_the_shocked_and_the_brands_come_first(large_impact: Impact, limit: int) -> None:
    selection = select(large_impact, limit)
    names = [large_impact.network.ids[i] for i in selection.drawn]
    assert len(names) == limit
    assert {"s2-3", "s1-5", "b1"} <= set(names)
    if limit >= 20:
        hurt = [
            i for i in range(300) if "brand" in large_impact.network.roles[i] and large_impact.revenue_loss[i]
        ]
        assert set(hurt) <= set(selection.drawn.tolist())
        left = np.setdiff1d(np.arange(300), selection.drawn)
        ordinary = [i for i in selection.drawn if "brand" not in large_impact.network.roles[i]]
        ordinary = [i for i in ordinary if i not in selection.shocked]
        assert large_impact.revenue_loss[ordinary].min() >= large_impact.revenue_loss[left].max()


def test_whom_no_link_ties_to_the_shock_is_not_drawn(tmp_path: Path) -> None:
    facts = [company(c, c, "brand", annual_revenue=1.0) for c in "abcdef"]
    facts += [
        link("a", "b"),
        link("c", "b", "COMPETES_WITH"),
        link("c", "d", "REGULATED_WITH"),
        link("e", "f"),
    ]
    impact = impact_of(facts, Scenario("", (Outage("a", 1.0, 2),), 5), tmp_path)
    selection = select(impact, 300)
    assert sorted(impact.network.ids[i] for i in selection.drawn) == ["a", "b", "c", "d"]
    assert [(o.column, o.count, o.revenue_loss) for o in selection.others] == [(0, 2, 0.0)]


@pytest.mark.parametrize("brand", ["brand", ""])
def test_who_goes_out_of_business_is_drawn_and_marked(brand: str, tmp_path: Path) -> None:
    """The one of 202 that loses least, below a limit of 150; it stays in its column, a brand or none."""
    poor = {"cash": 0.005, "fixed_cost_per_week": 0.01, "contribution_margin": 0.6}
    many = [f"m{n}" for n in range(200)]
    facts = [company("b", "Lantern", brand, annual_revenue=9000.0)]
    facts += [company(m, m, "supplier", annual_revenue=52.0) for m in many]
    facts += [company("p", "Poor", "supplier", annual_revenue=1.0, **poor)]
    facts += [link(m, "b", annual_value=40.0) for m in many] + [link("p", "b", annual_value=0.8)]
    stop = Scenario("", (Outage("b", 1.0, 6),), 20)
    (tmp_path / "plain").mkdir()
    plain = impact_of(facts, stop, tmp_path / "plain")
    gone = impact_of(facts, replace(stop, exits=True), tmp_path)
    assert [left.company for left in gone.exits] == ["p"]
    b, p = (gone.network.index[id] for id in "bp")
    selection = select(gone, 150)
    assert selection.shocked == {b, p}
    assert p in selection.drawn
    assert p not in select(plain, 150).drawn
    assert select(gone, 1).drawn.tolist() == [b], "whom the question names comes first"
    columns = [
        dict(zip(found.drawn.tolist(), found.column.tolist(), strict=True))
        for found in (select(gone, 300), select(plain, 300))
    ]
    assert columns[0] == columns[1]
    for lang, said in (("en", ", or out of business by it"), ("zh", "，或因此退出市场")):
        assert said in impact_map(gone, lang=lang)
        assert said not in impact_map(plain, lang=lang)


def test_drawn_and_others_add_up(large_impact: Impact) -> None:
    selection = select(large_impact, 40)
    assert sum(o.count for o in selection.others) == 260
    gross = large_impact.revenue_loss[selection.drawn].sum() + sum(o.revenue_loss for o in selection.others)
    assert gross == pytest.approx(large_impact.gross_revenue_loss)
    net = value_added_loss(large_impact)[selection.drawn].sum() + sum(
        o.value_added_loss for o in selection.others
    )
    assert net == pytest.approx(large_impact.value_added_loss)
