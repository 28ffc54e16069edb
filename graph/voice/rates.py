"""Rates of complaints by a hierarchy (gamma-Poisson), and who stands surely above the rate of all.

Each of K partners has n complaints on an exposure E. n is Poisson with mean rate · E, the rates are gamma
with shape a and rate b. Those are not known either: all that is said of a rate is a mean over the pairs
(a, b), each with the weight that it has once the counts are seen. Before that log(a/b) is flat, and so is
b/(b + mean E), the share by which a partner of mean exposure is drawn to the others: the uniform shrinkage
prior (Daniels, Canadian Journal of Statistics 1999; with a flat log(a/b) Tak, Kelly & Morris, Journal of
Statistical Software 2017). docs/complaints.md has the equations, tests/naive_rates.py the plain counterpart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammainc, gammaincc, gammaincinv, gammaln, polygamma

Floats = NDArray[np.float64]
Learnt = Literal["learned", "all_alike", "no_comparison"]

INTERVAL = (0.05, 0.95)
WIDEST = (-40.0, 25.0)  # log(b / mean E) between which pairs are sought
B_STEPS = 48  # of log b, over what of it has any weight
ZOOMS = 3  # into that
A_STEPS = np.linspace(-4.0, 4.0, 41)[:, None]  # arsinh of how many widths log a lies from its likeliest
DEEP = 20.0  # e-folds below the likeliest b there is no weight
LEAST = 1e-9  # of a pair that counts
HALVINGS = 40
NEAR = 3e-4  # of a quantile's share: the step from there leaves less than 1e-8
MOST_STEPS = 60  # to a quantile; most take two
LARGE = 1e5  # shape from which Stirling's series is exact with two terms
SMALLEST = 1e-300  # by which may be divided
TINY = 1e-9  # of a mean rate: a quantile below is told as 0


@dataclass(frozen=True, slots=True)
class Rates:
    """What is known of the rates of K partners; arrays of shape (K,), rates in [1/exposure].

    `benchmark` is the rate of all together, `above` P(rate > benchmark) [0-1]. `place` counts from 1, the
    most surely above first; equals share one. With nothing to compare, `above` is NaN and `place` 0.
    `shrinkage` is the share by which a partner of mean exposure is drawn to the others [0-1].

    basis: learned; all_alike, where the counts differ no more than chance would have them; no_comparison,
    where there is one partner or no complaint: Jeffreys' prior, a = 1/2, b = 0.
    """

    basis: Learnt
    shrinkage: float
    benchmark: float
    rate: Floats
    low: Floats
    high: Floats
    above: Floats
    place: NDArray[np.int64]


def rates(counts: Floats, exposure: Floats) -> Rates:
    """Rates from counts (whole, >= 0) and exposures (> 0), in the same order; there may be none."""
    basis = _basis(counts, exposure)
    a, b, weight = _JEFFREYS if basis == "no_comparison" else _pairs(counts, exposure)
    benchmark = float(counts.sum() / exposure.sum()) if len(counts) else 0.0
    known = [_Known(a + n, b + e, weight) for n, e in zip(counts.tolist(), exposure.tolist(), strict=True)]
    rate = np.array([each.mean() for each in known])
    low, high = (np.array([each.quantile(end) for each in known]) for end in INTERVAL)
    above, below = (
        np.array([each.share(benchmark, side) for each in known]) for side in (gammaincc, gammainc)
    )
    place = _places(above, below, rate)
    if basis == "no_comparison":
        above, place = np.full(len(known), np.nan), np.zeros(len(known), np.int64)
    shrinkage = float(np.sum(weight * b / (b + exposure.mean()))) if len(known) else 0.0
    return Rates(basis, shrinkage, benchmark, rate, low, high, above, place)


def _basis(counts: Floats, exposure: Floats) -> Learnt:
    """By Pearson's χ² against one rate for all, which chance alone would make K - 1."""
    total = counts.sum()
    if total == 0.0 or len(counts) == 1:
        return "no_comparison"
    expected = exposure * (total / exposure.sum())
    return "all_alike" if np.sum((counts - expected) ** 2 / expected) <= len(counts) - 1 else "learned"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one rate: gammas of shape `a` and rate `b`, and the weight of each."""

    a: Floats
    b: Floats
    weight: Floats

    def mean(self) -> float:
        return float(np.sum(self.weight * self.a / self.b))

    def share(self, rate: float, side: Callable[[Floats, Floats], Floats]) -> float:
        """How much lies below (gammainc) or above (gammaincc) a rate."""
        found = float(np.sum(self.weight * side(self.a, self.b * rate)))
        return min(found, 1.0)  # since the weights are that in sum but for rounding

    def quantile(self, share: float) -> float:
        """The rate below which this share lies; 0 where that is less than TINY of the mean.

        By Halley's steps on the logarithms of share and rate, from the quantile of one gamma of the same mean
        and variance; in place of a step that leads out of the bracket the bracket is halved.
        """
        mean, beyond = self.mean(), _beyond(self.a)
        each = self.a / self.b / mean
        spread = float(np.sum(self.weight * (each / (self.b * mean) + (each - 1.0) ** 2)))  # variance/mean²
        if self.share(TINY * mean, gammainc) >= share:
            return 0.0
        low, high = math.log(TINY * mean), math.log(mean / (1.0 - share))  # which Markov's inequality bounds
        at = math.log(max(gammaincinv(1.0 / spread, share) * spread, TINY) * mean)
        for _ in range(MOST_STEPS):
            rate = math.exp(at)
            here = max(self.share(rate, gammainc), SMALLEST)
            off_top = (self.b * rate - self.a) / self.a
            densities = self.weight * np.exp(self.a * (np.log1p(off_top) - off_top) - beyond)
            dense = max(float(densities.sum()), SMALLEST)  # the derivative of `here`
            bend = -float(densities @ (self.a * off_top)) / dense  # that of `dense`, over it
            low, high = (at, high) if here < share else (low, at)
            off = math.log(share / here)
            step = off * here / dense
            at += step / max(1.0 + step * (bend - dense / here) / 2.0, 0.5)
            at = at if low <= at <= high else (low + high) / 2.0
            if abs(off) < NEAR:
                break
        return math.exp(at)


def _beyond(a: Floats) -> Floats:
    """log Γ(a) - a·log a + a; of a large shape, where hardly a digit would be left, by Stirling's series."""
    return np.where(a < LARGE, gammaln(a) - a * np.log(a) + a, np.log(2 * np.pi / a) / 2 + 1 / (12 * a))


def _places(above: Floats, below: Floats, rate: Floats) -> NDArray[np.int64]:
    """Places by `above`, the highest first; where that is 1 to all digits by what is left; then by rate."""
    keys = [(-x, y, -z) for x, y, z in zip(above.tolist(), below.tolist(), rate.tolist(), strict=True)]
    ordered = sorted(keys)
    first = {key: number for number, key in reversed(list(enumerate(ordered, 1)))}
    return np.array([first[key] for key in keys], np.int64)


# -- the pairs (a, b) ---------------------------------------------------------------------------------

_Pairs = tuple[Floats, Floats, Floats]  # a, b, and weights that are 1 in sum
_JEFFREYS: _Pairs = (np.array([0.5]), np.array([0.0]), np.array([1.0]))


def _pairs(counts: Floats, exposure: Floats) -> _Pairs:
    """The pairs that count, on a grid over log b and, for each, log a: a sum over it is the integral."""
    unit = float(exposure.mean())
    seen = _Seen(counts[:, None], exposure[:, None] / unit)
    low, high = WIDEST
    for _ in range(ZOOMS):
        log_b = np.linspace(low, high, B_STEPS)
        a, log_weight = seen.grid(log_b)
        along = np.logaddexp.reduce(log_weight, axis=0)
        some, step = log_b[along > along.max() - DEEP], log_b[1] - log_b[0]
        low, high = some[0] - step, some[-1] + step
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    counting = weight > LEAST
    b = np.broadcast_to(np.exp(log_b) * unit, a.shape)
    return a[counting], b[counting], weight[counting] / weight[counting].sum()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Counts `n` and exposures `e` in units of their mean, as columns; values of b stand in rows."""

    n: Floats
    e: Floats

    def grid(self, log_b: Floats) -> tuple[Floats, Floats]:
        """Values of a for each b, and the logarithms of the weights of these pairs, up to a constant.

        For each b it has one top over log a, at which its width is told by its second derivative.
        """
        b = np.exp(log_b)
        fall = np.sum(np.log1p(self.e / b), axis=0)
        ends = (np.log(count / fall) for count in (np.count_nonzero(self.n), self.n.sum()))
        likeliest = _root(lambda log_a: fall - self._rise(np.exp(log_a)), *ends)
        a = np.exp(likeliest)
        width = 1.0 / (a * np.sqrt(np.sum(polygamma(1, a) - polygamma(1, a + self.n), axis=0)))
        log_a = likeliest + width * np.sinh(A_STEPS)
        a = np.exp(log_a)
        log_weight = (
            -a * fall - np.sum(self.n * np.log(b + self.e), axis=0) + np.log(width * np.cosh(A_STEPS))
        )
        for n, times in zip(*np.unique(self.n[self.n > 0], return_counts=True), strict=True):
            log_weight += times * (gammaln(n) - betaln(a, n))  # Γ(a + n)/Γ(a), without loss where a is large
        return a, log_weight + log_b - 2.0 * np.log1p(b)

    def _rise(self, a: Floats) -> Floats:
        """How the logarithm of all Γ(a + n)/Γ(a) rises with a."""
        found: Floats = np.sum(digamma(a + self.n) - digamma(a), axis=0)
        return found


def _root(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where functions that rise through 0 between `low` and `high` do so, by halving; several at once."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = function(middle) < 0.0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
