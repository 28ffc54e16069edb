"""The axis of a picture: it holds all values, and its ticks are round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.plot import axis_of, decimals


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([-100.0, 24.1], ["-100", "-80", "-60", "-40", "-20", "0", "20", "40"]),
        ([-0.83, 0.0], ["-1.0", "-0.8", "-0.6", "-0.4", "-0.2", "0.0"]),
        ([0.0, 20.0], ["0.0", "2.5", "5.0", "7.5", "10.0", "12.5", "15.0", "17.5", "20.0"]),
        ([0.0], ["0.0", "0.2"]),
    ],
)
def test_ticks_by_hand(values: list[float], ticks: list[str]) -> None:
    found = [name for _, name in axis_of(values, 0, 100).ticks]
    assert found == ticks


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_every_value_lies_on_the_axis(values: list[float]) -> None:
    axis = axis_of(values, 100.0, 500.0)
    assert all(100.0 - 1e-6 <= axis.place(v) <= 500.0 + 1e-6 for v in values)
    places = [axis.place(value) for value, _ in axis.ticks]
    assert places == sorted(places)
    assert 2 <= len(places) <= 14


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert [decimals(v, 1) for v in (-0.04, 0.04, -0.06, -12.34)] == ["0.0", "0.0", "-0.1", "-12.3"]
