"""Who is drawn: the shocked, the brands, then by money at risk; the others are counted and add up."""

from pathlib import Path

import numpy as np
import pytest

from graph.impact.impact import Impact
from graph.scenario import Outage, Scenario
from tests.viz.chains import company, impact_of, link
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


def test_drawn_and_others_add_up(large_impact: Impact) -> None:
    selection = select(large_impact, 40)
    assert sum(o.count for o in selection.others) == 260
    gross = large_impact.revenue_loss[selection.drawn].sum() + sum(o.revenue_loss for o in selection.others)
    assert gross == pytest.approx(large_impact.gross_revenue_loss)
    net = value_added_loss(large_impact)[selection.drawn].sum() + sum(
        o.value_added_loss for o in selection.others
    )
    assert net == pytest.approx(large_impact.value_added_loss)
