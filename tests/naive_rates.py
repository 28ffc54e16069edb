"""Rates of complaints reckoned plainly, with nothing but math: what graph/voice/rates.py must agree with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

STEPS = 4000  # of an integral; even


def log_likelihood(a: float, b: float, counts: Sequence[int], exposure: Sequence[float]) -> float:
    """The logarithm of the product of negative binomials."""
    return sum(
        math.lgamma(a + n) - math.lgamma(a) - math.lgamma(n + 1)
        + a * math.log(b / (b + e)) + n * math.log(e / (b + e))
        for n, e in zip(counts, exposure, strict=True)
    )  # fmt: skip


def fit(counts: Sequence[int], exposure: Sequence[float]) -> tuple[float, float]:
    """a and b by trying neighbours until none is better, ever nearer; a is at most Σ n."""
    if sum(counts) == 0 or len(counts) == 1:
        return 0.5, 0.0
    pooled, most = sum(counts) / sum(exposure), math.log(sum(counts))

    def value(point: tuple[float, float]) -> float:
        a = math.exp(point[0])
        return log_likelihood(a, a / (pooled * math.exp(point[1])), counts, exposure)

    starts = [(min(most, x / 2), y / 2) for x in range(-12, 25) for y in range(-6, 7)]
    best = max(starts, key=value)
    step = 0.5
    while step > 1e-9:
        near = [
            (min(most, max(math.log(1e-3), best[0] + i * step)), best[1] + j * step)
            for i in (-1, 0, 1) for j in (-1, 0, 1)
        ]  # fmt: skip
        found = max(near, key=value)
        if value(found) > value(best):
            best = found
        else:
            step /= 2
    a = math.exp(best[0])
    return a, a / (pooled * math.exp(best[1]))


def share_below(x: float, a: float, b: float) -> float:
    """P(rate <= x) of a gamma with shape a and rate b, by Simpson's rule over the logarithm of the rate."""
    if x <= 0:
        return 0.0

    def density(log_rate: float) -> float:  # times the rate, since it is one over the logarithm
        rate = math.exp(log_rate)
        return math.exp(a * math.log(b) + a * log_rate - b * rate - math.lgamma(a))

    return _simpson(density, math.log(x) - 40.0 / min(a, 1.0), math.log(x))


def _simpson(function: Callable[[float], float], low: float, high: float) -> float:
    width = (high - low) / STEPS
    inner = sum((4 if k % 2 else 2) * function(low + k * width) for k in range(1, STEPS))
    return (function(low) + inner + function(high)) * width / 3


def quantile(share: float, a: float, b: float) -> float:
    """The rate below which this share lies, by halving."""
    low, high = 0.0, 10.0 * (a + 10.0) / b
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if share_below(middle, a, b) < share else (low, middle)
    return (low + high) / 2
