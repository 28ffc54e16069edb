"""Columns by tier around the brand, companies apart from one another, few crossings, and that quickly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from graph.impact.impact import Impact
from tests.networks import network_of
from viz.layout import APART, BEYOND, CUSTOMERS, DEALERS, HEIGHT, LOGISTICS, SPLITS, arrange, column_of
from viz.style import CROWDED_RADIUS, LARGEST_RADIUS, SMALLEST_RADIUS

Places = NDArray[np.int64]


def chain(seed: int, companies: int, columns: int, links: int) -> tuple[Places, Places, Places]:
    """Columns and ends of links, which run between neighbouring columns."""
    chance = np.random.default_rng(seed)
    column = np.sort(chance.integers(-columns // 2, columns - columns // 2, companies))
    one = chance.integers(0, companies, links)
    near = [np.flatnonzero(np.abs(column - column[i]) == 1) for i in range(companies)]
    other = np.array([chance.choice(near[i]) if len(near[i]) else i for i in one])
    return column, one, other


def crossings(column: Places, y: NDArray[np.float64], one: Places, other: Places) -> int:
    """Pairs of links between the same two columns that cross."""
    low, high = np.where(column[one] < column[other], (one, other), (other, one))
    count = 0
    for left in np.unique(column):
        rows = (column[low] == left) & (column[high] == left + 1)
        a, b = y[low[rows]], y[high[rows]]
        count += int(((a[:, None] < a) & (b[:, None] > b)).sum())
    return count


def test_everybody_stands_on_the_side_where_they_trade(small_impact: Impact) -> None:
    network = small_impact.network
    column = column_of(network, np.array([0]))
    assert {c: int(column[i]) for i, c in enumerate(network.ids)} == {
        "ganfeng": -3,
        "posco": -2,
        "lg": -1,
        "takata": -1,
        "gm": 0,
        "hyundai": 0,
        "xpo": LOGISTICS,
        "autonation": DEALERS,
        "lithia": DEALERS,
        "hertz": CUSTOMERS,
        "driver": BEYOND,
        "nhtsa": APART,
    }


def test_without_a_brand_the_chain_stands_around_whom_the_shock_hits() -> None:
    rows = [{"id": c, "roles": "supplier"} for c in "abc"]
    links = [{"source": a, "target": b, "kind": "SUPPLIES", "annual_value": "1"} for a, b in ("ab", "bc")]
    network = network_of({"companies": rows, "links": links})
    assert column_of(network, np.array([1])).tolist() == [-1, 0, CUSTOMERS]
    assert column_of(network, np.array([], np.int64)).tolist() == [APART] * 3


def test_links_cross_less_than_in_the_order_of_ids() -> None:
    for seed in range(5):
        column, one, other = chain(seed, 120, 5, 200)
        layout = arrange(column, np.ones(120), one, other)
        many = np.bincount(column - column.min())[column - column.min()]
        plain = np.concatenate([np.arange(n) for n in np.bincount(column - column.min())]) / many
        assert crossings(column, layout.y, one, other) < 0.6 * crossings(column, plain, one, other)


@pytest.mark.parametrize("companies", [1, 2, 12, 100, 300])
def test_no_two_companies_cover_one_another(companies: int) -> None:
    column, one, other = chain(companies, companies, 6, 2 * companies)
    size = np.random.default_rng(companies).lognormal(0, 1, companies)
    layout = arrange(column, size, one, other)
    assert (layout.x >= 0).all()
    assert (layout.x <= 1).all()
    assert (layout.y > 0).all()
    assert (layout.y < 1).all()
    for x in np.unique(layout.x):
        strip = np.flatnonzero(layout.x == x)
        strip = strip[np.argsort(layout.y[strip])]
        apart = np.diff(layout.y[strip]) * HEIGHT
        assert (apart >= layout.radius[strip][1:] + layout.radius[strip][:-1]).all()


def test_columns_rise_from_left_to_right() -> None:
    column, one, other = chain(7, 300, 8, 500)
    layout = arrange(column, np.ones(300), one, other)
    assert list(layout.columns) == sorted(set(column.tolist()))
    assert (np.diff(layout.heads) > 0).all()
    highest = [layout.x[column == c].max() for c in layout.columns]
    lowest = [layout.x[column == c].min() for c in layout.columns]
    assert all(left < right for left, right in zip(highest, lowest[1:], strict=False))
    assert len(np.unique(layout.x)) <= SPLITS * len(layout.columns)


def test_area_shows_size() -> None:
    none = np.array([], np.int64)
    layout = arrange(np.zeros(3, np.int64), np.array([100.0, 25.0, 0.0]), none, none)
    assert layout.radius[0] == pytest.approx(LARGEST_RADIUS, abs=0.1)
    assert layout.radius[1] == pytest.approx(layout.radius[0] / 2)
    assert layout.radius[2] == SMALLEST_RADIUS
    crowded = arrange(np.zeros(1000, np.int64), np.full(1000, 5.0), none, none)
    assert crowded.radius.max() == pytest.approx(CROWDED_RADIUS, abs=0.1)


def test_the_smallest_may_be_larger_and_empty_columns_are_kept() -> None:
    none = np.array([], np.int64)
    layout = arrange(
        np.array([0, 0]),
        np.array([9.0, 0.0]),
        none,
        none,
        least=np.array([2.0, 7.0]),
        empty=np.array([-1, 0]),
    )
    assert layout.radius[1] == 7.0
    assert layout.columns == (-1, 0)
    assert layout.heads[0] < layout.heads[1] == layout.x[0]


def test_nobody_at_all() -> None:
    none = np.array([], np.int64)
    assert arrange(none, np.array([]), none, none).columns == ()
