"""Rates by a hierarchy: a case by hand, the plain reckoning, and what must hold of any counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc

from graph.voice import rates as module
from graph.voice.rates import Rates, rates
from tests import naive_rates


def reckoned(counts: list[int], exposure: list[float]) -> Rates:
    return rates(np.array(counts, np.float64), np.array(exposure, np.float64))


SOME = st.lists(
    st.tuples(st.integers(0, 60), st.floats(0.05, 50.0)), min_size=2, max_size=6
).filter(lambda rows: sum(n for n, _ in rows) > 0)  # fmt: skip


def integral(k: int, j: int) -> float:
    """∫ (1 - B)^k / (-ln B)^j dB from 0 to 1, k >= j >= 1, by Frullani's integrals."""
    return sum(
        math.comb(k, i) * (-1) ** (i + j) * (i + 1) ** (j - 1) * math.log(i + 1) for i in range(k + 1)
    ) / math.factorial(j - 1)


def test_by_hand() -> None:
    """Two partners of exposure 1 with 0 and 4 complaints; B = b/(b + 1) is uniform, log a flat.

    The likelihood is a(a+1)(a+2)(a+3) · B^2a · (1 - B)^4 up to a constant. Over a, with c = -2 ln B, that
    is (1 - B)^4 · (6/c⁴ + 12/c³ + 11/c² + 6/c); the means of a·(1 - B) and (a + 4)·(1 - B) are the rates.
    """
    weight, more = ((6, 11, 12, 6), (0, 6, 22, 36, 24))
    whole, fifth = (sum(w * integral(k, j) / 2**j for j, w in enumerate(weight, 1)) for k in (4, 5))
    rest = sum(w * integral(5, j) / 2**j for j, w in enumerate(more, 1) if w)
    found = reckoned([0, 4], [1.0, 1.0])
    assert found.basis == "learned"
    assert found.shrinkage == pytest.approx(1 - fifth / whole)
    assert found.benchmark == 2
    assert found.rate == pytest.approx([rest / whole, (rest + 4 * fifth) / whole], rel=1e-5)
    assert list(found.place) == [2, 1]
    # As docs/complaints.md shows it.
    text = (Path(__file__).parents[2] / "docs" / "complaints.md").read_text(encoding="utf-8")
    low, high = (f"{rate:.3f}" for rate in found.rate)
    assert f"**{low}** and **{high}**" in text
    assert "P = {:.3f} and {:.3f}".format(*found.above) in text
    assert f"{whole:.5f}, {fifth:.5f} and {rest:.5f}" in text


def test_alone_a_partner_is_known_by_jeffreys_prior() -> None:
    """With no complaint and Jeffreys' prior, twice rate times exposure is χ² with one degree of freedom."""
    found = reckoned([0], [2.0])
    assert found.low == pytest.approx([0.003932140000019522 / 4])
    assert (found.basis, found.shrinkage) == ("no_comparison", 0.0)
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
    found, known = reckoned(counts, exposure), naive_rates.pairs(counts, exposure)
    for k, (n, e) in enumerate(zip(counts, exposure, strict=True)):
        assert found.rate[k] == pytest.approx(naive_rates.rate(known, n, e), rel=1e-4)
        for rate, share in (
            (found.benchmark, 1 - found.above[k]), (found.low[k], 0.05), (found.high[k], 0.95)
        ):  # fmt: skip
            if rate > 1e-6 * found.rate[k]:  # nearer to 0 it is told as 0
                assert naive_rates.below(rate, known, n, e) == pytest.approx(share, abs=1e-4)


def test_where_all_are_alike() -> None:
    found = reckoned([10, 10, 10], [1.0, 1.0, 1.0])
    assert found.basis == "all_alike"
    assert found.rate == pytest.approx([10, 10, 10], rel=0.02)
    assert list(found.place) == [1, 1, 1]
    assert (found.high - found.low > 2 * 1.645 * math.sqrt(30) / 3).all()  # than all complaints together
    assert (found.high - found.low < 2 * 1.645 * math.sqrt(10)).all()  # than its own alone


@pytest.mark.parametrize("size", [2, 3, 10])
@pytest.mark.parametrize("usual", [3_000, 10_000, 1_000_000, 10_000_000])
def test_large_and_nearly_equal(size: int, usual: int) -> None:
    """Counts a little apart: no rate leaves their span, no interval is narrower than all of them allow."""
    apart = 0.3 * math.sqrt(usual) * np.linspace(-1.0, 1.0, size)
    counts = [usual + round(by) for by in apart.tolist()]
    found = reckoned(counts, [1.0] * size)
    assert found.basis == "all_alike"
    assert found.rate.sum() == pytest.approx(sum(counts), rel=0.1 / math.sqrt(size * usual))
    assert (np.diff(found.rate) > 0).all()
    assert (np.diff(found.above) > 0).all()
    assert counts[0] < found.rate[0] < found.rate[-1] < counts[-1]
    widths = (found.high - found.low) / (2 * 1.645 * math.sqrt(usual))
    assert (widths > 1 / math.sqrt(size)).all()
    assert (widths < 1.0).all()
    assert (np.abs(found.above - 0.5) < 0.3).all()


def test_the_interval_is_nobodys_alone() -> None:
    """With very different rates on much, little is drawn to the others; each interval is nearly its own."""
    found = reckoned([100, 10_000], [1.0, 1.0])
    alone = reckoned([10_000], [1.0])
    assert found.shrinkage < 0.01
    assert found.low[1] == pytest.approx(alone.low[0], rel=1e-3)
    assert found.high[1] == pytest.approx(alone.high[0], rel=1e-3)


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


@settings(max_examples=30, deadline=None)
@given(SOME)
def test_the_ends_hold_the_share_they_name(rows: list[tuple[int, float]]) -> None:
    """Whatever is mixed; but an end that is told as 0 is only near it."""
    counts, exposure = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    found = rates(counts, exposure)
    a, b, weight = module._pairs(counts, exposure)
    for share, ends in zip(module.INTERVAL, (found.low, found.high), strict=True):
        for n, e, end in zip(counts.tolist(), exposure.tolist(), ends.tolist(), strict=True):
            below = float(np.sum(weight * gammainc(a + n, (b + e) * end)))
            assert below == pytest.approx(share, abs=1e-7) or end == 0.0


def test_an_end_near_nothing_is_told_as_nothing() -> None:
    """One has all complaints: more than a twentieth of what the rates of the others may be is next to 0."""
    found = reckoned([*[0] * 49, 50], [1.0] * 50)
    assert found.low[0] == 0.0
    assert found.high[0] > 0
    assert found.low[-1] > 0


def test_many_couriers_take_few_sums_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the time are sums of the incomplete gamma function over all pairs: a dozen a courier."""
    asked = []

    def counting(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        def told(a: np.ndarray, x: np.ndarray) -> np.ndarray:
            asked.append(np.size(a))
            return function(a, x)

        return told

    for name in ("gammainc", "gammaincc", "gammaincinv"):
        monkeypatch.setattr(module, name, counting(getattr(module, name)))
    chance = np.random.default_rng(5)
    exposure = chance.uniform(1.0, 10.0, 40)
    counts = chance.poisson(2.0 * exposure * chance.gamma(2.0, 0.5, 40)).astype(np.float64)
    rates(counts, exposure)
    pairs = len(module._pairs(counts, exposure)[0])
    assert sum(asked) < 12 * pairs * len(counts)


def test_none_and_nothing() -> None:
    assert len(reckoned([], []).rate) == 0
    none = reckoned([0, 0], [1.0, 3.0])
    assert none.basis == "no_comparison"
    assert list(none.place) == [0, 0]
    assert none.high[0] > none.high[1] > 0


def test_where_all_are_sure_the_rate_decides() -> None:
    found = reckoned([100_000, 300_000, 5], [1.0, 1.0, 1e6])
    assert found.above[0] == found.above[1] == 1.0
    assert list(found.place) == [2, 1, 3]


def test_nothing_is_more_than_certain() -> None:
    chance = np.random.default_rng(1)
    for size in range(2, 6):
        for _ in range(10):
            counts = chance.poisson(10.0 ** chance.uniform(2.0, 5.0, size)).astype(np.float64)
            assert rates(counts, np.ones(size)).above.max() <= 1.0


def test_extremes_are_finite() -> None:
    for counts, exposure in (([1, 0], [1e-9, 1e9]), ([10**6, 3], [1e-3, 1e9]), ([1] * 300, [1e18] * 300)):
        found = reckoned(counts, exposure)
        assert all(np.isfinite(getattr(found, name)).all() for name in ("rate", "low", "high", "above"))
        assert 0 < found.shrinkage < 1
