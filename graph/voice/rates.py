"""Rates of complaints by empirical Bayes (gamma-Poisson), and who stands surely above the rate of all.

Each of K partners has n complaints on an exposure E. n is Poisson with mean rate · E, the rates are gamma
with shape a and rate b, found by marginal likelihood: n is then negative binomial. docs/complaints.md has the
equations, tests/naive_rates.py the plain counterpart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammainc, gammaincc, gammaincinv, gammaln

Floats = NDArray[np.float64]
Basis = Literal["marginal_likelihood", "all_alike", "no_comparison"]

INTERVAL = (0.05, 0.95)
LOWEST_SHAPE = 1e-3  # of the prior: rates that have nothing in common
GRID = 64  # shapes that are tried before the best is refined
ZOOMS = 10  # into a grid, each time to two of its steps
HALVINGS = 60  # of a bracket: as near as a float gets
WIDE = 40.0  # e-folds around the shape within which the prior's b is sought


@dataclass(frozen=True, slots=True)
class Prior:
    """How rates are spread before a partner's own complaints are heard.

    gamma(shape `a`, rate `b` [exposure]). `basis`: marginal_likelihood; all_alike, where the counts differ no
    more than chance would have them, and the prior weighs as much as all complaints together, no more;
    no_comparison, where there is one partner or no complaint: Jeffreys' prior, a = 1/2, b = 0.
    """

    a: float
    b: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Rates:
    """What is known of the rates of K partners; arrays of shape (K,), rates in [1/exposure].

    `benchmark` is the rate of all together, `above` P(rate > benchmark) [0-1]. `place` counts from 1, the
    most surely above first; equals share one. With nothing to compare, `above` is NaN and `place` 0.
    """

    prior: Prior
    benchmark: float
    rate: Floats
    low: Floats
    high: Floats
    above: Floats
    place: NDArray[np.int64]


def rates(counts: Floats, exposure: Floats) -> Rates:
    """Rates from counts (whole, >= 0) and exposures (> 0), in the same order; there may be none."""
    prior = fit(counts, exposure)
    a, b = prior.a + counts, prior.b + exposure
    low, high = (gammaincinv(a, end) / b for end in INTERVAL)
    benchmark = float(counts.sum() / exposure.sum()) if len(counts) else 0.0
    if prior.basis == "no_comparison":
        above, place = np.full(len(counts), np.nan), np.zeros(len(counts), np.int64)
    else:
        above = gammaincc(a, b * benchmark)
        place = _places(above, gammainc(a, b * benchmark), a / b)
    return Rates(prior, benchmark, a / b, low, high, above, place)


def _places(above: Floats, below: Floats, rate: Floats) -> NDArray[np.int64]:
    """Places by `above`, the highest first; where that is 1 to all digits by what is left; then by rate."""
    keys = [(-x, y, -z) for x, y, z in zip(above.tolist(), below.tolist(), rate.tolist(), strict=True)]
    ordered = sorted(keys)
    first = {key: number for number, key in reversed(list(enumerate(ordered, 1)))}
    return np.array([first[key] for key in keys], np.int64)


# -- the prior ----------------------------------------------------------------------------------------


def fit(counts: Floats, exposure: Floats) -> Prior:
    """The prior under which these counts are likeliest; its mean a/b is about the rate of all together.

    Were all alike the likelihood would rise for ever with a, and claim to know a rate better than all
    complaints together do: a is at most their number. The order of partners does not matter.
    """
    total = float(counts.sum())
    if total == 0.0 or len(counts) == 1:
        return Prior(0.5, 0.0, "no_comparison")
    order, unit = np.lexsort((exposure, counts)), float(exposure.sum()) / total
    seen = _Seen(counts[order][:, None], exposure[order][:, None] / unit)
    grid = np.linspace(np.log(LOWEST_SHAPE), np.log(total), GRID)
    top = int(np.argmax(seen.likelihood(grid)))
    basis: Basis = "marginal_likelihood"
    if top == GRID - 1 and seen.fall(grid[-1:])[0] <= 0.0:
        basis = "all_alike"
    else:
        for _ in range(ZOOMS):
            grid = np.linspace(grid[max(top - 1, 0)], grid[min(top + 1, GRID - 1)], GRID)
            top = min(int(np.count_nonzero(seen.fall(grid) < 0.0)), GRID - 1)
    a = np.exp(grid[top : top + 1])
    return Prior(float(a[0]), float(seen.likeliest_b(a)[0]) * unit, basis)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Counts `n`, and what would be expected `e` were all alike: columns; shapes stand in rows."""

    n: Floats
    e: Floats

    def likeliest_b(self, a: Floats) -> Floats:
        """The likeliest b of each shape: the root of Σ (a + n)·b/(b + e) = K·a."""

        def above_root(log_b: Floats) -> Floats:
            b = np.exp(log_b)
            found: Floats = np.sum((a + self.n) * b / (b + self.e), axis=0) - a * len(self.n)
            return found

        found: Floats = np.exp(_root(above_root, np.log(a) - WIDE, np.log(a) + WIDE))
        return found

    def likelihood(self, log_a: Floats) -> Floats:
        """The logarithm of the likelihood of each shape with its b, up to a constant."""
        a, n, e = np.exp(log_a), self.n, self.e
        b = self.likeliest_b(a)
        found: Floats = np.sum(
            gammaln(a + n) - gammaln(a) + a * np.log(b / (b + e)) - n * np.log(b + e), axis=0
        )
        return found

    def fall(self, log_a: Floats) -> Floats:
        """How that falls with the shape: below 0 while it rises."""
        a = np.exp(log_a)
        b = self.likeliest_b(a)
        found: Floats = np.sum(digamma(a) - digamma(a + self.n) - np.log(b / (b + self.e)), axis=0)
        return found


def _root(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where functions that rise through 0 between `low` and `high` do so, by halving; several at once."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = function(middle) < 0.0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
