"""What travelled along a link is what the engine recorded; blame and taint add up to its series."""

import json
from dataclasses import replace

import numpy as np
import pytest

from graph.impact.impact import Impact, reckon
from graph.network import Floats
from tests.networks import GOLDEN, golden_tables, network_of, scenario_of
from viz.flows import Flow, flows, recorded, ties
from viz.selection import select

ALL = 10_000


@pytest.fixture(scope="module", params=["weekly_9", "weekly_14"])
def impact(request: pytest.FixtureRequest) -> Impact:
    """A golden chain under an outage and a scandal."""
    question = json.loads((GOLDEN / request.param / "mixed.scenario.json").read_text())
    return reckon(network_of(golden_tables(request.param)), scenario_of(question), flows=True)


def told(impact: Impact, channel: str) -> list[Flow]:
    everybody = np.arange(len(impact.network))
    return [f for f in flows(impact, everybody, ALL, faintest=0.0) if f.channel == channel]


def together(impact: Impact, channel: str) -> Floats:
    """What comes to each company over a channel, (+)-added."""
    left = np.ones((impact.weeks, len(impact.network)))
    for flow in told(impact, channel):
        left[:, flow.target] *= 1.0 - flow.amount
    return 1.0 - left


@pytest.mark.parametrize(("channel", "series"), [("blame", "attributed"), ("taint", "associated")])
def test_what_comes_in_is_the_series(impact: Impact, channel: str, series: str) -> None:
    assert impact.series[series].max() > 0
    np.testing.assert_allclose(together(impact, channel), impact.series[series], atol=1e-12)


def test_goods_go_to_the_buyer_and_orders_to_the_seller(impact: Impact) -> None:
    trade = impact.network.trade
    for channel, record, source, target in (
        ("missing", impact.trajectory.missing, trade.seller, trade.buyer),
        ("withheld", impact.trajectory.withheld, trade.buyer, trade.seller),
    ):
        expected: dict[tuple[int, int], Floats] = {}
        for e in range(len(trade)):
            ends = int(source[e]), int(target[e])
            expected[ends] = np.maximum(expected.get(ends, np.zeros(impact.weeks)), record[:, e])
        found = {(f.source, f.target): f.amount for f in told(impact, channel)}
        assert found.keys() == expected.keys()
        for ends, amount in found.items():
            np.testing.assert_array_equal(amount, expected[ends])


def test_only_what_is_drawn_and_not_too_faint_and_the_most_first(impact: Impact) -> None:
    drawn = np.arange(4)
    some = flows(impact, drawn, ALL)
    assert {end for f in some for end in (f.source, f.target)} <= set(drawn.tolist())
    most = [f.amount.max() for f in flows(impact, np.arange(len(impact.network)), ALL)]
    assert most == sorted(most, reverse=True)
    assert min(most) >= 0.01
    assert len(flows(impact, np.arange(len(impact.network)), 5)) == 5


def test_ties_are_the_trade(small_impact: Impact) -> None:
    network, drawn = small_impact.network, select(small_impact, 300).drawn
    named = {
        (network.ids[t.seller], network.ids[t.buyer]): t.categories for t in ties(small_impact, drawn, ALL)
    }
    assert named["lg", "gm"] == ("cells", "displays")
    assert len(named) == 11
    [largest] = ties(small_impact, drawn, 1)
    assert (network.ids[largest.seller], network.ids[largest.buyer]) == ("gm", "autonation")


def test_without_a_record_only_words_travel(impact: Impact) -> None:
    bare = replace(impact, trajectory=replace(impact.trajectory, missing=np.zeros((impact.weeks, 0))))
    assert recorded(impact)
    assert not recorded(bare)
    assert {f.channel for f in flows(bare, np.arange(len(bare.network)), ALL)} == {"blame", "taint"}
