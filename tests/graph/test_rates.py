"""Empirical-Bayes rates: a case by hand, the plain reckoning, and what must hold of any counts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.voice.rates import Rates, fit, rates
from tests import naive_rates


def reckoned(counts: list[int], exposure: list[float]) -> Rates:
    return rates(np.array(counts, np.float64), np.array(exposure, np.float64))


SOME = st.lists(
    st.tuples(st.integers(0, 60), st.floats(0.05, 50.0)), min_size=2, max_size=6
).filter(lambda rows: sum(n for n, _ in rows) > 0)  # fmt: skip


def test_by_hand() -> None:
    """Two partners of equal exposure 1 with 0 and 4 complaints. As b/(b+1) = a/(a+2), the mean being 2,

    the likelihood is that of one parameter: (a/(a+2))^2a · (2/(a+2))^4 · a(a+1)(a+2)(a+3) / 4!.
    """
    best = max((k / 1e4 for k in range(1, 40_000)), key=lambda a: (
        2 * a * math.log(a / (a + 2)) + 4 * math.log(2 / (a + 2)) + sum(math.log(a + k) for k in range(4))
    ))  # fmt: skip
    found = reckoned([0, 4], [1.0, 1.0])
    assert found.prior.basis == "marginal_likelihood"
    assert found.prior.a == pytest.approx(best, abs=1e-4)
    assert found.prior.b == pytest.approx(best / 2, abs=1e-4)
    assert found.benchmark == 2
    assert found.rate == pytest.approx([best / (best / 2 + 1), (best + 4) / (best / 2 + 1)], abs=1e-3)
    assert list(found.place) == [2, 1]
    # As docs/complaints.md shows it.
    assert [round(found.prior.a, 3), round(found.prior.b, 3)] == [0.628, 0.314]
    assert [round(rate, 3) for rate in found.rate.tolist()] == [0.478, 3.522]
    assert [round(above, 3) for above in found.above.tolist()] == [0.032, 0.829]
    text = (Path(__file__).parents[2] / "docs" / "complaints.md").read_text(encoding="utf-8")
    assert "a = 0.628, b = 0.314" in text
    assert "0.628/1.314 = **0.478** and 4.628/1.314 = **3.522**" in text
    assert "P = 0.032 and 0.829" in text


def test_alone_a_partner_is_known_by_jeffreys_prior() -> None:
    """With no complaint and Jeffreys' prior, twice rate times exposure is χ² with one degree of freedom."""
    found = reckoned([0], [2.0])
    assert found.prior.basis == "no_comparison"
    assert (found.prior.a, found.prior.b) == (0.5, 0.0)
    assert found.rate == pytest.approx([0.25])
    assert found.high == pytest.approx([3.841458820694124 / 4])  # 1.96²
    assert np.isnan(found.above).all()
    assert list(found.place) == [0]


@pytest.mark.parametrize(
    ("counts", "exposure"),
    [
        ([13, 2, 0], [6.0, 3.0, 1.0]),
        ([1, 10, 1], [6.0, 3.0, 1.0]),
        ([80, 40, 40, 2, 0], [100.0, 100.0, 100.0, 1.0, 1.0]),
        ([16, 13, 5], [6.0, 3.0, 1.0]),  # no more apart than chance would have them
        ([0, 0, 0, 50], [1.0, 1.0, 1.0, 1.0]),
        ([3, 0], [0.02, 7e3]),
    ],
)
def test_as_the_plain_reckoning(counts: list[int], exposure: list[float]) -> None:
    found = reckoned(counts, exposure)
    a, b = naive_rates.fit(counts, exposure)
    assert (found.prior.a, found.prior.b) == pytest.approx((a, b), rel=1e-4)
    for k, (n, e) in enumerate(zip(counts, exposure, strict=True)):
        shape, rate = found.prior.a + n, found.prior.b + e
        assert found.rate[k] == pytest.approx(shape / rate)
        below = naive_rates.share_below(found.benchmark, shape, rate)
        assert found.above[k] == pytest.approx(1 - below, abs=1e-6)
        assert found.low[k] == pytest.approx(naive_rates.quantile(0.05, shape, rate), rel=1e-5, abs=1e-9)
        assert found.high[k] == pytest.approx(naive_rates.quantile(0.95, shape, rate), rel=1e-5)


@settings(max_examples=15, deadline=None)
@given(SOME)
def test_the_prior_is_the_likeliest(rows: list[tuple[int, float]]) -> None:
    counts, exposure = [n for n, _ in rows], [e for _, e in rows]
    found = reckoned(counts, exposure).prior
    assert found.a <= sum(counts) * (1 + 1e-9)
    most = naive_rates.log_likelihood(*naive_rates.fit(counts, exposure), counts, exposure)
    assert naive_rates.log_likelihood(found.a, found.b, counts, exposure) >= most - 1e-7 * abs(most)


def test_no_narrower_than_all_complaints_together() -> None:
    found = reckoned([10, 10, 10], [1.0, 1.0, 1.0])
    assert found.prior.basis == "all_alike"
    assert found.prior.a == pytest.approx(30)
    assert found.rate == pytest.approx([10, 10, 10])
    assert list(found.place) == [1, 1, 1]


@pytest.mark.parametrize("few", [[0, 1.0], [1, 1.0], [2, 1.0], [3, 1.0]])
def test_a_few_lucky_or_unlucky_ones_top_no_board(few: list[float]) -> None:
    """On an exposure of 1, where .5 is expected: the counts 0 to 3, beside partners with 80 and 20 on 100."""
    found = reckoned([80, int(few[0]), 50, 50, 20], [100.0, few[1], 100.0, 100.0, 100.0])
    assert list(found.place[[0, 4]]) == [1, 5]
    raw = [0.8, few[0] / few[1], 0.5, 0.5, 0.2]
    assert few[0] == 1 or raw[1] in (min(raw), max(raw))  # whom counting alone puts first or last


@settings(max_examples=30, deadline=None)
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[tuple[int, float]], chance: object) -> None:
    mixed = list(range(len(rows)))
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one = reckoned(*map(list, zip(*rows, strict=True)))
    other = reckoned(*map(list, zip(*(rows[k] for k in mixed), strict=True)))
    for name in ("rate", "low", "high", "above"):
        assert getattr(one, name)[mixed] == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(SOME, st.integers(0, 5), st.integers(1, 20))
def test_more_complaints_never_lower_the_rate(rows: list[tuple[int, float]], at: int, more: int) -> None:
    at %= len(rows)
    counts, exposure = [n for n, _ in rows], [e for _, e in rows]
    before = reckoned(counts, exposure)
    counts[at] += more
    after = reckoned(counts, exposure)
    assert after.rate[at] >= before.rate[at] * (1 - 1e-9)


@settings(max_examples=30, deadline=None)
@given(SOME, st.integers(0, 5))
def test_equals_share_a_place(rows: list[tuple[int, float]], at: int) -> None:
    rows = [*rows, rows[at % len(rows)]]
    found = reckoned(*map(list, zip(*rows, strict=True)))
    assert found.place[-1] == found.place[at % (len(rows) - 1)]
    assert (found.low < found.rate).all()
    assert (found.rate < found.high).all()
    assert sorted(found.place)[0] == 1


@settings(max_examples=30, deadline=None)
@given(SOME, st.floats(1e-9, 1e9))
def test_the_unit_of_exposure_moves_nobody(rows: list[tuple[int, float]], unit: float) -> None:
    counts, exposure = [n for n, _ in rows], [e for _, e in rows]
    one, other = reckoned(counts, exposure), reckoned(counts, [e * unit for e in exposure])
    assert other.rate * unit == pytest.approx(one.rate, rel=1e-6)
    assert other.above == pytest.approx(one.above, abs=1e-6)


def test_none_and_nothing() -> None:
    assert len(reckoned([], []).rate) == 0
    none = reckoned([0, 0], [1.0, 3.0])
    assert none.prior.basis == "no_comparison"
    assert list(none.place) == [0, 0]
    assert none.high[0] > none.high[1] > 0


def test_where_all_are_sure_the_rate_decides() -> None:
    found = reckoned([100_000, 300_000, 5], [1.0, 1.0, 1e6])
    assert found.above[0] == found.above[1] == 1.0
    assert list(found.place) == [2, 1, 3]


def test_extremes_are_finite() -> None:
    for counts, exposure in (([1, 0], [1e-9, 1e9]), ([10**6, 3], [1e-3, 1e9]), ([1] * 300, [1e18] * 300)):
        found = reckoned(counts, exposure)
        assert all(np.isfinite(getattr(found, name)).all() for name in ("rate", "low", "high", "above"))
        assert fit(np.array(counts, float), np.array(exposure)).b > 0
