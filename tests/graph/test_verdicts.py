"""What was seen beside what the model said: cases by hand."""

from __future__ import annotations

import pytest

from graph.impact.verdicts import inside, judge, tally

BAND = {"p5": -20.0, "p10": -16.0, "p50": -10.0, "p90": -6.0, "p95": -4.0}


@pytest.mark.parametrize(
    ("seen", "in_80", "in_90"),
    [
        ((-10, -10), True, True),
        ((-16, -16), True, True),  # the ends count in
        ((-18, -18), False, True),
        ((-4, -4), False, True),
        ((0, 0), False, False),
        ((-30, -25), False, False),
        ((-18, -10), None, True),  # a part of what was seen lies outside
        ((-30, 0), None, None),
    ],
)
def test_inside_the_band(seen: tuple[float, float], in_80: bool | None, in_90: bool | None) -> None:
    found = judge(-10.0, seen, BAND)
    assert (found.inside_80, found.inside_90) == (in_80, in_90)


def test_without_a_band_nothing_is_inside() -> None:
    found = judge(-10.0, (-10, -10), None)
    assert (found.inside_80, found.inside_90, found.sign) == (None, None, True)


@pytest.mark.parametrize(
    ("said", "seen", "sign"),
    [
        (-10, (-3, -3), True),
        (-10, (3, 3), False),
        (-10, (0, 0), False),
        (0, (0, 0), True),
        (0, (-1, -1), False),
        (-10, (-1, 1), None),
        (5, (-1, 0), False),
    ],
)
def test_the_sign(said: float, seen: tuple[float, float], sign: bool | None) -> None:
    assert judge(said, seen, None).sign == sign


def test_the_size() -> None:
    found = judge(-10.0, (-30, -10), None)
    assert (found.error, found.ratio, found.near) == (10.0, 0.5, True)
    assert judge(-9.9, (-20, -20), None).near is False
    assert judge(-41.0, (-20, -20), None).near is False
    assert judge(-10.0, (10, 10), None).near is False
    nothing = judge(-10.0, (0, 0), None)
    assert (nothing.ratio, nothing.near) == (None, None)


def test_inside_is_the_same_in_a_mirror() -> None:
    assert inside((1, 2), (0, 3))
    assert inside((-2, -1), (-3, 0))


def test_a_tally_counts_what_could_be_told() -> None:
    found = tally([True, True, True, False, None, None])
    assert (found.count, found.of, found.share) == (3, 4, 0.75)
    assert (found.low, found.high) == pytest.approx((0.30064, 0.95441), abs=1e-5)  # Wilson, by hand
    none = tally([None])
    assert (none.count, none.of, none.share, none.low, none.high) == (0, 0, 0, 0, 1)
